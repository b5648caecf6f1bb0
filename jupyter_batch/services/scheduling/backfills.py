"""Makes the runs that a schedule would have made."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.macros import check_macros
from jupyter_batch.domain.queries import MAX_LIMIT, RunQuery
from jupyter_batch.domain.request_limits import outside_limits
from jupyter_batch.domain.requests import BackfillReport, BackfillRequest
from jupyter_batch.domain.run import Backfill, RunState
from jupyter_batch.domain.schedule.backfill import Stretch
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.errors import InvalidInput, NotFound
from jupyter_batch.ports import Clock, Store
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.submission.admission import AdmissionControl
from jupyter_batch.services.submission.run_factory import Cache, RunFactory

#: Most runs of one backfill.
MAX_RUNS = 10_000
_TOGETHER = 200

#: States of existing runs by trigger and nominal time.
_Known = dict[tuple[str | None, datetime], RunState]


class BackfillService:
    """Makes the backfills of jobs."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        run_factory: RunFactory,
        admission: AdmissionControl,
        dispatcher: Dispatcher,
    ) -> None:
        self._store = store
        self._clock = clock
        self._run_factory = run_factory
        self._admission = admission
        self._dispatcher = dispatcher
        self._ids = IdSource()

    async def backfill(self, job_id: str, request: BackfillRequest) -> BackfillReport:
        """Queues the runs of a time range, oldest first, except those that have succeeded.

        Raises NotFound, InvalidInput, and then stores nothing.
        """
        job = await self._store.jobs.get(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        stretches = [Stretch(trigger, request) for trigger in _chosen(job, request)]
        _check(request, stretches, self._clock.now())
        backfill = Backfill(
            id=self._ids.new(self._clock.now()), max_concurrent=request.max_concurrent
        )
        async with self._admission.gate:
            known = await self._known(job, stretches)
            wanted = sorted(
                ((at, part.trigger) for part in stretches for at in part.instants()),
                key=lambda pair: pair[0],
            )
            seen = Counter(known.get((trigger.id, at)) for at, trigger in wanted)
            open_ones = [(at, t) for at, t in wanted if (t.id, at) not in known]
            await self._make(job, open_ones, backfill, request)
        self._dispatcher.wake()
        return BackfillReport(
            id=backfill.id,
            made=len(open_ones),
            succeeded_before=seen[RunState.SUCCEEDED],
            unfinished_before=sum(seen[state] for state in UNFINISHED),
            spans=tuple(part.span for part in stretches),
        )

    async def _make(
        self,
        job: Job,
        wanted: list[tuple[datetime, AnyTrigger]],
        backfill: Backfill,
        request: BackfillRequest,
    ) -> None:
        cache: Cache = {}
        for start in range(0, len(wanted), _TOGETHER):
            runs = [
                await self._run_factory.backfilled(
                    job, trigger, at, backfill, request.parameters, cache
                )
                for at, trigger in wanted[start : start + _TOGETHER]
            ]
            await self._admission.store(runs)

    async def _known(self, job: Job, stretches: list[Stretch]) -> _Known:
        """Returns the runs of the time ranges that have succeeded or are not over."""
        since = min(part.since for part in stretches)
        until = max(part.until for part in stretches)
        known: _Known = {}
        present = {trigger.id for trigger in job.triggers}
        states = (RunState.SUCCEEDED, *sorted(UNFINISHED))
        after: str | None = None
        while True:
            query = RunQuery(job_id=job.id, states=states, limit=MAX_LIMIT, after=after)
            page = await self._store.runs.list(query)
            for run in page.items:
                if not since <= run.scheduled_for < until:
                    continue
                # Runs of triggers that no longer exist count for the present ones.
                own = {run.trigger_id} if run.trigger_id in present else present
                if run.trigger_id is not None:
                    known |= {(trigger_id, run.scheduled_for): run.state for trigger_id in own}
            after = page.next_after
            if after is None:
                return known


def _chosen(job: Job, request: BackfillRequest) -> tuple[AnyTrigger, ...]:
    if not job.triggers:
        raise InvalidInput("the job has no schedule, so there is nothing to fill", field="job")
    if request.trigger_id is None:
        return job.triggers
    trigger = job.trigger(request.trigger_id)
    if trigger is None:
        raise InvalidInput(f"the job has no trigger {request.trigger_id!r}", field="trigger_id")
    return (trigger,)


def _check(request: BackfillRequest, stretches: list[Stretch], now: datetime) -> None:
    if any(part.until <= part.since for part in stretches):
        raise InvalidInput("the end is not after the beginning", field="to")
    if any(part.until > now for part in stretches):
        raise InvalidInput("the end is in the future: the schedule itself will run", field="to")
    for field, sentence in outside_limits(request):
        raise InvalidInput(sentence, field=field)
    check_macros(request.parameters)
    total = sum(part.count() for part in stretches)
    if total > MAX_RUNS:
        raise InvalidInput(
            f"that would be {total:,} runs; at most {MAX_RUNS:,} go at once: take a shorter time",
            field="from",
            count=total,
        )
