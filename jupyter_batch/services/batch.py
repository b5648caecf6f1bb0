"""The batch of rows that a recorder collects before it writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellError, CellRecord, CellState
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.recording import ArtifactSlice, DocumentSlice, LogLine, OutputRow


class Batch:
    """Collects rows. After a write a new batch begins."""

    def __init__(self) -> None:
        self.cells: list[CellRecord] = []
        self.outputs: list[OutputRow] = []
        self.documents: list[DocumentSlice] = []
        self.artifacts: list[ArtifactSlice] = []
        self.log: list[LogLine] = []
        self.events: list[RunEvent] = []


class PlannedCell(msgspec.Struct):
    """A cell of the notebook before execution."""

    cell_type: str
    source: str | list[str] = ""

    def not_run(self, index: int) -> CellRecord:
        """Returns the record of a cell that was not executed."""
        source = self.source if isinstance(self.source, str) else "".join(self.source)
        return CellRecord(
            cell_index=index, cell_type=self.cell_type, source=source, state=CellState.NOT_RUN
        )


class Skeleton(msgspec.Struct):
    """The ``skeleton`` document; see frames.Document."""

    cells: list[PlannedCell]


def cell_error(cell_index: int, error: frames.FrameError | None) -> CellError | None:
    """Returns the error of a cell in its recorded form."""
    if error is None:
        return None
    return CellError(
        cell_index=cell_index, ename=error.ename, evalue=error.evalue, traceback=error.traceback
    )


def instant(seconds: float) -> datetime:
    """Returns the instant of a frame's seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)
