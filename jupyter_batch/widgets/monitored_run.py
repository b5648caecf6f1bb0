"""The state of a run in a monitor: the record that was read, with later events applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.client.run import Run
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.progress import ItemProgress, item_progress
from jupyter_batch.domain.run import RunState
from jupyter_batch.wire.responses import CellAnswer


class CellLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of cells."""

    index: int
    state: str
    cell_type: str = "code"
    source: str = ""
    seconds: float | None = None


class MonitoredRun:
    """A run as its monitor shows it; follows the events of the newest attempt."""

    def __init__(self, run: Run) -> None:
        self.cells: dict[int, CellLine] = {}
        #: Index of the cell that runs; None where none does.
        self.current: int | None = None
        #: What is done before the first cell, such as pulling the image.
        self.preparing: str | None = None
        self.memory_bytes: int | None = None
        #: Cells whose outputs are to be asked for.
        self.stale_outputs: set[int] = set()
        #: How far the notebook's own loops over items are, by name.
        self.items: dict[str, ItemProgress] = {}
        self.read(run)

    def read(self, run: Run) -> None:
        """Takes the record, just asked for."""
        self.state: RunState = run.state
        self.reason: str | None = run.reason
        self.count: CellCount = run.cell_count
        self.error: CellError | None = run.error
        self._run = run
        self._begin_attempt(len(run.attempts))
        self.items.update((one.name, one) for one in run.progress)

    def read_cells(self, cells: Sequence[CellAnswer]) -> None:
        """Takes the records of the cells that are done, just asked for."""
        for cell in cells:
            seconds = None
            if cell.started_at is not None and cell.finished_at is not None:
                seconds = (cell.finished_at - cell.started_at).total_seconds()
            line = CellLine(
                index=cell.cell_index,
                state=str(cell.state),
                cell_type=cell.cell_type,
                source=cell.source,
                seconds=seconds,
            )
            if self.cells.get(line.index) != line:
                self.cells[line.index] = line
                self.stale_outputs.add(line.index)
        if self.current in self.cells and self.cells[self.current].state != "running":
            self.current = None
        if self.state is RunState.RUNNING and self.current is None:
            # Cells run one after the other, and the first that is not done is the one.
            following = max(self.cells, default=-1) + 1
            if following < self.count.total:
                self.current = following
                self.cells[following] = CellLine(index=following, state="running")
                self.stale_outputs.add(following)

    def apply(self, event: RunEvent) -> bool:
        """Takes an event; returns whether the record must be asked for again."""
        data = event.data
        if attempt_no := data.get("attempt_no"):
            self._begin_attempt(int(attempt_no))
        if "cells" in data:
            self.count = msgspec.convert(data["cells"], CellCount)
        if event.kind == "state":
            self.state, self.reason = RunState(data["state"]), data.get("reason")
            return True
        if event.kind == "started":
            self.count = CellCount(total=int(data.get("cells_total") or 0))
            self.preparing = None
        elif event.kind == "preparing":
            self.preparing = str(data.get("message") or "")
        elif event.kind == "cell_started":
            self._start_cell(data)
        elif event.kind == "cell_finished":
            self._finish_cell(data)
        elif event.kind == "progress":
            name = str(data.get("name") or "items")
            self.items[name] = item_progress(name, dict(data))
        elif event.kind == "heartbeat":
            self.memory_bytes = data.get("memory_bytes")
            if self.current is not None:
                self.stale_outputs.add(self.current)
        return False

    @property
    def attempt_no(self) -> int:
        """Of the attempt that is shown; 0 before the first."""
        return self._attempt_no

    @property
    def is_over(self) -> bool:
        """True once nothing more happens to it by itself."""
        return self.state.is_terminal

    def seconds(self, now: datetime) -> float | None:
        """Returns what its attempts have taken up to now; None where it has not started."""
        return self._run.duration_at(now)

    _attempt_no = 0

    def _begin_attempt(self, attempt_no: int) -> None:
        if attempt_no > self._attempt_no:
            self._attempt_no = attempt_no
            self.cells.clear()
            self.stale_outputs.clear()
            self.items.clear()
            self.current = self.preparing = self.memory_bytes = None

    def _start_cell(self, data: Mapping[str, Any]) -> None:
        index = int(data["cell_index"])
        self.current, self.preparing = index, None
        self.cells[index] = CellLine(
            index=index,
            state="running",
            cell_type=str(data.get("cell_type") or "code"),
            source=str(data.get("source") or ""),
        )
        self.stale_outputs.add(index)

    def _finish_cell(self, data: Mapping[str, Any]) -> None:
        index = int(data["cell_index"])
        known = self.cells.get(index) or CellLine(index=index, state="running")
        self.cells[index] = CellLine(
            index=index,
            state=str(data.get("state")),
            cell_type=str(data.get("cell_type") or known.cell_type),
            source=known.source,
            seconds=data.get("duration_seconds"),
        )
        self.stale_outputs.add(index)
        if self.current == index:
            self.current = None
