"""Jobs: make, read, change, pause, delete, run now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.findings import Findings
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.job_fields import Source
from jupyter_batch.domain.macros import MacroContext, check_macros, has_macros, render
from jupyter_batch.domain.notebook import FrozenNotebook, named_from
from jupyter_batch.domain.parameters.parameters import ParameterSchema, check_parameters
from jupyter_batch.domain.queries import JobQuery, Page
from jupyter_batch.domain.requests import JobRequest
from jupyter_batch.domain.run import Run, TriggerKind
from jupyter_batch.domain.schedule.due import MissCause
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.schedule.upcoming import UpcomingInstant, upcoming
from jupyter_batch.errors import BatchError, InvalidInput, NotFound
from jupyter_batch.ports import Clock, Notebooks, Store
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.scheduling.scheduler import Scheduler
from jupyter_batch.services.scheduling.triggers import named_triggers
from jupyter_batch.services.submission.admission import AdmissionControl
from jupyter_batch.services.submission.request_checks import check_job
from jupyter_batch.services.submission.run_factory import RunFactory
from jupyter_batch.services.submission.validation import RequestValidator


class JobService:
    """Operations on jobs. An unknown id raises NotFound."""

    def __init__(
        self,
        *,
        store: Store,
        validator: RequestValidator,
        run_factory: RunFactory,
        admission: AdmissionControl,
        scheduler: Scheduler,
        dispatcher: Dispatcher,
        notebooks: Notebooks,
        clock: Clock,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Create the service; ``on_change`` is called after a job was created or changed."""
        self._store = store
        self._validator = validator
        self._run_factory = run_factory
        self._admission = admission
        self._scheduler = scheduler
        self._dispatcher = dispatcher
        self._notebooks = notebooks
        self._clock = clock
        self._ids = IdSource()
        self._on_change = on_change

    async def create(
        self, request: JobRequest, *, user: str, idempotency_key: str | None = None
    ) -> Job:
        """Validates and stores a job. Raises its errors, and Conflict for a taken name."""
        now = self._clock.now()
        request, frozen = await self._checked(request, (), now=now, user=user)
        job = Job(
            id=self._ids.new(now),
            created_by=user,
            created_at=now,
            updated_at=now,
            **msgspec.structs.asdict(request),
        )
        async with self._admission.gate:
            states = self._scheduler.first_states(job, job.triggers)
            stored = await self._store.jobs.add(
                job,
                triggers=states,
                pinned=frozen if job.source is Source.PINNED else None,
                idempotency_key=idempotency_key,
            )
            if stored.id == job.id and job.triggers:
                self._scheduler.put(stored, states)
        self._on_change()
        return stored

    async def check(self, request: JobRequest, *, user: str, job_id: str | None = None) -> None:
        """Raises the errors of ``create`` or ``update``, except for a taken name; stores nothing."""
        known: tuple[AnyTrigger, ...] = ()
        if job_id is not None:
            job = await self.get(job_id)
            known = job.triggers
            if request.notebook == _name_of(job, request.root):
                request = replace(request, notebook=job.notebook, root=job.root)
        await self._checked(request, known, now=self._clock.now(), user=user)

    async def get(self, job_id: str) -> Job:
        """Returns the job."""
        job = await self._store.jobs.get(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        return job

    async def list(self, query: JobQuery) -> Page[Job]:
        """Returns a page, newest first."""
        return await self._store.jobs.list(query)

    async def update(self, job_id: str, changes: Mapping[str, Any], *, user: str) -> Job:
        """Changes fields of a job; its runs, also those that wait or run, stay as they are.

        A pinned notebook is read again if ``notebook``, ``files`` or ``source`` is
        given. A missing notebook does not prevent a change of the other fields.
        """
        new = dict(changes)
        job = await self.get(job_id)
        _keep_notebook(job, new)
        if "triggers" in new:
            now = self._clock.now()
            new["triggers"] = named_triggers(
                new["triggers"], job.triggers, now=now, new_id=lambda: self._ids.new(now)
            )
        request = _request(job, new)
        if new.keys() & {"notebook", "files", "source", "parameters"}:
            frozen = await self._check(request, user=user)
        else:
            frozen = None
            await self._check_form(request, user=user)
        repin = request.source is Source.PINNED and new.keys() & {"notebook", "files", "source"}
        return await self._change(
            job_id,
            lambda newest: replace(newest, **new),
            pinned=frozen if repin else None,
        )

    async def pause(self, job_id: str, *, reason: str) -> Job:
        """Pauses all triggers, after deciding on the instants up to now."""

        def change(job: Job) -> Job:
            return job if job.paused else replace(job, paused=True, paused_reason=reason)

        return await self._change(job_id, change)

    async def resume(self, job_id: str) -> Job:
        """Resumes the triggers. Their missed policy applies to the instants in between."""
        now = self._clock.now()
        return await self._change(
            job_id,
            lambda job: replace(job, paused=False, paused_reason=None, resumed_at=now),
        )

    async def delete(self, job_id: str) -> None:
        """Deletes the job and keeps its runs."""
        async with self._admission.gate:
            await self._store.jobs.delete(job_id)
            self._scheduler.forget(job_id)

    async def trigger(
        self,
        job_id: str,
        *,
        user: str,
        trigger: TriggerKind = TriggerKind.MANUAL,
        parameters: Mapping[str, Any] | None = None,
        forced: bool = False,
        idempotency_key: str | None = None,
    ) -> Run:
        """Makes a run of the job, with some of its parameters replaced.

        It obeys the job's overlap policy, and may come back as skipped, unless it is forced.
        """
        job = await self.get(job_id)
        check_macros(parameters or {})
        new = await self._run_factory.by_hand(
            job, user=user, kind=trigger, parameters=parameters or {}, forced=forced
        )
        async with self._admission.gate:
            run = await self._admission.store_one(new, idempotency_key=idempotency_key)
        self._dispatcher.wake()
        return run

    async def upcoming(
        self, job_id: str, *, after: datetime | None, count: int
    ) -> tuple[Job, tuple[UpcomingInstant, ...]]:
        """Returns the job and the next instants of all its triggers, whether paused or not."""
        job = await self.get(job_id)
        found: list[UpcomingInstant] = []
        for trigger in job.triggers:
            state = self._scheduler.state(trigger.id)
            runs = state.progress.runs if state else 0
            found += upcoming(trigger, after or self._clock.now(), count, runs=runs)
        return job, tuple(sorted(found, key=lambda instant: instant.at)[:count])

    async def _change(
        self,
        job_id: str,
        change: Callable[[Job], Job],
        *,
        pinned: FrozenNotebook | None = None,
    ) -> Job:
        async with self._admission.gate:
            before = await self.get(job_id)
            if before.triggers:
                await self._scheduler.settle_held(before)
            now = self._clock.now()
            after = replace(change(before), updated_at=now)
            states = self._states(before, after)
            stored = await self._store.jobs.update(
                job_id, lambda _: after, triggers=states, pinned=pinned
            )
            self._scheduler.put(stored, states)
            # Instants missed during a pause are decided on as soon as it ends.
            await self._scheduler.settle_held(stored, cause=MissCause.PAUSED)
        self._on_change()
        return stored

    def _states(self, before: Job, after: Job) -> Sequence[TriggerState]:
        """Returns the trigger states. A trigger whose instants changed starts from now."""
        states = []
        for trigger in after.triggers:
            old = before.trigger(trigger.id)
            state = self._scheduler.state(trigger.id)
            alike = old is not None and trigger == replace(
                old, paused=trigger.paused, parameters=trigger.parameters
            )
            if alike and state is not None:
                states.append(self._scheduler.rearmed(after, trigger, state.progress))
            else:
                states += self._scheduler.first_states(after, [trigger])
        return states

    async def _checked(
        self, request: JobRequest, known: Sequence[AnyTrigger], *, now: datetime, user: str
    ) -> tuple[JobRequest, FrozenNotebook]:
        """Returns the request with trigger ids, and its notebook; raises all errors together."""
        findings = Findings()
        try:
            named = named_triggers(
                request.triggers, known, now=now, new_id=lambda: self._ids.new(now)
            )
        except InvalidInput as error:
            findings.add(error)
        else:
            request = replace(request, triggers=named)
        try:
            frozen = await self._check(request, user=user)
        except BatchError as error:
            with findings.gather():
                raise error
        findings.raise_first()
        return request, frozen

    async def _check(self, request: JobRequest, *, user: str) -> FrozenNotebook:
        findings = Findings()
        with findings.gather():
            await self._check_form(request, user=user)
        try:
            frozen = await self._notebooks.freeze(
                request.notebook, request.files, root=request.root
            )
            schema = await self._notebooks.schema(frozen.content)
        except BatchError:
            findings.raise_first()
            raise
        if findings.has("parameters"):
            findings.raise_first()
        own = [(f"triggers.{i}.parameters", t.parameters) for i, t in enumerate(request.triggers)]
        for field, values in [("parameters", {}), *own]:
            with findings.gather():
                self._check_values(schema, request, values, field)
        findings.raise_first()
        return frozen

    def _check_values(
        self, schema: ParameterSchema, request: JobRequest, values: dict[str, Any], field: str
    ) -> None:
        try:
            check_parameters(schema, self._sample(request, {**request.parameters, **values}))
        except InvalidInput as error:
            if values:
                error.details["field"] = field
            raise

    async def _check_form(self, request: JobRequest, *, user: str) -> None:
        findings = Findings()
        with findings.gather():
            check_job(request)
        with findings.gather():
            await self._validator.resolve_environment(request.environment, user=user)
        findings.raise_first()

    def _sample(self, request: JobRequest, values: dict[str, Any]) -> dict[str, Any]:
        """Returns the parameters that a run made now would have."""
        if not has_macros(values):
            return values
        now = self._clock.now()
        context = MacroContext(
            run_id=self._ids.new(now),
            scheduled_for=now,
            previous_success_at=now,
            job_name=request.name,
        )
        rendered: dict[str, Any] = render(values, context)
        return rendered


def _keep_notebook(job: Job, new: dict[str, Any]) -> None:
    """Drops the notebook from the changes if the job has it already.

    A client with another root knows the notebook by another path, and may be unable to read it.
    """
    root = new.pop("root", "")
    if "notebook" not in new:
        return
    if job.root not in ("", root) and new["notebook"] == _name_of(job, root):
        del new["notebook"]
    else:
        new["root"] = root


def _name_of(job: Job, root: str) -> str:
    return named_from(root, job.notebook, stored_root=job.root)


def _request(job: Job, new: Mapping[str, Any]) -> JobRequest:
    """Returns the request that would create the changed job."""
    fields = {name: getattr(job, name) for name in JobRequest.__struct_fields__}
    return JobRequest(**{**fields, **new})
