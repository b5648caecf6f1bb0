"""A run, its attempts, and the one table of the states that it may move through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import Conflict


class RunState(StrEnum):
    """The states of a run; design.md section 2."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"
    SKIPPED = "skipped"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more happens to the run by itself."""
        return self in TERMINAL

    @property
    def is_active(self) -> bool:
        """Whether an attempt of the run may be in the hands of an executor."""
        return self in ACTIVE


_S = RunState
TERMINAL = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST, _S.SKIPPED})
ACTIVE = frozenset({_S.STARTING, _S.RUNNING, _S.CANCELLING})
_ENDINGS = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST})

#: From each state, the states that may follow. From an ending only a retry leads on.
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    _S.QUEUED: frozenset({_S.STARTING, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST, _S.SKIPPED}),
    _S.STARTING: _ENDINGS | {_S.QUEUED, _S.RUNNING, _S.CANCELLING},
    _S.RUNNING: _ENDINGS | {_S.QUEUED, _S.CANCELLING},
    _S.CANCELLING: _ENDINGS,
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset({_S.QUEUED}),
    _S.TIMED_OUT: frozenset({_S.QUEUED}),
    _S.CANCELLED: frozenset({_S.QUEUED}),
    _S.LOST: frozenset({_S.QUEUED}),
    _S.SKIPPED: frozenset(),
}


class TriggerKind(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    API = "api"
    RETRY = "retry"
    BACKFILL = "backfill"
    SWEEP = "sweep"


class NotebookRef(Value, frozen=True, kw_only=True):
    """Which notebook a run has frozen."""

    #: As the caller named it: relative to the server's root, with ``/``.
    path: str
    #: Of the frozen bytes, in hex.
    sha256: str


class Attempt(Value, frozen=True, kw_only=True):
    """One try of a run: one container or process."""

    #: Counts from 1.
    attempt_no: int
    state: RunState
    reason: str | None = None
    #: What the executor knows the attempt by; None before it has been created.
    container_id: str | None = None
    exit_code: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None


class Run(Value, frozen=True, kw_only=True):
    """One execution of a job, or of a notebook with no job, with a frozen copy of all it needs."""

    id: str
    job_id: str | None = None
    name: str
    state: RunState = RunState.QUEUED
    #: One sentence: why it is in this state; None where the state says all.
    reason: str | None = None
    trigger: TriggerKind
    #: Which trigger of the job made it, for scheduled runs.
    trigger_id: str | None = None
    #: The nominal time; stays the same over retries.
    scheduled_for: datetime
    created_at: datetime
    #: Of the first attempt.
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: A queued run is not started before this instant.
    not_before: datetime | None = None
    created_by: str
    notebook: NotebookRef
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    #: Glob patterns, relative to the notebook's folder, of files that go along.
    files: tuple[str, ...] = ()
    #: Of one attempt.
    timeout_seconds: float | None = None
    #: Higher goes first.
    priority: int = 0
    attempts: tuple[Attempt, ...] = ()
    cells: CellCount = CellCount()
    error: CellError | None = None
    artifacts: tuple[Artifact, ...] = ()

    def move_to(self, state: RunState, *, at: datetime, reason: str | None = None) -> Run:
        """Returns the run in another state; raises Conflict where the table has no such step."""
        if state not in TRANSITIONS[self.state]:
            raise Conflict(
                f"a run that is {self.state} cannot become {state}",
                run_id=self.id,
                state=str(self.state),
            )
        started_at, finished_at = self.started_at, self.finished_at
        if state is RunState.STARTING and started_at is None:
            started_at = at
        if state.is_terminal:
            finished_at = at
        elif self.state.is_terminal:
            finished_at = None
        return replace(
            self, state=state, reason=reason, started_at=started_at, finished_at=finished_at
        )

    @property
    def attempt(self) -> Attempt | None:
        """The newest attempt."""
        return self.attempts[-1] if self.attempts else None

    def with_attempt(self, attempt: Attempt) -> Run:
        """Returns the run with an attempt added, or put in the place of the one of its number."""
        kept = tuple(a for a in self.attempts if a.attempt_no != attempt.attempt_no)
        return replace(self, attempts=(*kept, attempt))
