"""Validates the changes to outputs of cells in frames."""

from __future__ import annotations

from jupyter_batch.domain.frames import OutputOp

_TYPES = frozenset({"stream", "display_data", "execute_result", "error"})
#: Most outputs of one cell.
_MAX_OUTPUTS = 2**31 - 1


class OutputGate:
    """Counts the outputs of each cell and remembers the incomplete one."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        #: Cell and number of the output whose last slice has not arrived yet.
        self._open: tuple[int, int] | None = None

    def take(self, op: OutputOp, *, is_strict: bool) -> str | None:
        """Validates an op; returns the error, or None.

        If ``is_strict`` is false, earlier ops may have been lost.
        """
        if not 0 <= op.no <= _MAX_OUTPUTS:
            return "the number of an output is out of range"
        if op.op not in ("append", "replace", "more", "clear"):
            return "there is no such change of outputs"
        if op.op in ("append", "replace") and op.type not in _TYPES:
            return "there is no such type of outputs"
        wrong = self._wrong_order(op) if is_strict else None
        if wrong is not None:
            return wrong
        if op.op == "clear":
            self._counts[op.cell] = 0
        elif op.op == "append":
            self._counts[op.cell] = op.no + 1
        self._open = (op.cell, op.no) if op.more else None
        return None

    def _wrong_order(self, op: OutputOp) -> str | None:
        if (op.op == "more") != (self._open is not None):
            return "a slice of an output is missing or too many"
        if op.op == "more":
            is_same = self._open == (op.cell, op.no)
            return None if is_same else "a slice of another output"
        count = self._counts.get(op.cell, 0)
        if op.op == "append" and op.no != count:
            return "it is not the next output of its cell"
        if op.op == "replace" and op.no >= count:
            return "there is no such output to replace"
        return None
