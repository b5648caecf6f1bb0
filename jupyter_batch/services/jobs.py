"""Jobs: make, read, change, delete, trigger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.parameters import check_parameters
from jupyter_batch.domain.queries import JobQuery, Page
from jupyter_batch.domain.requests import JobChanges, JobRequest, RunRequest
from jupyter_batch.domain.run import Run, TriggerKind
from jupyter_batch.errors import NotFound
from jupyter_batch.ports import Clock, Notebooks, Store
from jupyter_batch.services.checks import check_job
from jupyter_batch.services.intake import Intake
from jupyter_batch.services.runs import RunService


class JobService:
    """What can be done with jobs; every id that is unknown raises NotFound."""

    def __init__(
        self,
        *,
        store: Store,
        intake: Intake,
        runs: RunService,
        notebooks: Notebooks,
        clock: Clock,
    ) -> None:
        self._store = store
        self._intake = intake
        self._runs = runs
        self._notebooks = notebooks
        self._clock = clock
        self._ids = IdSource()

    async def create(
        self, request: JobRequest, *, user: str, idempotency_key: str | None = None
    ) -> Job:
        """Stores a job that could run now; raises what is wrong, Conflict for a taken name."""
        await self._check(request, user=user)
        now = self._clock.now()
        job = Job(
            id=self._ids.new(now),
            created_by=user,
            created_at=now,
            updated_at=now,
            **msgspec.structs.asdict(request),
        )
        return await self._store.jobs.add(job, idempotency_key=idempotency_key)

    async def get(self, job_id: str) -> Job:
        """Returns the job."""
        job = await self._store.jobs.get(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        return job

    async def list(self, query: JobQuery) -> Page[Job]:
        """Returns a page, newest first."""
        return await self._store.jobs.list(query)

    async def update(self, job_id: str, changes: JobChanges, *, user: str) -> Job:
        """Changes a job; its runs, also those that wait or run, stay as they are."""
        new = {
            name: value
            for name, value in msgspec.structs.asdict(changes).items()
            if value is not msgspec.UNSET
        }
        job = await self.get(job_id)
        await self._check(_request(job, new), user=user)
        now = self._clock.now()
        return await self._store.jobs.update(
            job_id, lambda newest: replace(newest, updated_at=now, **new)
        )

    async def delete(self, job_id: str) -> None:
        """Removes the job; its runs stay."""
        await self._store.jobs.delete(job_id)

    async def trigger(
        self,
        job_id: str,
        *,
        user: str,
        trigger: TriggerKind = TriggerKind.MANUAL,
        parameters: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Makes a run of the job, with some of its parameters replaced."""
        job = await self.get(job_id)
        request = RunRequest(
            notebook=job.notebook,
            parameters={**job.parameters, **(parameters or {})},
            environment=job.environment,
            files=job.files,
            timeout_seconds=job.timeout_seconds,
            name=job.name,
            priority=job.priority,
        )
        return await self._runs.submit(
            request,
            user=user,
            trigger=trigger,
            job_id=job.id,
            idempotency_key=idempotency_key,
        )

    async def _check(self, request: JobRequest, *, user: str) -> None:
        check_job(request)
        await self._intake.surroundings(request.environment, user=user)
        frozen = await self._notebooks.freeze(request.notebook, request.files)
        schema = await self._notebooks.schema(frozen.content)
        check_parameters(schema, request.parameters)


def _request(job: Job, new: Mapping[str, Any]) -> JobRequest:
    """Returns what would have been asked for to make the changed job."""
    fields = {name: getattr(job, name) for name in JobRequest.__struct_fields__}
    return JobRequest(**{**fields, **new})
