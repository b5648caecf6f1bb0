"""Folds output ops into the current outputs of a cell, and joins outputs from slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.frames import OutputOp

P = TypeVar("P")


class OutputSlice(msgspec.Struct, frozen=True, kw_only=True):
    """A slice of a current output of a cell. The slices of one output are consecutive.

    An incomplete output has no slice without ``more``.
    """

    cell_index: int
    output_no: int
    output_type: str
    #: A part of the JSON text of the nbformat output.
    body: str
    #: Whether another slice follows.
    more: bool = False


class SliceJoiner:
    """Joins slices, in their order, into outputs. Incomplete outputs are left out."""

    def __init__(self) -> None:
        self._of = (-1, -1)
        self._texts: list[str] = []

    def take(self, piece: OutputSlice) -> str | None:
        """Adds a slice; returns the whole text if it is the last one of an output, else None."""
        place = (piece.cell_index, piece.output_no)
        if place != self._of:
            self._of, self._texts = place, []
        self._texts.append(piece.body)
        if piece.more:
            return None
        text, self._of, self._texts = "".join(self._texts), (-1, -1), []
        return text


class FoldedOutput(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """A complete output, and the slices that make up its text, in order."""

    output_no: int
    output_type: str
    slices: tuple[P, ...]


class _Open(Generic[P]):
    def __init__(self, output_type: str) -> None:
        self.output_type = output_type
        self.slices: list[P] = []
        self.whole = False


def fold_outputs(ops: Iterable[tuple[OutputOp, P]]) -> tuple[FoldedOutput[P], ...]:
    """Returns the outputs that the ordered ops of one cell leave: by number, only complete ones.

    Each op comes with a handle of its text (the text itself, or where to find it).
    An output is complete once its last slice has arrived; a crash can leave incomplete ones.
    """
    outputs: dict[int, _Open[P]] = {}
    current: _Open[P] | None = None
    for op, piece in ops:
        if op.op == "clear":
            outputs.clear()
            current = None
            continue
        if op.op != "more":
            current = outputs[op.no] = _Open(op.type)
        if current is None:
            continue
        current.slices.append(piece)
        current.whole = not op.more
    return tuple(
        FoldedOutput(output_no=number, output_type=output.output_type, slices=tuple(output.slices))
        for number, output in sorted(outputs.items())
        if output.whole
    )


def output_event(
    run_id: str, attempt_no: int, seq: int, at: datetime, ops: Sequence[OutputOp]
) -> RunEvent:
    """Returns the event of an ``output`` frame."""
    return RunEvent(
        run_id=run_id,
        event_id=frame_event_id(attempt_no, seq),
        at=at,
        kind="output",
        data={
            "attempt_no": attempt_no,
            "seq": seq,
            "ops": [msgspec.to_builtins(op) for op in ops],
        },
    )
