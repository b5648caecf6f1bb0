"""What a recorder has taken from an attempt and not yet written, and how it is made."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellError, CellRecord, CellState
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.recording import ArtifactSlice, DocumentSlice, LogLine, OutputRow


class Batch:
    """Collects rows; a new one is begun when they are written."""

    def __init__(self) -> None:
        self.cells: list[CellRecord] = []
        self.outputs: list[OutputRow] = []
        self.documents: list[DocumentSlice] = []
        self.artifacts: list[ArtifactSlice] = []
        self.log: list[LogLine] = []
        self.events: list[RunEvent] = []


class PlannedCell(msgspec.Struct):
    """A cell as the notebook has it before it is executed."""

    cell_type: str
    source: str | list[str] = ""

    def not_run(self, index: int) -> CellRecord:
        """Returns the record of a cell that was never reached."""
        source = self.source if isinstance(self.source, str) else "".join(self.source)
        return CellRecord(
            cell_index=index, cell_type=self.cell_type, source=source, state=CellState.NOT_RUN
        )


class Skeleton(msgspec.Struct):
    """The document of that name; see frames.Document."""

    cells: list[PlannedCell]


def cell_error(cell_index: int, error: frames.FrameError | None) -> CellError | None:
    """Returns the error of a cell as it is recorded."""
    if error is None:
        return None
    return CellError(
        cell_index=cell_index, ename=error.ename, evalue=error.evalue, traceback=error.traceback
    )


def instant(seconds: float) -> datetime:
    """Returns the instant that a frame means."""
    return datetime.fromtimestamp(seconds, UTC)
