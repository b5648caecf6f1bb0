"""Reads outputs up to a size limit."""

from __future__ import annotations

from collections.abc import AsyncIterator

from jupyter_batch.domain.outputs import OutputSlice


async def outputs_within(
    slices: AsyncIterator[OutputSlice], room: int
) -> AsyncIterator[tuple[int, bytes | None]]:
    """Yields the cell and the JSON of each complete output; None for one beyond the limit.

    It never holds more than the limit in memory.
    """
    place: tuple[int, int] | None = None
    body: bytearray | None = None
    async for piece in slices:
        if place != (piece.cell_index, piece.output_no):
            place, body = (piece.cell_index, piece.output_no), bytearray()
        if body is not None:
            body += piece.body.encode()
            if len(body) > room:
                body = None
        if piece.more:
            continue
        room -= len(body or b"")
        yield piece.cell_index, None if body is None else bytes(body)
        place = None
