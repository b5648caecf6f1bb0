"""Reads current outputs in windows, so that only a few MiB are in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from jupyter_batch.domain.frames import OutputOp
from jupyter_batch.domain.outputs import FoldedOutput, OutputSlice, fold_outputs
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_column
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.run_locator import RunLocator

_SQL = load_queries("outputs")
_WINDOW = 4 * 1024 * 1024

#: Frame and position in it.
Key = tuple[int, int]
#: Location of a slice of an output, and whether another follows.
Piece = tuple[FoldedOutput[Key], Key, bool]


async def read_outputs(
    places: RunLocator, run_id: str, attempt_no: int, cell_index: int | None
) -> AsyncIterator[OutputSlice]:
    """Yields outputs by cell and number, in slices."""
    cells = await places.read(run_id, _cells, attempt_no, cell_index)
    for cell, has_edits in cells:
        slices = _edited if has_edits else _appended
        async for piece in slices(places, run_id, attempt_no, cell):
            yield piece


async def _appended(
    places: RunLocator, run_id: str, attempt_no: int, cell: int
) -> AsyncIterator[OutputSlice]:
    """Yields outputs that were not changed after they were appended."""
    number, output_type = -1, ""
    after = 0
    for until in await places.read(run_id, _windows, attempt_no, cell):
        rows = await places.read(run_id, _window, attempt_no, cell, after, until)
        after = until
        for op, text in rows:
            if op.op == "append":
                number, output_type = op.no, op.type
            elif number < 0:
                continue
            yield _slice(cell, number, output_type, text, more=op.more)
            if not op.more:
                number = -1


async def _edited(
    places: RunLocator, run_id: str, attempt_no: int, cell: int
) -> AsyncIterator[OutputSlice]:
    """Yields outputs of cells with replaced or cleared outputs, by folding their ops."""
    outputs, sizes = await places.read(run_id, _fold, attempt_no, cell)
    for batch in _batches(outputs, sizes):
        keys = [key for _, key, _ in batch]
        bodies = await places.read(run_id, _bodies, attempt_no, cell, keys)
        for output, key, more in batch:
            yield _slice(cell, output.output_no, output.output_type, bodies[key], more=more)


def _slice(cell: int, number: int, output_type: str, text: str, *, more: bool) -> OutputSlice:
    return OutputSlice(
        cell_index=cell, output_no=number, output_type=output_type, body=text, more=more
    )


def _cells(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, cell_index: int | None
) -> list[tuple[int, bool]]:
    rows = fetch_all(
        cursor,
        _SQL["select_edits"].format(segment=segment),
        {"run_no": run_no, "attempt_no": attempt_no, "cell_index": cell_index},
    )
    return [(row.cell_index, row.has_edits) for row in rows]


def _windows(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, cell: int
) -> list[int]:
    return fetch_column(
        cursor,
        _SQL["select_windows"].format(segment=segment),
        {
            "run_no": run_no,
            "attempt_no": attempt_no,
            "cell_index": cell,
            "window_size": _WINDOW,
        },
    )


def _window(
    cursor: Connection,
    segment: str,
    run_no: int,
    attempt_no: int,
    cell: int,
    after: int,
    until: int,
) -> list[tuple[OutputOp, str]]:
    rows = fetch_all(
        cursor,
        _SQL["select_window"].format(segment=segment),
        {
            "run_no": run_no,
            "attempt_no": attempt_no,
            "cell_index": cell,
            "after": after,
            "until": until,
        },
    )
    return [(op_of(cell, ops[0]), text) for ops, text in joined(rows)]


def _fold(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, cell: int
) -> tuple[tuple[FoldedOutput[Key], ...], dict[Key, int]]:
    rows = fetch_all(
        cursor,
        _SQL["select_ops"].format(segment=segment),
        {"run_no": run_no, "attempt_no": attempt_no, "cell_index": cell},
    )
    outputs = fold_outputs((op_of(cell, row), (row.seq, row.op_no)) for row in rows)
    return outputs, {(row.seq, row.op_no): int(row.size) for row in rows}


def _bodies(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, cell: int, keys: list[Key]
) -> dict[Key, str]:
    seqs = sorted({seq for seq, _ in keys})
    rows = fetch_all(
        cursor,
        _SQL["select_bodies"].format(segment=segment),
        {
            "run_no": run_no,
            "attempt_no": attempt_no,
            "cell_index": cell,
            "first": seqs[0],
            "last": seqs[-1],
            "seqs": seqs,
        },
    )
    return {(ops[0].seq, ops[0].op_no): text for ops, text in joined(rows)}


def joined(rows: list[Any]) -> Iterator[tuple[list[Any], str]]:
    """Yields the rows of each op with their joined bodies."""
    for _, group in groupby(rows, key=attrgetter("seq", "op_no")):
        pieces = list(group)
        yield pieces, "".join(piece.body for piece in pieces)


def op_of(cell: int, row: Any) -> OutputOp:
    """Returns the op of a row, without its body."""
    return OutputOp(op=row.op, cell=cell, no=row.output_no, type=row.output_type, more=row.more)


def _batches(outputs: Sequence[FoldedOutput[Key]], sizes: dict[Key, int]) -> Iterator[list[Piece]]:
    """Yields the slices of the outputs, each with whether another follows, by a window at a time."""
    batch: list[Piece] = []
    size = 0
    for output in outputs:
        for left, key in zip(range(len(output.slices))[::-1], output.slices, strict=True):
            batch.append((output, key, left > 0))
            size += sizes[key] + 100
            if size >= _WINDOW:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch
