"""Turns time into runs: what triggers are due, what they missed, and when to look again."""

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
from jupyter_batch.domain.schedule.trigger import AnyTrigger, TriggerProgress, counts_real_time
from jupyter_batch.errors import BatchError, StoreClosed, StoreFull
from jupyter_batch.ports import Alarm, Clock, NewRun, Store, TriggerStep
from jupyter_batch.services.async_utils import wait_set
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.scheduling.lookahead import AHEAD, Lookahead, due_by, is_burst
from jupyter_batch.services.submission.admission import AdmissionControl
from jupyter_batch.services.submission.run_factory import Cache, RunFactory

log = logging.getLogger(__name__)

#: Triggers that are dealt with in one transaction.
_TOGETHER = 512
#: Runs in one transaction, after which the triggers that are left are put off to the next.
_MOST_RUNS = 2_000
#: Transactions until whoever waits for the gate has its turn.
_TURN = 4
#: Triggers until the event loop serves others.
_BREATH = 25
#: How long a trigger is left alone with which something is wrong.
_LEFT_ALONE = timedelta(seconds=60)
#: Triggers one after the other after which it is not they who are to blame.
_MOST_FAILURES = 3
#: Seconds until a store that failed is tried again.
_PAUSE = 5.0


class Scheduler:
    """Holds the next instant of every trigger in memory; the store is the authority.

    Methods that end in ``_held`` are for whoever holds the gate of the admission.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        alarm: Alarm,
        maker: RunFactory,
        admission: AdmissionControl,
        dispatcher: Dispatcher,
        look_seconds: float = 60.0,
        on_time_seconds: float = ON_TIME_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._alarm = alarm
        self._maker = maker
        self._admission = admission
        self._dispatcher = dispatcher
        #: The clock may be set, or the machine sleep: it is looked at this often in any case.
        self._look = timedelta(seconds=look_seconds)
        self._on_time_seconds = on_time_seconds
        self._jobs: dict[str, Job] = {}
        self._states: dict[str, TriggerState] = {}
        #: Next instant, and the number of the entry: only the newest of a trigger holds.
        self._heap: list[tuple[datetime, int, str]] = []
        self._entries: dict[str, int] = {}
        self._numbers = count()
        self._foresight = Lookahead()
        self._woken = asyncio.Event()
        self._is_stale = True
        #: The time at the last look; None where all triggers are to be looked at.
        self._looked_at: datetime | None = None
        #: Why nothing has run at the instants that are still to be decided on.
        self._cause = MissCause.DOWN
        self._task: asyncio.Task[None] | None = None
        #: How many triggers are dealt with at once: one, where something is wrong with some.
        self._together = _TOGETHER
        self._taken: list[str] = []
        #: Triggers with which something is wrong, and until when they are left alone.
        self._put_off: dict[str, datetime] = {}
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why schedules are not kept; None where they are."""
        if self._task is not None and self._task.done():
            return "schedules are not kept any more"
        return self._trouble

    async def read(self) -> None:
        """Learns how far the triggers are; what changes a job before would begin them anew."""
        async with self._admission.gate:
            await self._load()

    async def start(self) -> None:
        """Deals with what the triggers have missed, and goes on, by itself."""
        self._alarm.start(self._woken.set)
        self._task = asyncio.create_task(self._serve(), name="scheduler")

    async def stop(self) -> None:
        """Ends; what becomes due meanwhile is dealt with by the next owner."""
        self._alarm.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def next_at(self) -> datetime | None:
        """When the next trigger is due."""
        while self._heap and self._entries.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def state(self, trigger_id: str) -> TriggerState | None:
        """Returns how far a trigger is."""
        return self._states.get(trigger_id)

    def put(self, job: Job, states: Iterable[TriggerState]) -> None:
        """Takes a job as it has just been stored, with the states of its triggers."""
        self.forget(job.id)
        self._jobs[job.id] = job
        for state in states:
            self._keep(state)
        self._woken.set()

    def forget(self, job_id: str) -> None:
        """Drops a job that has been deleted."""
        job = self._jobs.pop(job_id, None)
        for trigger in job.triggers if job else ():
            self._states.pop(trigger.id, None)
            self._entries.pop(trigger.id, None)

    def first_states(self, job: Job, triggers: Iterable[AnyTrigger]) -> list[TriggerState]:
        """Returns the states of triggers that begin now."""
        progress = TriggerProgress(decided_until=self._clock.now())
        return [self.rearmed(job, trigger, progress) for trigger in triggers]

    def rearmed(self, job: Job, trigger: AnyTrigger, progress: TriggerProgress) -> TriggerState:
        """Returns the state of a trigger that has come so far."""
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
        """Decides on what will be due at an instant, as far as there is time until then."""
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
        """Decides on all that is due; what is wrong with a trigger keeps no other from it."""
        failures = 0
        while True:
            if self._is_stale:
                async with self._admission.gate:
                    await self._load()
            now = self._clock.now()
            self._note_time(now)
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
                await self._dispatcher.tell_end(run)
            # The store's answers come between, but requests must get their turn as well.
            await asyncio.sleep(0)

    def _single_out(self, now: datetime, error: Exception) -> bool:
        """Goes on with one trigger at a time, or leaves the one alone that was just tried."""
        is_single = self._together == 1 and len(self._taken) == 1
        self._together = 1
        if is_single:
            log.error("Cannot deal with trigger %s yet", self._taken[0], exc_info=error)
            self._put_off[self._taken[0]] = now + _LEFT_ALONE
        return is_single

    def _note_time(self, now: datetime) -> None:
        """Has triggers decided on that the clock, as it was set back, would hold up."""
        went_back = self._looked_at is None or now < self._looked_at
        self._looked_at = now
        if not went_back:
            return
        self._put_off.clear()
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
        """Decides on what is due; makes the next runs while the store writes the last."""
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
            # What has been taken is not decided on: the store knows how far it all is.
            self._is_stale = True
            raise
        return stored

    async def _decide_held(
        self, trigger_ids: Sequence[str], now: datetime, cause: MissCause
    ) -> tuple[Run, ...]:
        """Decides on triggers, and stores what comes of it, or nothing."""
        return await self._store_held(await self._make_held(trigger_ids, now, cause, {}))

    async def _make_held(
        self, trigger_ids: Sequence[str], now: datetime, cause: MissCause, cache: Cache
    ) -> tuple[list[NewRun], list[TriggerStep]]:
        """Returns the runs that triggers make now, and how far they come by it."""
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
            runs += await self._maker.decided(job, trigger, decision, cache)
            after = replace(state, progress=decision.progress, next_at=decision.next_at)
            steps.append(
                TriggerStep(
                    before=state.progress, after=after, may_repeat=counts_real_time(trigger)
                )
            )
        return runs, steps

    def _known(self, trigger_id: str) -> tuple[TriggerState, Job, AnyTrigger] | None:
        """Returns what is known of a trigger; None where it is gone."""
        state = self._states.get(trigger_id)
        job = self._jobs.get(state.job_id) if state is not None else None
        trigger = job.trigger(trigger_id) if job is not None else None
        if state is None or job is None or trigger is None:
            return None
        return state, job, trigger

    async def _store_held(self, decided: tuple[list[NewRun], list[TriggerStep]]) -> tuple[Run, ...]:
        # Until it is stored, only the store knows how far they are.
        stale, self._is_stale = self._is_stale, True
        runs, steps = decided
        stored = await self._admission.store(runs, steps)
        self._is_stale = stale
        for step in steps:
            self._put_off.pop(step.after.trigger_id, None)
            self._keep(step.after)
        self._dispatcher.wake()
        return stored

    async def _load(self) -> None:
        """Reads all jobs with triggers and how far these are."""
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
            at = max(state.next_at, self._put_off.get(state.trigger_id, state.next_at))
            heapq.heappush(self._heap, (at, number, state.trigger_id))


def _effective(job: Job, trigger: AnyTrigger) -> AnyTrigger:
    return replace(trigger, paused=True) if job.paused and not trigger.paused else trigger
