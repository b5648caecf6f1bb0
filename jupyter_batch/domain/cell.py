"""Cell records: the outcome of each cell in an attempt."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from jupyter_batch.domain.value import Value


class CellState(StrEnum):
    """The outcome of a cell."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    #: Not executed: the notebook ended before it, or it is tagged to be skipped.
    NOT_RUN = "not_run"


class CellCount(Value, frozen=True, kw_only=True):
    """Progress of an attempt in cells. Markdown cells are counted too, as papermill does."""

    total: int = 0
    done: int = 0
    failed: int = 0


class CellError(Value, frozen=True, kw_only=True):
    """The exception that ended a cell."""

    #: Index in the notebook as papermill prepared it, from 0, without error markers.
    cell_index: int
    ename: str
    evalue: str
    #: Lines of the traceback, with the ANSI colours that the kernel sent.
    traceback: tuple[str, ...] = ()


class CellRecord(Value, frozen=True, kw_only=True):
    """One cell in one attempt."""

    cell_index: int
    cell_type: str
    source: str
    state: CellState
    execution_count: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: The cell's metadata as papermill leaves it.
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    error: CellError | None = None
    #: Memory of the runner's process tree after the cell.
    memory_bytes: int | None = None
