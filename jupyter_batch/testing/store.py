"""A store in memory that keeps the contract of the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent, frame_event_id, state_data
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.queries import JobQuery, Page, RunQuery
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.errors import Conflict, NotFound, StoreError
from jupyter_batch.ports import Clock, EventSink
from jupyter_batch.testing.clock import FakeClock
from jupyter_batch.testing.records import AttemptRecords, FakeRecords

T = TypeVar("T", Job, Run)


class Memory:
    """What there is, shared by the parts of the store."""

    def __init__(self, sink: EventSink | None, clock: Clock) -> None:
        self.sink = sink
        self.clock = clock
        self.jobs: dict[str, Job] = {}
        self.runs: dict[str, Run] = {}
        self.frozen: dict[str, FrozenNotebook] = {}
        self.keys: dict[tuple[str, str, str], str] = {}
        self.attempts: dict[tuple[str, int], AttemptRecords] = {}
        self.events: list[RunEvent] = []
        self.position = 0
        #: Error to raise by the next write, as a full disk would.
        self.trouble: StoreError | None = None

    def check(self) -> None:
        """Raises the trouble that a test has asked for, once."""
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble

    def run(self, run_id: str) -> Run:
        """Returns a run; raises NotFound."""
        if run_id not in self.runs:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        return self.runs[run_id]

    def newest_event(self, run_id: str) -> int:
        """Returns the newest event of a run, outputs included."""
        seen = [event.event_id for event in self.events if event.run_id == run_id]
        reached = [
            frame_event_id(attempt_no, records.watermark.last_seq)
            for (owner, attempt_no), records in self.attempts.items()
            if owner == run_id
        ]
        return max([0, *seen, *reached])

    def store_events(self, events: Sequence[RunEvent]) -> list[RunEvent]:
        """Keeps events and returns them with their positions."""
        stored = []
        for event in events:
            self.position += 1
            stored.append(replace(event, position=self.position))
        self.events.extend(stored)
        return stored

    def put_run(self, after: Run, *, at: datetime) -> list[RunEvent]:
        """Keeps a run; returns the event of a change of its state."""
        before = self.runs.get(after.id)
        self.runs[after.id] = after
        if before and (before.state, before.reason) == (after.state, after.reason):
            return []
        event = RunEvent(
            run_id=after.id,
            event_id=self.newest_event(after.id) + 1,
            at=at,
            kind="state",
            data=state_data(after),
        )
        return self.store_events([event])

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Tells the sink."""
        if events and self.sink is not None:
            self.sink.publish(events)


class FakeStore:
    """Implements ports.Store; ``trouble`` makes the next write fail."""

    def __init__(self, *, sink: EventSink | None = None, clock: Clock | None = None) -> None:
        clock = clock or FakeClock()
        self.memory = Memory(sink, clock)
        self._id = IdSource().new(clock.now())
        self._jobs = FakeJobs(self.memory)
        self._runs = FakeRuns(self.memory)
        self._records = FakeRecords(self.memory)
        self.is_closed = False

    @property
    def id(self) -> str:
        return self._id

    @property
    def jobs(self) -> FakeJobs:
        return self._jobs

    @property
    def runs(self) -> FakeRuns:
        return self._runs

    @property
    def records(self) -> FakeRecords:
        return self._records

    async def reclaim(self) -> int:
        return 0

    async def close(self) -> None:
        self.is_closed = True


