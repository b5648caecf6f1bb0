"""The ports for the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from jupyter_batch.domain.backup import BackupManifest
from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.domain.queries import JobQuery, Page, RunQuery, SweepQuery
from jupyter_batch.domain.recording import LogLine, Recording, Watermark
from jupyter_batch.domain.results import ResultRecord, ResultRow
from jupyter_batch.domain.retention import EndedGroup, EndedRun
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.schedule.trigger import TriggerProgress
from jupyter_batch.domain.sql_query import SqlAnswer, SqlQuery
from jupyter_batch.domain.sweep import Sweep, SweepFacts
from jupyter_batch.domain.value import Value


class JobStore(Protocol):
    """Jobs."""

    async def add(
        self,
        job: Job,
        *,
        triggers: Sequence[TriggerState] = (),
        pinned: FrozenNotebook | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Stores a new job; raises Conflict where the name is taken.

        With a key that the same ``created_by`` has used before, returns the job made then.
        """

    async def get(self, job_id: str) -> Job | None:
        """Returns the job, or None."""

    async def find(self, name: str) -> Job | None:
        """Returns the job of that name, or None."""

    async def list(self, query: JobQuery) -> Page[Job]:
        """Returns a page, newest first."""

    async def update(
        self,
        job_id: str,
        change: Callable[[Job], Job],
        *,
        triggers: Sequence[TriggerState] | None = None,
        pinned: FrozenNotebook | None = None,
    ) -> Job:
        """Replaces a job by what ``change`` makes of it; raises NotFound, Conflict (name).

        ``triggers`` replace the states of all its triggers, ``pinned`` what it has pinned; None
        leaves them.
        """

    async def delete(self, job_id: str) -> None:
        """Removes the job and leaves its runs; raises NotFound."""

    async def pinned(self, job_id: str) -> FrozenNotebook | None:
        """Returns the notebook that the job has pinned, or None."""

    async def triggers(self) -> tuple[TriggerState, ...]:
        """Returns the states of all triggers of all jobs."""


