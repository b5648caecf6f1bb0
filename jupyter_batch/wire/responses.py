"""Answers that are no plain values of the domain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellError, CellState
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.run import Run
from jupyter_batch.domain.sweep import Sweep


class RunList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of runs, newest first."""

    items: tuple[Run, ...]
    #: To be given as ``cursor`` for the next page; null at the end.
    next_cursor: str | None = None


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of jobs, newest first."""

    items: tuple[Job, ...]
    next_cursor: str | None = None


class SweepList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of sweeps, newest first."""

    items: tuple[Sweep, ...]
    next_cursor: str | None = None


class SecretNames(msgspec.Struct, frozen=True, kw_only=True):
    """Names of secrets; their values are told to nobody."""

    items: tuple[str, ...]
    #: By name, why masking one masks other texts, too: it is short, or an ordinary word.
    weak: dict[str, str] = {}


class CellAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A cell record, with its outputs where they were asked for."""

    cell_index: int
    cell_type: str
    source: str
    state: CellState
    execution_count: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    error: CellError | None = None
    memory_bytes: int | None = None
    #: In nbformat; left out where they were not asked for.
    outputs: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    #: How many outputs were left out because of their size; the notebook has them.
    outputs_omitted: int = 0


class CellList(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of an attempt, in order."""

    items: tuple[CellAnswer, ...]
    next_cursor: str | None = None


class OutputAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One output of a cell as it now stands."""

    cell_index: int
    #: In nbformat.
    output: msgspec.Raw


class OutputList(msgspec.Struct, frozen=True, kw_only=True):
    """Outputs of an attempt, in order, also of the cell that is running."""

    items: tuple[OutputAnswer, ...]
    #: How many outputs were left out because of their size; the notebook has them.
    omitted: int = 0
    next_cursor: str | None = None


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of an attempt's log, in order."""

    items: tuple[LogLine, ...]
    #: To be given as ``after`` for the next lines; null where there are no more now.
    next_after: int | None = None


class ArtifactList(msgspec.Struct, frozen=True, kw_only=True):
    """The artifacts of a run."""

    items: tuple[Artifact, ...]
    next_cursor: str | None = None


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """The number of deleted records."""

    deleted: int


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error."""

    code: str
    message: str
    #: ``field`` is the dotted path of what was wrong.
    details: dict[str, Any] = msgspec.field(default_factory=dict)
