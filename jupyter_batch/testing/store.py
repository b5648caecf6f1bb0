"""A store in memory that keeps the contract of the real one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec

from jupyter_batch.domain.backup import BackupManifest
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.queries import JobQuery, Page
from jupyter_batch.domain.sql_query import SqlAnswer, SqlQuery
from jupyter_batch.errors import Conflict, InvalidQuery, NotFound
from jupyter_batch.ports import Clock, EventSink
from jupyter_batch.testing.clock import FakeClock
from jupyter_batch.testing.memory import Memory, contains, drop_keys, page
from jupyter_batch.testing.records import FakeRecords
from jupyter_batch.testing.runs import FakeRuns
from jupyter_batch.testing.sweeps import FakeSweeps


class FakeStore:
    """Implements ports.Store; ``memory.troubles`` make the next writes fail."""

    def __init__(self, *, sink: EventSink | None = None, clock: Clock | None = None) -> None:
        clock = clock or FakeClock()
        self.memory = Memory(sink, clock)
        self._id = IdSource().new(clock.now())
        self._jobs = FakeJobs(self.memory)
        self._runs = FakeRuns(self.memory)
        self._sweeps = FakeSweeps(self.memory, self._runs)
        self._records = FakeRecords(self.memory, self._runs.list)
        #: How often space was given back.
        self.reclaimed = 0

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
    def sweeps(self) -> FakeSweeps:
        return self._sweeps

    @property
    def records(self) -> FakeRecords:
        return self._records

    async def sql(self, query: SqlQuery) -> SqlAnswer:
        raise InvalidQuery("a store in memory understands no SQL", field="query")

    async def check(self) -> None:
        self.memory.check()

    async def reclaim(self) -> int:
        self.reclaimed += 1
        return 0

    @asynccontextmanager
    async def backup(self) -> AsyncIterator[FakeBackup]:
        self.memory.check()
        jobs, runs = len(self.memory.jobs), len(self.memory.runs)
        yield FakeBackup(
            BackupManifest(
                version="0",
                made_at=self.memory.clock.now(),
                store_id=self._id,
                host="here",
                data_dir="/data",
                records_version=1,
                outputs_version=1,
                jobs=jobs,
                runs=runs,
                files=(),
            )
        )

    async def close(self) -> None:
        """Does nothing: there is no file."""


class FakeBackup:
    """Implements ports.BackupFile: an archive with nothing but its table of contents."""

    def __init__(self, manifest: BackupManifest) -> None:
        self.manifest = manifest
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("manifest.json", msgspec.json.encode(manifest))
        self._content = file.getvalue()
        self.size_bytes = len(self._content)

    async def slices(self) -> AsyncIterator[bytes]:
        yield self._content


class FakeJobs:
    """Implements ports.JobStore."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(
        self,
        job: Job,
        *,
        triggers: Sequence[TriggerState] = (),
        pinned: FrozenNotebook | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        self._memory.check()
        key = (job.created_by, "job", idempotency_key or "")
        made = self._memory.keys.get(key) if idempotency_key is not None else None
        if made is not None:
            return self._memory.jobs[made]
        self._refuse_name(job.name)
        self._memory.jobs[job.id] = job
        self._put_related(job.id, triggers, pinned)
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
            if contains(query.q, job.name, job.notebook, job.id)
        ]
        return page(chosen, query.after, query.limit)

    async def update(
        self,
        job_id: str,
        change: Callable[[Job], Job],
        *,
        triggers: Sequence[TriggerState] | None = None,
        pinned: FrozenNotebook | None = None,
    ) -> Job:
        self._memory.check()
        before = self._memory.jobs.get(job_id)
        if before is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        after = change(before)
        if after.name != before.name:
            self._refuse_name(after.name)
        self._memory.jobs[job_id] = after
        self._put_related(job_id, triggers, pinned)
        return after

    async def delete(self, job_id: str) -> None:
        self._memory.check()
        if self._memory.jobs.pop(job_id, None) is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        self._memory.pinned.pop(job_id, None)
        self._put_related(job_id, (), None)
        drop_keys(self._memory, "job", {job_id})

    async def pinned(self, job_id: str) -> FrozenNotebook | None:
        return self._memory.pinned.get(job_id)

    async def triggers(self) -> tuple[TriggerState, ...]:
        return tuple(self._memory.triggers.values())

    def _put_related(
        self,
        job_id: str,
        triggers: Sequence[TriggerState] | None,
        pinned: FrozenNotebook | None,
    ) -> None:
        memory = self._memory
        if triggers is not None:
            for state in [s for s in memory.triggers.values() if s.job_id == job_id]:
                del memory.triggers[state.trigger_id]
            memory.triggers |= {state.trigger_id: state for state in triggers}
        if pinned is not None:
            memory.pinned[job_id] = pinned

    def _refuse_name(self, name: str) -> None:
        if any(job.name == name for job in self._memory.jobs.values()):
            raise Conflict(f"there is a job named {name!r} already", field="name")
