"""Outputs up to a size."""

from __future__ import annotations

from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.services.output_limit import outputs_within


def piece(cell: int, number: int, body: str, *, more: bool = False) -> OutputSlice:
    return OutputSlice(cell_index=cell, output_no=number, output_type="", body=body, more=more)


async def within(room: int, *pieces: OutputSlice) -> list[tuple[int, bytes | None]]:
    async def given():
        for one in pieces:
            yield one

    return [found async for found in outputs_within(given(), room)]


async def test_what_does_not_fit_is_told_of_and_what_fits_after_it_is_given():
    found = await within(
        5,
        piece(0, 0, "ab"),
        piece(0, 1, "cd", more=True),
        piece(0, 1, "ef", more=True),
        piece(0, 1, "gh"),
        piece(2, 0, "ij", more=True),
        piece(2, 0, "k"),
        piece(2, 1, "l"),
    )
    assert found == [(0, b"ab"), (0, None), (2, b"ijk"), (2, None)]


async def test_room_is_counted_in_bytes():
    assert await within(5, piece(0, 0, "é" * 3), piece(0, 1, "☃")) == [
        (0, None),
        (0, "☃".encode()),
    ]


async def test_what_has_not_come_whole_is_left_out_and_takes_no_room():
    assert await within(2, piece(0, 0, "ab", more=True), piece(1, 0, "cd")) == [(1, b"cd")]
    assert await within(2, piece(0, 0, "ab", more=True)) == []