class FakeJobs:
    """Implements ports.JobStore."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(self, job: Job, *, idempotency_key: str | None = None) -> Job:
        self._memory.check()
        key = (job.created_by, "job", idempotency_key or "")
        made = self._memory.keys.get(key) if idempotency_key is not None else None
        if made is not None:
            return self._memory.jobs[made]
        self._refuse_name(job.name)
        self._memory.jobs[job.id] = job
        if idempotency_key is not None:
            self._memory.keys[key] = job.id
        return job

    async def get(self, job_id: str) -> Job | None:
        return self._memory.jobs.get(job_id)

    async def find(self, name: str) -> Job | None:
        return next((job for job in self._memory.jobs.values() if job.name == name), None)

    async def list(self, query: JobQuery) -> Page[Job]:
        chosen = [
            job
            for job in self._memory.jobs.values()
            if _contains(query.q, job.name, job.notebook, job.id)
        ]
        return _page(chosen, query.after, query.limit)

    async def update(self, job_id: str, change: Callable[[Job], Job]) -> Job:
        self._memory.check()
        before = self._memory.jobs.get(job_id)
        if before is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        after = change(before)
        if after.name != before.name:
            self._refuse_name(after.name)
        self._memory.jobs[job_id] = after
        return after

    async def delete(self, job_id: str) -> None:
        self._memory.check()
        if self._memory.jobs.pop(job_id, None) is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        _drop_keys(self._memory, "job", {job_id})

    def _refuse_name(self, name: str) -> None:
        if any(job.name == name for job in self._memory.jobs.values()):
            raise Conflict(f"there is a job named {name!r} already", field="name")


class FakeRuns:
    """Implements ports.RunStore."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(
        self, run: Run, frozen: FrozenNotebook, *, idempotency_key: str | None = None
    ) -> Run:
        memory = self._memory
        memory.check()
        key = (run.created_by, "run", idempotency_key or "")
        made = memory.keys.get(key) if idempotency_key is not None else None
        if made is not None:
            return memory.runs[made]
        if run.id in memory.runs:
            raise Conflict(f"there is a run {run.id} already", run_id=run.id)
        memory.frozen[run.id] = frozen
        if idempotency_key is not None:
            memory.keys[key] = run.id
        memory.publish(memory.put_run(run, at=run.created_at))
        return run

    async def get(self, run_id: str) -> Run | None:
        return self._memory.runs.get(run_id)

    async def list(self, query: RunQuery) -> Page[Run]:
        chosen = [run for run in self._memory.runs.values() if _matches(query, run)]
        return _page(chosen, query.after, query.limit)

    async def update(self, run_id: str, change: Callable[[Run], Run], *, at: datetime) -> Run:
        memory = self._memory
        memory.check()
        after = change(memory.run(run_id))
        memory.publish(memory.put_run(after, at=at))
        return after

    async def queued(self, *, now: datetime, limit: int) -> tuple[Run, ...]:
        ready = [
            run
            for run in self._memory.runs.values()
            if run.state is RunState.QUEUED and (run.not_before is None or run.not_before <= now)
        ]
        return tuple(sorted(ready, key=lambda run: (-run.priority, run.id))[:limit])

    async def next_not_before(self) -> datetime | None:
        now = self._memory.clock.now()
        instants = [
            run.not_before
            for run in self._memory.runs.values()
            if run.state is RunState.QUEUED and run.not_before is not None and run.not_before > now
        ]
        return min(instants, default=None)

    async def active(self) -> tuple[Run, ...]:
        return tuple(run for run in self._memory.runs.values() if run.state.is_active)

    async def count(self) -> Mapping[RunState, int]:
        return Counter(run.state for run in self._memory.runs.values())

    async def delete(self, run_ids: Sequence[str]) -> int:
        memory = self._memory
        memory.check()
        gone = {run_id for run_id in run_ids if run_id in memory.runs}
        for run_id in gone:
            del memory.runs[run_id]
            del memory.frozen[run_id]
        memory.events = [event for event in memory.events if event.run_id not in gone]
        for owner in [owner for owner in memory.attempts if owner[0] in gone]:
            del memory.attempts[owner]
        _drop_keys(memory, "run", gone)
        return len(gone)

    async def frozen(self, run_id: str) -> FrozenNotebook:
        self._memory.run(run_id)
        return self._memory.frozen[run_id]


def _matches(query: RunQuery, run: Run) -> bool:
    return (
        (not query.states or run.state in query.states)
        and (query.job_id is None or run.job_id == query.job_id)
        and (query.since is None or run.created_at >= query.since)
        and (query.until is None or run.created_at < query.until)
        and _contains(query.q, run.name, run.notebook.path, run.id)
    )


def _contains(q: str | None, *texts: str) -> bool:
    return not q or any(q.lower() in text.lower() for text in texts)


def _page(items: Sequence[T], after: str | None, limit: int) -> Page[T]:
    newest = sorted(items, key=lambda item: item.id, reverse=True)
    rest = [item for item in newest if after is None or item.id < after]
    next_after = rest[limit - 1].id if len(rest) > limit else None
    return Page(items=tuple(rest[:limit]), next_after=next_after)


def _drop_keys(memory: Memory, kind: str, ids: set[str]) -> None:
    for key in [key for key, made in memory.keys.items() if key[1] == kind and made in ids]:
        del memory.keys[key]
