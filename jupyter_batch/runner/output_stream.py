"""Turns changes to the outputs of cells into frames, coalesced over a few hundredths of a second."""

from __future__ import annotations

import threading
from typing import Any, Dict, Iterator, List, Optional, Set

from .budget import Budget
from .frame_writer import MAX_LINE, FrameWriter, slices, to_bytes, to_json
from .held import HeldStreams, Part
from .masking import Masker

#: What a reader waits for at most after a change.
FLUSH_SECONDS = 0.05
_FLUSH_CHARS = 256 * 1024
#: Of a frame's line, after escaping, with room for its head.
_ROOM = MAX_LINE - 16 * 1024
#: Tracebacks of up to this size are never cut, as long as there are not too many.
_KEPT_ERROR = 64 * 1024
_FREE_ERRORS = 4 * 1024 * 1024
_SHOWN = _KEPT_ERROR // 2
#: Outputs that say that something was cut, in all cells.
_MOST_MARKERS = 1000


class Op:
    """One change that has not been written yet."""

    __slots__ = ("body", "cell", "no", "op", "size", "type")

    def __init__(self, op: str, cell: int, no: int = 0, type: str = "", body: str = "") -> None:
        self.op, self.cell, self.no, self.type, self.body = op, cell, no, type, body
        #: What the budget has granted for it.
        self.size = 0


