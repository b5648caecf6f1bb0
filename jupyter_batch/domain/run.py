"""A run, its attempts, and its transitions between states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.progress import ItemProgress
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.state import ACTIVE, TERMINAL, TRANSITIONS, RunState
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import Conflict

__all__ = [
    "ACTIVE",
    "TERMINAL",
    "TRANSITIONS",
    "Attempt",
    "Backfill",
    "MissedInfo",
    "NotebookRef",
    "Run",
    "RunPolicies",
    "RunState",
    "SweepRef",
    "TriggerKind",
]


class TriggerKind(StrEnum):
    """The origin of a run."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    API = "api"
    RETRY = "retry"
    BACKFILL = "backfill"
    SWEEP = "sweep"


class NotebookRef(Value, frozen=True, kw_only=True):
    """A reference to the notebook that a run has frozen."""

    #: As the caller named it: relative to ``root``, with ``/``.
    path: str
    #: Of the frozen bytes, in hex.
    sha256: str
    #: The folder that the path is relative to; empty if the path is only a label.
    root: str = ""


class Attempt(Value, frozen=True, kw_only=True):
    """One try of a run: one container or process."""

    #: Counts from 1.
    attempt_no: int
    state: RunState
    reason: str | None = None
    #: The executor's id of the attempt; None before it was created.
    container_id: str | None = None
    exit_code: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None


class RunPolicies(Value, frozen=True, kw_only=True):
    """The policies of a run, frozen when the run was made."""

    overlap_policy: OverlapPolicy = OverlapPolicy.ALLOW
    #: Whether it starts regardless of its job's other runs.
    forced: bool = False
    retry: RetryPolicy = RetryPolicy()
    #: Time limit of all attempts together, from the start of the first; None for no limit.
    run_timeout_seconds: float | None = None


class MissedInfo(Value, frozen=True, kw_only=True):
    """The missed instants that a ``skipped`` run represents."""

    count: int
    first_at: datetime
    last_at: datetime


class Backfill(Value, frozen=True, kw_only=True):
    """The backfill that a run belongs to."""

    id: str
    #: How many of its runs may be active at once.
    max_concurrent: int


class SweepRef(Value, frozen=True, kw_only=True):
    """The place of a run in the sweep that it belongs to."""

    id: str
    #: Index of its parameter set, from 0 on.
    index: int
    #: How many of the sweep's runs may be active at once; None for no limit of its own.
    max_concurrent: int | None = None


class Run(Value, frozen=True, kw_only=True):
    """One execution of a job, or of a notebook with no job, with a frozen copy of all it needs."""

    id: str
    job_id: str | None = None
    name: str
    state: RunState = RunState.QUEUED
    #: One sentence: why it is in this state; None if the state is enough.
    reason: str | None = None
    trigger: TriggerKind
    #: The trigger that made it, for scheduled runs.
    trigger_id: str | None = None
    #: The nominal time; stays the same over retries.
    scheduled_for: datetime
    created_at: datetime
    #: Start of the first attempt.
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: A queued run is not started before this instant.
    not_before: datetime | None = None
    created_by: str
    notebook: NotebookRef
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    #: Glob patterns, relative to the notebook's folder, of files that are copied along.
    files: tuple[str, ...] = ()
    #: Time limit of one attempt.
    timeout_seconds: float | None = None
    #: Higher goes first.
    priority: int = 0
    attempts: tuple[Attempt, ...] = ()
    cells: CellCount = CellCount()
    error: CellError | None = None
    artifacts: tuple[Artifact, ...] = ()
    #: Loops of the newest attempt over ``jb.track``, in the order in which they began.
    progress: tuple[ItemProgress, ...] = ()
    policies: RunPolicies = RunPolicies()
    #: A run that has not started by then is skipped.
    start_before: datetime | None = None
    #: A run that is not over by then is out of time; set when the first attempt starts.
    give_up_at: datetime | None = None
    #: For ``skipped`` runs of instants that were missed.
    missed: MissedInfo | None = None
    backfill: Backfill | None = None
    sweep: SweepRef | None = None
    #: Number of artifacts if ``artifacts`` has only the first ones; never stored.
    artifact_count: int | None = None
    #: Place in the queue from 1 on, in answers about queued runs; never stored.
    queue_position: int | None = None

    def move_to(self, state: RunState, *, at: datetime, reason: str | None = None) -> Run:
        """Returns the run in another state; raises Conflict for an invalid transition."""
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

    def duration_seconds(self, now: datetime) -> float | None:
        """Returns the total time of its attempts up to now; None if none has started.

        The waits between attempts are no part of it: they are in ``elapsed_seconds``.
        """
        if self.started_at is None:
            return None
        end = self.finished_at or now
        spans = [(a.started_at, a.finished_at or end) for a in self.attempts if a.started_at]
        return sum(_seconds(since, until) for since, until in spans or [(self.started_at, end)])

    def elapsed_seconds(self, now: datetime) -> float | None:
        """Returns how long ago its first attempt started, up to its end; None before."""
        return (
            None if self.started_at is None else _seconds(self.started_at, self.finished_at or now)
        )

    @property
    def attempt(self) -> Attempt | None:
        """Returns the newest attempt."""
        return self.attempts[-1] if self.attempts else None

    def with_attempt(self, attempt: Attempt) -> Run:
        """Returns the run with an attempt added, or replaced if the number exists."""
        kept = tuple(a for a in self.attempts if a.attempt_no != attempt.attempt_no)
        return replace(self, attempts=(*kept, attempt))

    def change_attempt(self, attempt_no: int, change: Callable[[Attempt], Attempt]) -> Run:
        """Returns the run with one of its attempts changed, if it exists."""
        for attempt in self.attempts:
            if attempt.attempt_no == attempt_no:
                return self.with_attempt(change(attempt))
        return self

    @property
    def expires_at(self) -> datetime | None:
        """Returns when a queued run expires."""
        return self.give_up_at if self.started_at else self.start_before

    @property
    def lanes(self) -> tuple[str, ...]:
        """Returns the lanes whose limits apply to a queued run, besides the limit on all runs."""
        common = (self.executor_lane, f"user {self.created_by}")
        if self.backfill is not None:
            return (f"backfill {self.backfill.id}", *common)
        if self.sweep is not None:
            return (f"sweep {self.sweep.id}", *common)
        if self.job_id is None or self.policies.forced:
            return common
        return (f"job {self.job_id}", *common)

    @property
    def executor_lane(self) -> str:
        """Returns the lane of all runs of its executor."""
        return f"executor {self.environment.executor}"


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