class JobLoad(Value, frozen=True, kw_only=True):
    """The runs of a job that are not over, backfills apart, oldest first."""

    active: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run to be stored."""

    run: Run
    #: None where nothing was frozen: the run will never start.
    frozen: FrozenNotebook | None


class TriggerStep(Value, frozen=True, kw_only=True):
    """The progress of a trigger through one decision."""

    #: The progress before the decision.
    before: TriggerProgress
    after: TriggerState
    #: Whether an instant that has its run may have another: where the clock was set back, a
    #: trigger that runs every so often comes by it again.
    may_repeat: bool = False


class RunStore(Protocol):
    """Runs with their attempts, and the events of their states."""

    async def add(
        self, run: Run, frozen: FrozenNotebook, *, idempotency_key: str | None = None
    ) -> Run:
        """Stores a new run and what it has frozen; committed when this returns.

        With a key that the same ``created_by`` has used before, stores nothing and returns the
        run made then.
        """

    async def add_all(
        self, runs: Sequence[NewRun], steps: Sequence[TriggerStep] = ()
    ) -> tuple[Run, ...]:
        """Stores new runs and how far the triggers that made them have come, in one transaction.

        A trigger that is not as far as its step says, or is gone, was dealt with by somebody
        else: the step and the runs of that trigger are left out. So is a scheduled run where
        there is one of its ``trigger_id`` and ``scheduled_for``. Returns what was stored.
        """

    async def get(self, run_id: str) -> Run | None:
        """Returns the run, or None."""

    async def list(self, query: RunQuery) -> Page[Run]:
        """Returns a page, newest first. A row that cannot be read is left out and logged."""

    async def update(self, run_id: str, change: Callable[[Run], Run], *, at: datetime) -> Run:
        """Replaces a run by what ``change`` makes of it, in one transaction; raises NotFound.

        ``change`` runs in the writer, sees the newest run, and must be pure; what it raises is
        raised here, and nothing is stored. Where the state or its reason differs afterwards a
        ``state`` event of instant ``at`` is stored along.
        """

    async def queued(
        self, *, now: datetime, limit: int, blocked: Collection[str] = ()
    ) -> tuple[Run, ...]:
        """Returns queued runs whose ``not_before`` has passed: by priority, then by age.

        Runs in a lane (``Run.lanes``) that is ``blocked`` are left out.
        """

    async def next_not_before(self) -> datetime | None:
        """Returns the earliest future ``not_before`` among queued runs, or None."""

    async def expired(self, now: datetime) -> tuple[Run, ...]:
        """Returns queued runs whose ``expires_at`` has come."""

    async def next_expiry(self) -> datetime | None:
        """Returns the earliest ``expires_at`` among queued runs, or None."""

    async def positions(self) -> Mapping[str, int]:
        """Returns the place, from 1 on, of each queued run: by priority, then by age."""

    async def load(self, job_id: str) -> JobLoad:
        """Returns the runs of a job that are not over."""

    async def active(self) -> tuple[Run, ...]:
        """Returns the runs that are starting, running or cancelling."""

    async def count(self) -> Mapping[RunState, int]:
        """Returns how many runs there are in each state; states with none may be missing."""

    async def delete(self, run_ids: Sequence[str], *, ended_only: bool = False) -> int:
        """Removes runs and all that was recorded of them; returns how many there were.

        Their disk space goes back to the system soon after (see ``Store.reclaim``). The caller
        has made sure that they are terminal, or asks for those that are not to be left out.
        """

    async def ended_groups(self) -> tuple[EndedGroup, ...]:
        """Returns what each job has of runs that are over, and what there is without a job."""

    async def oldest_ended(self, job_id: str | None, limit: int) -> tuple[EndedRun, ...]:
        """Returns runs of a job (None: without one) that are over, oldest first."""

    async def frozen(self, run_id: str) -> FrozenNotebook:
        """Returns what the run has frozen; raises NotFound."""


class SweepStore(Protocol):
    """Sweeps; their states come from their runs. A sweep goes with the last of its runs."""

    async def add(
        self, sweep: SweepFacts, runs: Sequence[NewRun], *, idempotency_key: str | None = None
    ) -> Sweep:
        """Stores a sweep with all its runs, or nothing of it.

        With a key that the same ``created_by`` has used before, stores nothing and returns the
        sweep made then.
        """

    async def get(self, sweep_id: str) -> Sweep | None:
        """Returns the sweep, or None."""

    async def list(self, query: SweepQuery) -> Page[Sweep]:
        """Returns a page, newest first."""

    async def move_runs(
        self,
        sweep_id: str,
        states: Collection[RunState],
        change: Callable[[Run], Run],
        *,
        at: datetime,
    ) -> tuple[Run, ...]:
        """Moves the sweep's runs that are in these states, all in one transaction.

        ``change`` may move a run and change its instants, nothing else. Returns the runs that
        differ afterwards, oldest first; none where there is no such sweep.
        """

    async def delete(self, sweep_id: str) -> int:
        """Removes the sweep and its runs; raises NotFound, Conflict where one is not over."""


class RecordStore(Protocol):
    """The records of attempts: cells, outputs, documents, logs, artifacts, events."""

    async def record(
        self, recording: Recording, change: Callable[[Run], Run] | None = None
    ) -> None:
        """Stores a recording; what is at or below the watermark is left out.

        ``change`` (counts, error, artifacts of the run) is applied along with it. A crash
        at any moment leaves the watermark such that reading the attempt again completes it.
        """

    async def watermark(self, run_id: str, attempt_no: int) -> Watermark:
        """Returns how far the attempt has been recorded; zeros for nothing yet."""

    async def cells(self, run_id: str, attempt_no: int) -> tuple[CellRecord, ...]:
        """Returns the cell records so far, in order."""

    def outputs(
        self, run_id: str, attempt_no: int, cell_index: int | None = None
    ) -> AsyncIterator[OutputSlice]:
        """Yields outputs as they now stand, by cell and number, in slices.

        So that nobody needs a whole output in memory.
        """

    async def document(self, run_id: str, attempt_no: int, name: str) -> str | None:
        """Returns a document's whole text (see frames.Document), or None where it is not whole."""

    async def results(self, run_id: str, attempt_no: int) -> tuple[ResultRecord, ...]:
        """Returns the results of an attempt, of each name the newest, in order."""

    async def result_rows(self, query: RunQuery) -> Page[ResultRow]:
        """Returns a page of runs, newest first, with the results of their newest attempts."""

    async def done_items(self, run_id: str, *, before: int) -> Mapping[str, tuple[str, ...]]:
        """Returns the keys of done items, by tracked loop, of the attempts below a number."""

    async def log(
        self, run_id: str, attempt_no: int, *, after_line: int = 0, limit: int = 10_000
    ) -> tuple[LogLine, ...]:
        """Returns lines of the log, in order."""

    def artifact(self, run_id: str, attempt_no: int, path: str) -> AsyncIterator[bytes]:
        """Yields an artifact's bytes in slices; none for an empty or unknown one."""

    async def events(
        self,
        *,
        run_id: str | None = None,
        after: int = 0,
        limit: int = 1000,
        outputs: bool = True,
    ) -> tuple[RunEvent, ...]:
        """Returns events in order.

        With ``run_id``: of that run, with ``outputs`` those of kind ``output`` too, with an
        ``event_id`` above ``after``. Without: of all runs, outputs left out, with a ``position`` above
        ``after``.
        """

    async def last_position(self) -> int:
        """Returns the position of the newest event, 0 for none."""


class BackupFile(Protocol):
    """A whole and consistent copy of the store in one file; see ``Store.backup``."""

    size_bytes: int
    manifest: BackupManifest

    def slices(self) -> AsyncIterator[bytes]:
        """Yields its bytes."""


class Store(Protocol):
    """One data folder, opened by its owner."""

    @property
    def id(self) -> str:
        """Names the store for ever; containers are labelled with it."""

    @property
    def jobs(self) -> JobStore: ...

    @property
    def runs(self) -> RunStore: ...

    @property
    def sweeps(self) -> SweepStore: ...

    @property
    def records(self) -> RecordStore: ...

    async def sql(self, query: SqlQuery) -> SqlAnswer:
        """Answers a SELECT over the documented views.

        Raises InvalidQuery for all that is wrong or does more, QueryStopped for what takes too
        long or too much memory. A caller who is cancelled ends the query.
        """

    async def check(self) -> None:
        """Makes a test write; raises StoreFull, StoreError if it fails."""

    async def reclaim(self) -> int:
        """Gives the space of what was deleted back to the system; returns the bytes."""

    def backup(self) -> AbstractAsyncContextManager[BackupFile]:
        """Yields a consistent copy of the store. It is removed when the context ends.

        Reading and writing go on meanwhile; space is given back afterwards. Needs about the
        size of the store as free space. Raises StoreFull, StoreError.
        """

    async def close(self) -> None:
        """Finishes pending writes and closes the files."""