class OutputStream:
    """Takes changes as nbclient makes them and writes ops that, replayed, give the same outputs.

    Numbers are those of nbclient's list. Once the budget is used up, what follows is cut and
    one marker stands in its place in each cell.
    """

    def __init__(self, frames: FrameWriter, masker: Masker, budget: Budget) -> None:
        self._frames = frames
        self._masker = masker
        self._budget = budget
        self._held = HeldStreams(masker)
        self._pending: List[Op] = []
        self._chars = 0
        #: Of each cell: number of each output on the wire, None for those that were cut.
        self._places: Dict[int, List[Optional[int]]] = {}
        #: Of each cell: how many outputs are on the wire, the marker included.
        self._written: Dict[int, int] = {}
        self._marked: Dict[int, bool] = {}
        self._markers_left = _MOST_MARKERS
        self._errors_left = _FREE_ERRORS
        #: Cells of which outputs have been written since they were last cleared.
        self._visible: Set[int] = set()
        self._changed = threading.Condition()
        self._flushing = threading.Lock()
        threading.Thread(target=self._flush_by_time, name="jb-outputs", daemon=True).start()

    def append(self, cell: int, output: Dict[str, Any]) -> None:
        """Takes an output that was added to a cell.

        Where the end of a stream may be the beginning of a secret it follows later, by itself.
        """
        if not self._masker or output["output_type"] != "stream":
            self._append(cell, self._masker.value(output))
        else:
            part, grown = self._held.take(cell, output)
            part.place = self._append(cell, {**output, "text": part.shown})
            for one in grown:
                self._put_again(cell, one)
        self._flush_by_size()

    def end_cell(self, cell: int) -> None:
        """Adds what was kept back of the streams of a cell."""
        for part in self._held.end(cell):
            self._put_again(cell, part)

    def end(self) -> None:
        """Adds all that was kept back, and writes it."""
        for cell, part in self._held.end_all():
            self._put_again(cell, part)
        self.flush()

    def _append(self, cell: int, output: Dict[str, Any]) -> Optional[int]:
        """Adds an output that is masked; returns its place on the wire."""
        body, size = self._fit(output)
        with self._changed:
            places = self._places.setdefault(cell, [])
            places.append(None)
            if body:
                places[-1] = self._add_new(cell, output["output_type"], body, size)
            is_cut = self._budget.cut and (not body or size < 0)
            if is_cut and self._markers_left and not self._marked.get(cell):
                self._marked[cell] = True
                self._markers_left -= 1
                marker = to_json(
                    {
                        "output_type": "stream",
                        "name": "stderr",
                        "text": "\n[jupyter_batch: the output limit of "
                        f"{self._budget.limit} bytes is reached; the rest is cut]\n",
                    }
                )
                self._add_new(cell, "stream", marker, 0)
            return None if size < 0 else places[-1]

    def _put_again(self, cell: int, part: Part) -> None:
        """Shows more of a stream's output, in its old place."""
        if part.place is not None:
            self._put(cell, part.place, {**part.output, "text": part.shown})

    def replace(self, cell: int, no: int, output: Dict[str, Any]) -> None:
        """Takes an output that a display update has changed."""
        with self._changed:
            place = self._places[cell][no]
        if place is not None:
            self._put(cell, place, self._masker.value(output))

    def _put(self, cell: int, place: int, output: Dict[str, Any]) -> None:
        """Puts an output that is masked in the place of one that is on the wire."""
        body, size = self._fit(output)
        if not body:
            return
        with self._changed:
            for op in reversed(self._pending):
                if op.cell == cell and op.no == place and op.op != "clear":
                    # What nobody has seen yet need not be written.
                    self._budget.give_back(op.size)
                    self._chars += len(body) - len(op.body)
                    op.type, op.body, op.size = output["output_type"], body, max(size, 0)
                    return
            self._add(Op("replace", cell, place, output["output_type"], body), size)
        self._flush_by_size()

    def clear(self, cell: int) -> None:
        """Takes that all outputs of a cell are gone."""
        self._held.forget(cell)
        with self._changed:
            for op in self._pending:
                if op.cell == cell:
                    self._budget.give_back(op.size)
                    self._chars -= len(op.body)
            self._pending = [op for op in self._pending if op.cell != cell]
            self._places.pop(cell, None)
            self._written.pop(cell, None)
            self._marked.pop(cell, None)
            if cell in self._visible:  # or nobody has seen anything of it
                self._add(Op("clear", cell), 0)

    def flush(self) -> None:
        """Writes what is waiting; returns when it is written."""
        with self._frames.waiting_for(self._flushing):
            with self._changed:
                ops, self._pending, self._chars = self._pending, [], 0
                for op in ops:
                    if op.op == "clear":
                        self._visible.discard(op.cell)
                    else:
                        self._visible.add(op.cell)
            for line in _lines(ops):
                self._frames.write("output", ops=line)

    def _fit(self, output: Dict[str, Any]) -> "tuple[str, int]":
        """Returns an output's JSON and its size, cut to the budget.

        The JSON is empty where nothing of it fits; the size is negative where it was cut.
        """
        body = to_json(output)
        size = len(body) if body.isascii() else len(to_bytes(body))
        kind = output["output_type"]
        if kind == "error" and size <= min(_KEPT_ERROR, self._errors_left):
            self._errors_left -= size
            return body, 0
        granted = self._budget.take(size)
        if granted == size:
            return body, size
        if kind == "stream" and granted > len("".join(output["text"])) // 100:
            text = "".join(output["text"])[:granted]
            return to_json({**output, "text": text}), -1
        if kind == "error":
            shown = {"ename": output["ename"][:1000], "evalue": output["evalue"][:_SHOWN]}
            body = to_json({**output, **shown, "traceback": []})
            if len(to_bytes(body)) <= self._errors_left:
                self._errors_left -= len(to_bytes(body))
                return body, -1
        self._budget.cut += granted
        return "", -1

    def _add_new(self, cell: int, type: str, body: str, size: int) -> int:
        no = self._written.get(cell, 0)
        self._written[cell] = no + 1
        self._add(Op("append", cell, no, type, body), size)
        return no

    def _add(self, op: Op, size: int) -> None:
        op.size = max(size, 0)
        self._pending.append(op)
        self._chars += len(op.body)
        if len(self._pending) == 1:
            self._changed.notify()

    def _flush_by_size(self) -> None:
        if self._chars > _FLUSH_CHARS:
            self.flush()

    def _flush_by_time(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                while not self._pending:
                    self._changed.wait()
            pause.wait(FLUSH_SECONDS)
            self.flush()


def _lines(ops: List[Op]) -> Iterator[List[Dict[str, Any]]]:
    """Yields the ops, sliced, in lots that fit into a line each."""
    lot: List[Dict[str, Any]] = []
    used = 0
    for op in ops:
        for wire in _wire(op):
            body = wire.get("body", "")
            size = 100 + len(body) * (2 if body.isascii() else 4)
            if lot and used + size > _ROOM:
                yield lot
                lot, used = [], 0
            lot.append(wire)
            used += size
    if lot:
        yield lot


def _wire(op: Op) -> Iterator[Dict[str, Any]]:
    if op.op == "clear":
        yield {"op": "clear", "cell": op.cell}
        return
    head: Dict[str, Any] = {"op": op.op, "cell": op.cell, "no": op.no, "type": op.type}
    for piece, more in slices(op.body):
        yield {**head, "body": piece, "more": more}
        head = {"op": "more", "cell": op.cell, "no": op.no}
