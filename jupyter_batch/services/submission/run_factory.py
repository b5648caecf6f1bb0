"""Makes the runs of jobs: manual ones, triggered ones, and records of missed instants."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from jupyter_batch.domain.job import Job
from jupyter_batch.domain.job_fields import RunFields, Source
from jupyter_batch.domain.macros import MacroContext, has_macros, render
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import RunRequest
from jupyter_batch.domain.run import (
    Backfill,
    MissedInfo,
    NotebookRef,
    Run,
    RunPolicies,
    RunState,
    TriggerKind,
)
from jupyter_batch.domain.schedule import due as decisions
from jupyter_batch.domain.schedule.trigger import AnyTrigger, MissedPolicy
from jupyter_batch.errors import BatchError, StoreError
from jupyter_batch.ports import Clock, NewRun, Store
from jupyter_batch.services.submission.validation import ReadNotebook, RequestValidator

log = logging.getLogger(__name__)

#: Notebooks that were read for a group of runs that is made together.
Cache = dict[tuple[str, tuple[str, ...]], ReadNotebook]


class RunFactory:
    """Makes runs without storing them."""

    def __init__(self, *, store: Store, validator: RequestValidator, clock: Clock) -> None:
        self._store = store
        self._validator = validator
        self._clock = clock

    async def by_hand(
        self,
        job: Job,
        *,
        user: str,
        kind: TriggerKind,
        parameters: Mapping[str, Any],
        forced: bool,
    ) -> NewRun:
        """Returns a manual run for now; raises its errors."""
        return await self._make(
            job,
            None,
            self._clock.now(),
            user=user,
            kind=kind,
            parameters=parameters,
            policies=policies_of(job, forced=forced),
            cache={},
        )

    async def decided(
        self, job: Job, trigger: AnyTrigger, decision: decisions.Decision, cache: Cache
    ) -> list[NewRun]:
        """Returns the runs of a decision: first the missed ones, then the due ones."""
        missed = [self.missed(job, trigger, missed) for missed in decision.missed]
        return missed + [
            await self.scheduled(job, trigger, firing, cache) for firing in decision.fire
        ]

    async def scheduled(
        self, job: Job, trigger: AnyTrigger, firing: decisions.Firing, cache: Cache
    ) -> NewRun:
        """Returns the run of an instant. If it cannot be made, it is a failed run with the reason."""
        policies = policies_of(job)
        catches_up = firing.is_late and trigger.missed_policy is MissedPolicy.ALL
        if catches_up and policies.overlap_policy is not OverlapPolicy.ALLOW:
            # They all arrive at once: the policy would admit only one of them.
            policies = replace(policies, overlap_policy=OverlapPolicy.QUEUE_ALL)
        new = await self._make_or_fail(
            job, trigger, firing.scheduled_for, TriggerKind.SCHEDULE, policies, {}, cache
        )
        run = new.run
        if firing.not_before > run.created_at:
            reason = f"waits until {firing.not_before.isoformat(timespec='seconds')}: jitter"
            run = replace(run, not_before=firing.not_before, reason=run.reason or reason)
        earliest = [at for at in (run.start_before, firing.start_before) if at is not None]
        return NewRun(run=replace(run, start_before=min(earliest, default=None)), frozen=new.frozen)

    async def backfilled(
        self,
        job: Job,
        trigger: AnyTrigger,
        at: datetime,
        backfill: Backfill,
        parameters: Mapping[str, Any],
        cache: Cache,
    ) -> NewRun:
        """Returns the run of a past instant. If it cannot be made, it is a failed run."""
        policies = replace(policies_of(job), overlap_policy=OverlapPolicy.ALLOW)
        new = await self._make_or_fail(
            job, trigger, at, TriggerKind.BACKFILL, policies, parameters, cache
        )
        run = replace(new.run, backfill=backfill, start_before=None)
        return NewRun(run=run, frozen=new.frozen)

    def missed(self, job: Job, trigger: AnyTrigger, missed: decisions.MissedFiring) -> NewRun:
        """Returns the skipped run that records missed instants."""
        run = self._plain(job, trigger, missed.last_at, TriggerKind.SCHEDULE)
        what = MissedInfo(count=missed.count, first_at=missed.first_at, last_at=missed.last_at)
        run = replace(run, missed=what).move_to(
            RunState.SKIPPED, at=run.created_at, reason=missed.reason
        )
        return NewRun(run=run, frozen=None)

    async def _make_or_fail(
        self,
        job: Job,
        trigger: AnyTrigger,
        at: datetime,
        kind: TriggerKind,
        policies: RunPolicies,
        parameters: Mapping[str, Any],
        cache: Cache,
    ) -> NewRun:
        try:
            return await self._make(
                job,
                trigger,
                at,
                user=job.created_by,
                kind=kind,
                parameters=parameters,
                policies=policies,
                cache=cache,
            )
        except StoreError:
            raise
        except BatchError as error:
            reason = f"it could not be started: {error.message}"
        except Exception as error:
            log.exception("A fault while making a run of job %s", job.id)
            reason = f"it could not be started: {error!r}"
        run = replace(self._plain(job, trigger, at, kind), policies=policies)
        run = run.move_to(RunState.FAILED, at=run.created_at, reason=reason)
        return NewRun(run=run, frozen=None)

    async def _make(
        self,
        job: Job,
        trigger: AnyTrigger | None,
        at: datetime,
        *,
        user: str,
        kind: TriggerKind,
        parameters: Mapping[str, Any],
        policies: RunPolicies,
        cache: Cache,
    ) -> NewRun:
        run_id = self._validator.new_id()
        own = trigger.parameters if trigger is not None else {}
        values = {**job.parameters, **own, **parameters}
        if has_macros(values):
            context = MacroContext(
                run_id=run_id,
                scheduled_for=at,
                previous_success_at=await self._previous_success(job),
                job_name=job.name,
                timezone=_zone(job, trigger),
            )
            values = render(values, context)
        request = request_of(job, values)
        read = await self._read(job, request, cache)
        run, frozen = await self._validator.accept(
            request, user=user, trigger=kind, job_id=job.id, run_id=run_id, read=read
        )
        run = replace(
            run,
            scheduled_for=at,
            trigger_id=trigger.id if trigger is not None else None,
            policies=policies,
            start_before=_later(run.created_at, job.queue_timeout_seconds),
        )
        return NewRun(run=run, frozen=frozen)

    async def _read(self, job: Job, request: RunRequest, cache: Cache) -> ReadNotebook:
        whole = posixpath.join(request.root, request.notebook)
        key = (job.id if job.source is Source.PINNED else whole, request.files)
        if key not in cache:
            pinned = await self._store.jobs.pinned(job.id) if job.source is Source.PINNED else None
            if pinned is not None:
                cache[key] = await self._validator.understood(pinned)
            else:
                cache[key] = await self._validator.read(request)
        return cache[key]

    async def _previous_success(self, job: Job) -> datetime | None:
        query = RunQuery(job_id=job.id, states=(RunState.SUCCEEDED,), limit=1)
        page = await self._store.runs.list(query)
        return page.items[0].scheduled_for if page.items else None

    def _plain(self, job: Job, trigger: AnyTrigger, at: datetime, kind: TriggerKind) -> Run:
        """Returns a run without a frozen notebook."""
        return Run(
            id=self._validator.new_id(),
            job_id=job.id,
            name=job.name,
            trigger=kind,
            trigger_id=trigger.id,
            scheduled_for=at,
            created_at=self._clock.now(),
            created_by=job.created_by,
            notebook=NotebookRef(path=job.notebook, sha256="", root=job.root),
            parameters={**job.parameters, **trigger.parameters},
            environment=job.environment,
            files=job.files,
            priority=job.priority,
        )


def request_of(job: Job, parameters: dict[str, Any]) -> RunRequest:
    """Returns the run request of a job."""
    shared = {name: getattr(job, name) for name in RunFields.__struct_fields__}
    return RunRequest(
        **{**shared, "parameters": parameters},
        root=job.root,
        environment=job.environment,
        name=job.name,
    )


def policies_of(job: Job, *, forced: bool = False) -> RunPolicies:
    """Returns the policies of a new run of a job."""
    return RunPolicies(
        overlap_policy=job.overlap,
        forced=forced,
        retry=job.retry,
        run_timeout_seconds=job.run_timeout_seconds,
    )


def _zone(job: Job, trigger: AnyTrigger | None) -> str:
    """Returns the zone of the trigger, or the one that all of the job's triggers share."""
    if trigger is not None:
        return trigger.timezone
    zones = {own.timezone for own in job.triggers}
    return zones.pop() if len(zones) == 1 else "UTC"


def _later(at: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else at + timedelta(seconds=seconds)
