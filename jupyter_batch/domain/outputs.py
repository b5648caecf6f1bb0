"""Output ops folded into the outputs of a cell as they now stand, and outputs in slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.frames import OutputOp

P = TypeVar("P")


class OutputSlice(msgspec.Struct, frozen=True, kw_only=True):
    """A slice of an output of a cell as it now stands; those of one output come together.

    Of an output that has not come whole there is no slice without ``more``.
    """

    cell_index: int
    output_no: int
    output_type: str
    #: Of the JSON text of the nbformat output.
    body: str
    #: Whether there is another.
    more: bool = False


class SliceJoiner:
    """Joins slices, in their order, into outputs; what has not come whole is left out."""

    def __init__(self) -> None:
        self._of = (-1, -1)
        self._texts: list[str] = []

    def take(self, piece: OutputSlice) -> str | None:
        """Returns the whole text with the last slice of an output, and None before."""
        place = (piece.cell_index, piece.output_no)
        if place != self._of:
            self._of, self._texts = place, []
        self._texts.append(piece.body)
        if piece.more:
            return None
        text, self._of, self._texts = "".join(self._texts), (-1, -1), []
        return text


class FoldedOutput(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """A whole output, and the slices that make up its text, in order."""

    output_no: int
    output_type: str
    slices: tuple[P, ...]


class _Open(Generic[P]):
    def __init__(self, output_type: str) -> None:
        self.output_type = output_type
        self.slices: list[P] = []
        self.whole = False


def fold_outputs(ops: Iterable[tuple[OutputOp, P]]) -> tuple[FoldedOutput[P], ...]:
    """Returns what the ops of one cell, in order, leave: by number, and only whole outputs.

    Each op comes with what stands for its text (the text itself, or where to find it).
    An output is whole once a slice has come that none follows; a crash can leave others.
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
