"""Turns time into runs: decides on due and missed instants, and when to wake again."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count

from msgspec.structs import replace

from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.queries import MAX_LIMIT, JobQuery
from jupyter_batch.domain.run import Run
from jupyter_batch.domain.schedule.due import (
    ON_TIME_SECONDS,
    MissCause,
    due,
    is_ahead,
    next_at,
)
from jupyter_batch.domain.schedule.trigger import AnyTrigger, TriggerProgress
from jupyter_batch.errors import BatchError, StoreClosed, StoreFull
from jupyter_batch.ports import Alarm, Clock, NewRun, Store, TriggerStep
from jupyter_batch.services.async_utils import wait_set
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.scheduling.lookahead import AHEAD, Lookahead, due_by, is_burst
from jupyter_batch.services.submission.admission import AdmissionControl
from jupyter_batch.services.submission.run_factory import Cache, RunFactory

log = logging.getLogger(__name__)

#: Most triggers per transaction.
_TOGETHER = 512
#: Most runs per transaction. Further triggers go into the next one.
_MOST_RUNS = 2_000
#: Transactions after which the gate is released for other tasks.
_TURN = 4
#: Triggers after which the event loop runs other tasks.
_BREATH = 25
#: How long a failing trigger is deferred.
_LEFT_ALONE = timedelta(seconds=60)
#: Consecutive failures after which the cause is not a single trigger.
_MOST_FAILURES = 3
#: Seconds until a store that failed is tried again.
_PAUSE = 5.0


class Scheduler:
    """Holds the next instant of every trigger in memory; the store is the authority.

    Callers of methods that end in ``_held`` must hold the gate of the admission.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        alarm: Alarm,
        run_factory: RunFactory,
        admission: AdmissionControl,
        dispatcher: Dispatcher,
        poll_seconds: float = 60.0,
        on_time_seconds: float = ON_TIME_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._alarm = alarm
        self._run_factory = run_factory
        self._admission = admission
        self._dispatcher = dispatcher
        #: Longest pause between checks, because the clock may be set or the machine may sleep.
        self._look = timedelta(seconds=poll_seconds)
        self._on_time_seconds = on_time_seconds
        self._jobs: dict[str, Job] = {}
        self._states: dict[str, TriggerState] = {}
        #: Next instant, entry number and trigger id. Only the newest entry of a trigger is valid.
        self._heap: list[tuple[datetime, int, str]] = []
        self._entries: dict[str, int] = {}
        self._numbers = count()
        self._foresight = Lookahead()
        self._woken = asyncio.Event()
        self._is_stale = True
        #: The time of the last check; None to check all triggers.
        self._looked_at: datetime | None = None
        #: Why undecided instants did not run.
        self._cause = MissCause.DOWN
        self._task: asyncio.Task[None] | None = None
        #: Triggers per transaction; one while a failing trigger is being isolated.
        self._together = _TOGETHER
        self._taken: list[str] = []
        #: Failing triggers, and until when they are deferred.
        self._deferred_until: dict[str, datetime] = {}
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Returns why schedules are not kept; None if they are."""
        if self._task is not None and self._task.done():
            return "schedules are not kept any more"
        return self._trouble

    async def read(self) -> None:
        """Loads the trigger states. Call it before any job changes, or triggers restart from now."""
        async with self._admission.gate:
            await self._load()

    async def start(self) -> None:
        """Decides on missed instants, and then serves triggers in the background."""
        self._alarm.start(self._woken.set)
        self._task = asyncio.create_task(self._serve(), name="scheduler")

    async def stop(self) -> None:
        """Stops. The next owner decides on what becomes due meanwhile."""
        self._alarm.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def next_at(self) -> datetime | None:
        """Returns when the next trigger is due."""
        while self._heap and self._entries.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def state(self, trigger_id: str) -> TriggerState | None:
        """Returns the state of a trigger."""
        return self._states.get(trigger_id)

    def put(self, job: Job, states: Iterable[TriggerState]) -> None:
        """Adds or replaces a job that was just stored, with the states of its triggers."""
        self.forget(job.id)
        self._jobs[job.id] = job
        for state in states:
            self._keep(state)
        self._woken.set()

    def forget(self, job_id: str) -> None:
        """Removes a deleted job."""
        job = self._jobs.pop(job_id, None)
        for trigger in job.triggers if job else ():
            self._states.pop(trigger.id, None)
            self._entries.pop(trigger.id, None)

    def first_states(self, job: Job, triggers: Iterable[AnyTrigger]) -> list[TriggerState]:
        """Returns the states of triggers that start now."""
        progress = TriggerProgress(decided_until=self._clock.now())
        return [self.rearmed(job, trigger, progress) for trigger in triggers]

    def rearmed(self, job: Job, trigger: AnyTrigger, progress: TriggerProgress) -> TriggerState:
        """Returns the state of a trigger with this progress."""
        return TriggerState(
            trigger_id=trigger.id,
            job_id=job.id,
            progress=progress,
            next_at=next_at(_effective(job, trigger), progress),
        )

    async def settle_held(self, job: Job, *, cause: MissCause | None = None) -> tuple[Run, ...]:
        """Decides on all instants of a job up to now, before it changes."""
        cause = cause or self._cause
        made: list[Run] = []
        self._jobs[job.id] = job
        while True:
            now = self._clock.now()
            ids = [
                trigger.id
                for trigger in job.triggers
                if (state := self._states.get(trigger.id)) is not None
                and (at := next_at(_effective(job, trigger), state.progress)) is not None
                and at <= now
            ]
            if not ids:
                return tuple(made)
            made += await self._decide_held(ids, now, cause)

    async def _serve(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._catch_up(self._cause)
            except asyncio.CancelledError:
                raise
            except BatchError as error:
                log.warning("Cannot deal with what is due: %s", error.message)
                self._trouble = f"schedules cannot be kept: {error.message}"
                await wait_set(asyncio.Event(), self._clock, _PAUSE)
                continue
            except Exception as error:
                log.exception("A fault while dealing with what is due; going on")
                self._trouble = f"schedules cannot be kept: {error!r}"
                await wait_set(asyncio.Event(), self._clock, _PAUSE)
                continue
            self._trouble = None
            self._cause = MissCause.LATE
            self._alarm.set(await self._when_to_wake())
            await self._woken.wait()

    async def _when_to_wake(self) -> datetime:
        now, at = self._clock.now(), self.next_at
        if at is None or at > now + self._look:
            return now + self._look
        if not is_burst(self._heap, at):
            return at
        if at - AHEAD > now:
            return at - AHEAD
        await self._look_ahead(at)
        return at

    async def _look_ahead(self, at: datetime) -> None:
        """Decides on the triggers that will be due at an instant, as far as time permits."""
        self._foresight.forget()
        for number, trigger_id in enumerate(list(due_by(self._heap, at)), start=1):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
                if self._clock.now() >= at:
                    return
            if (known := self._known(trigger_id)) is not None:
                state, job, trigger = known
                decision = due(_effective(job, trigger), state.progress, at)
                self._foresight.keep(job, state, decision)

    async def _catch_up(self, cause: MissCause) -> None:
        """Decides on all due triggers. A failing trigger does not block the others."""
        failures = 0
        while True:
            if self._is_stale:
                async with self._admission.gate:
                    await self._load()
            now = self._clock.now()
            self._check_clock(now)
            if (first := self.next_at) is None or first > now:
                self._together = _TOGETHER
                return
            try:
                async with self._admission.gate:
                    runs = await self._decide_due_held(now, cause)
            except (StoreFull, StoreClosed):
                raise
            except Exception as error:
                failures += self._single_out(now, error)
                if failures >= _MOST_FAILURES:
                    raise
                continue
            failures = 0
            for run in runs:
                await self._dispatcher.notify_end(run)
            # Gives other tasks, such as requests, a turn.
            await asyncio.sleep(0)

    def _single_out(self, now: datetime, error: Exception) -> bool:
        """Continues with one trigger at a time, or defers the one that just failed."""
        is_single = self._together == 1 and len(self._taken) == 1
        self._together = 1
        if is_single:
            log.error("Cannot deal with trigger %s yet", self._taken[0], exc_info=error)
            self._deferred_until[self._taken[0]] = now + _LEFT_ALONE
        return is_single

    def _check_clock(self, now: datetime) -> None:
        """Schedules a decision on triggers that a clock that was set back would delay."""
        went_back = self._looked_at is None or now < self._looked_at
        self._looked_at = now
        if not went_back:
            return
        self._deferred_until.clear()
        for trigger_id in list(self._states):
            known = self._known(trigger_id)
            if known is not None and is_ahead(known[2], known[0].progress, now):
                self._keep(replace(known[0], next_at=now))

    def _take_due(self, now: datetime) -> list[str]:
        taken: list[str] = []
        while len(taken) < self._together and (at := self.next_at) is not None and at <= now:
            trigger_id = heapq.heappop(self._heap)[2]
            del self._entries[trigger_id]
            taken.append(trigger_id)
        self._taken = taken
        return taken

    async def _decide_due_held(self, now: datetime, cause: MissCause) -> list[Run]:
        """Decides on due triggers; makes the next runs while the store writes the last ones."""
        storing: asyncio.Task[tuple[Run, ...]] | None = None
        stored: list[Run] = []
        cache: Cache = {}
        try:
            for _ in range(_TURN if self._together > 1 else 1):
                taken = self._take_due(now)
                if not taken:
                    break
                decided = await self._make_held(taken, now, cause, cache)
                if storing is not None:
                    stored += await storing
                storing = asyncio.create_task(self._store_held(decided))
            if storing is not None:
                stored += await storing
        except BaseException:
            if storing is not None:
                await asyncio.gather(storing, return_exceptions=True)
            # Some triggers were taken but not decided on: reload the states from the store.
            self._is_stale = True
            raise
        return stored

    async def _decide_held(
        self, trigger_ids: Sequence[str], now: datetime, cause: MissCause
    ) -> tuple[Run, ...]:
        """Decides on triggers and stores the result in one transaction."""
        return await self._store_held(await self._make_held(trigger_ids, now, cause, {}))

    async def _make_held(
        self, trigger_ids: Sequence[str], now: datetime, cause: MissCause, cache: Cache
    ) -> tuple[list[NewRun], list[TriggerStep]]:
        """Returns the runs that triggers make now, and their new progress."""
        runs: list[NewRun] = []
        steps: list[TriggerStep] = []
        for number, trigger_id in enumerate(trigger_ids, start=1):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            if (known := self._known(trigger_id)) is None:
                continue
            state, job, trigger = known
            if len(runs) > _MOST_RUNS:
                self._keep(state)
                continue
            decision = self._foresight.take(job, state, now) or due(
                _effective(job, trigger),
                state.progress,
                now,
                cause=cause,
                on_time_seconds=self._on_time_seconds,
            )
            runs += await self._run_factory.decided(job, trigger, decision, cache)
            after = replace(state, progress=decision.progress, next_at=decision.next_at)
            steps.append(
                TriggerStep(
                    before=state.progress, after=after, may_repeat=trigger.counts_real_time()
                )
            )
        return runs, steps

    def _known(self, trigger_id: str) -> tuple[TriggerState, Job, AnyTrigger] | None:
        """Returns state, job and trigger of an id; None if it is gone."""
        state = self._states.get(trigger_id)
        job = self._jobs.get(state.job_id) if state is not None else None
        trigger = job.trigger(trigger_id) if job is not None else None
        if state is None or job is None or trigger is None:
            return None
        return state, job, trigger

    async def _store_held(self, decided: tuple[list[NewRun], list[TriggerStep]]) -> tuple[Run, ...]:
        # Until the transaction ends, only the store knows their progress.
        stale, self._is_stale = self._is_stale, True
        runs, steps = decided
        stored = await self._admission.store(runs, steps)
        self._is_stale = stale
        for step in steps:
            self._deferred_until.pop(step.after.trigger_id, None)
            self._keep(step.after)
        self._dispatcher.wake()
        return stored

    async def _load(self) -> None:
        """Reads all jobs with triggers, and their states."""
        states = {state.trigger_id: state for state in await self._store.jobs.triggers()}
        self._jobs, self._states, self._heap, self._entries = {}, {}, [], {}
        self._looked_at = None
        after: str | None = None
        while True:
            page = await self._store.jobs.list(JobQuery(limit=MAX_LIMIT, after=after))
            for job in page.items:
                if job.triggers:
                    self._jobs[job.id] = job
                    for trigger in job.triggers:
                        if trigger.id in states:
                            self._keep(states[trigger.id])
            after = page.next_after
            if after is None:
                break
        self._is_stale = False

    def _keep(self, state: TriggerState) -> None:
        self._states[state.trigger_id] = state
        self._entries.pop(state.trigger_id, None)
        if state.next_at is not None:
            number = self._entries[state.trigger_id] = next(self._numbers)
            at = max(state.next_at, self._deferred_until.get(state.trigger_id, state.next_at))
            heapq.heappush(self._heap, (at, number, state.trigger_id))


def _effective(job: Job, trigger: AnyTrigger) -> AnyTrigger:
    return replace(trigger, paused=True) if job.paused and not trigger.paused else trigger
