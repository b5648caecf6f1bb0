"""Turns queued runs into attempts, within the limits."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from jupyter_batch.domain.queries import MAX_LIMIT, RunQuery
from jupyter_batch.domain.queue_rules import Occupancy, restarted_wait, why_not_yet
from jupyter_batch.domain.run import Attempt, Run, RunState
from jupyter_batch.domain.run_transitions import end_or_retry, expire
from jupyter_batch.errors import BatchError, Conflict, NotFound, StoreClosed, StoreFull
from jupyter_batch.ports import AttemptHandle, Clock, Store
from jupyter_batch.services.async_utils import wait_set
from jupyter_batch.services.execution.attempt_runner import AttemptRunner
from jupyter_batch.services.execution.executor_health import ExecutorHealthTracker
from jupyter_batch.services.postponed import Postponed, UnrecordedEnds, described

log = logging.getLogger(__name__)

#: Queued runs per page. A round reads further pages while it starts or blocks runs.
_PAGE = 20
#: Seconds between checks of the clock, which may have been set.
_LONGEST_PAUSE = 60.0
#: Number of runs that cannot be started after which a round ends.
_MOST_FAILURES = 100
#: Errors of the store, which are not the fault of a single run.
_OF_THE_STORE = (StoreClosed, StoreFull)
#: Seconds until the next try after the queue could not be served.
_PAUSE = 5.0


class Dispatcher:
    """Claims queued runs and runs their attempts."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        limit: int,
        limit_per_user: int | None = None,
        executor_health: ExecutorHealthTracker,
        attempt_runner: Callable[[Run], AttemptRunner],
        on_end: Callable[[Run], Awaitable[None]] | None = None,
    ) -> None:
        """Create the dispatcher; ``on_end`` is called with each run that has ended."""
        self._store = store
        self._clock = clock
        self._occupancy = Occupancy(limit, limit_per_user)
        self._executor_health = executor_health
        self._on_end = on_end
        self._attempt_runner = attempt_runner
        self._unrecorded = UnrecordedEnds(store, clock, self.notify_end)
        #: Queued runs that could not be claimed.
        self._postponed = Postponed(clock)
        self._trouble: str | None = None
        #: The time of the last round; None before the first.
        self._looked_at: datetime | None = None
        self._wake = asyncio.Event()
        self._attempt_runners: dict[str, AttemptRunner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    @property
    def active(self) -> int:
        """Returns the number of active attempts."""
        return len(self._attempt_runners)

    @property
    def trouble(self) -> str | None:
        """Returns why the queue is not served; None if it is."""
        if self._loop is not None and self._loop.done():
            return "the queue is not served any more"
        return self._trouble

    def start(self) -> None:
        """Starts to serve the queue."""
        self._loop = asyncio.create_task(self._serve(), name="dispatcher")

    async def stop(self) -> None:
        """Detaches from all attempts. They continue, and the next owner adopts them."""
        tasks = [*self._tasks, *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Requests a round, because the queue or the limits may have changed."""
        self._wake.set()

    def cancel(self, run_id: str, user: str) -> bool:
        """Cancels the run's attempt; returns whether this dispatcher has one."""
        attempt_runner = self._attempt_runners.get(run_id)
        if attempt_runner is None:
            return False
        attempt_runner.cancel(user)
        return True

    def adopt(self, run: Run, handle: AttemptHandle) -> None:
        """Takes over an attempt that an earlier owner started."""
        attempt_runner = self._attempt_runner(run)
        self._keep(run, attempt_runner, lambda: attempt_runner.adopt(handle))

    def resume(self, run: Run) -> None:
        """Starts an attempt that an earlier owner claimed but did not start."""
        attempt_runner = self._attempt_runner(run)
        self._keep(run, attempt_runner, attempt_runner.run)

    def hold(self, run: Run) -> None:
        """Counts a run as active before its attempt is adopted or resumed."""
        self._occupancy.add(run)

    def release(self, run_id: str) -> None:
        """Reverts ``hold``."""
        self._occupancy.remove(run_id)
        self._wake.set()

    def has_attempt(self, run_id: str, attempt_no: int) -> bool:
        """Returns whether this dispatcher runs the attempt."""
        attempt_runner = self._attempt_runners.get(run_id)
        return attempt_runner is not None and attempt_runner.attempt_no == attempt_no

    async def _serve(self) -> None:
        while True:
            self._wake.clear()
            pause: float | None = _PAUSE
            try:
                await self._unrecorded.record()
                await self._round()
                pause = await self._until_next()
                self._trouble = None
            except BatchError as error:
                log.warning("Cannot serve the queue: %s", error.message)
                self._trouble = f"the queue cannot be served: {error.message}"
            except Exception as error:
                log.exception("A fault while serving the queue; going on")
                self._trouble = f"the queue cannot be served: {error!r}"
            await wait_set(self._wake, self._clock, pause)

    async def why_waits(self, run: Run) -> str | None:
        """Returns why a queued run has not started; None if it is about to start."""
        why = why_not_yet(run, self._clock.now())
        if why is not None:
            return why
        away = self._executor_health.reason(run.environment.executor)
        if away is not None:
            return away
        found = self._occupancy.obstacle(run, await self._job_limit(run, {}))
        return found.reason if found else self._postponed.reason(run.id)

    async def _until_next(self) -> float | None:
        runs = self._store.runs
        times = (
            await runs.next_not_before(),
            await runs.next_expiry(),
            self._executor_health.next_check_at,
            self._unrecorded.next_at,
            self._postponed.next_at,
        )
        instants = [at for at in times if at]
        if not instants:
            return None
        return min(_LONGEST_PAUSE, max(0.05, (min(instants) - self._clock.now()).total_seconds()))

    async def _round(self) -> None:
        await self._check_clock()
        await self._expire()
        if self._occupancy.is_full():
            return
        blocked: set[str] = set()
        limits: dict[str, int | None] = {}
        failures = 0
        while True:
            most = _PAGE + len(self._postponed)  # postponed runs may all come first
            queued = await self._store.runs.queued(
                now=self._clock.now(), limit=most, blocked=frozenset(blocked)
            )
            if len(queued) < most and not blocked:
                self._postponed.keep({run.id for run in queued})
            leads_on = False
            for run in queued:
                if run.id in self._attempt_runners or not blocked.isdisjoint(run.lanes):
                    continue
                if self._postponed.is_waiting(run.id):
                    continue
                try:
                    leads_on |= await self._start_or_block(run, blocked, limits)
                except _OF_THE_STORE:
                    raise
                except Exception as error:
                    # An error of one run must not keep others from being started.
                    log.exception("Cannot start run %s yet", run.id)
                    self._postponed.put(run.id, error)
                    leads_on, failures = True, failures + 1
                    if failures >= _MOST_FAILURES:
                        return
                if self._occupancy.is_full():
                    return
            if len(queued) < most or not leads_on:
                return

    async def _check_clock(self) -> None:
        """Adjusts ``not_before`` of queued runs after the clock was set back."""
        now = self._clock.now()
        went_back = self._looked_at is None or now < self._looked_at
        self._looked_at = now
        if not went_back or await self._store.runs.next_not_before() is None:
            return
        query = RunQuery(states=(RunState.QUEUED,), limit=MAX_LIMIT)
        while True:
            page = await self._store.runs.list(query)
            for run in page.items:
                if restarted_wait(run, now) is not None:
                    await self._store.runs.update(run.id, lambda one: _waiting(one, now), at=now)
            if page.next_after is None:
                return
            query = replace(query, after=page.next_after)

    async def _start_or_block(
        self, run: Run, blocked: set[str], limits: dict[str, int | None]
    ) -> bool:
        """Claims a run, or blocks its lane; returns whether it did either."""
        obstacle = self._occupancy.obstacle(run, await self._job_limit(run, limits))
        if obstacle is not None:
            lane = obstacle.lane
        elif await self._executor_health.check(run.environment.executor) is not None:
            lane = run.executor_lane
        else:
            try:
                await self._claim(run)
            except (Conflict, NotFound):
                return False
            return True
        if lane is None:
            return False
        blocked.add(lane)
        return True

    async def _job_limit(self, run: Run, limits: dict[str, int | None]) -> int | None:
        if run.job_id is None or not self._occupancy.of_job(run.job_id):
            return None
        if run.job_id not in limits:
            job = await self._store.jobs.get(run.job_id)
            limits[run.job_id] = job.max_concurrent if job else None
        return limits[run.job_id]

    async def _expire(self) -> None:
        now = self._clock.now()
        for run in await self._store.runs.expired(now):
            try:
                ended = await self._store.runs.update(
                    run.id, lambda newest: expire(newest, at=now), at=now
                )
            except _OF_THE_STORE:
                raise
            except Exception:
                log.exception("Cannot take run %s out of the queue yet", run.id)
            else:
                await self.notify_end(ended)

    async def _claim(self, queued: Run) -> None:
        now = self._clock.now()

        def change(run: Run) -> Run:
            run = run.move_to(RunState.STARTING, at=now)
            number = max((a.attempt_no for a in run.attempts), default=0) + 1
            attempt = Attempt(attempt_no=number, state=RunState.STARTING, started_at=now)
            limit = run.policies.run_timeout_seconds
            if limit is not None and run.give_up_at is None:
                run = replace(run, give_up_at=now + timedelta(seconds=limit))
            return replace(run.with_attempt(attempt), error=None, not_before=None)

        run = await self._store.runs.update(queued.id, change, at=now)
        self._postponed.forget(run.id)
        try:
            attempt_runner = self._attempt_runner(run)
        except Exception as error:
            log.exception("Nothing can conduct run %s", run.id)
            await self.give_up(run, error)
            return
        self._keep(run, attempt_runner, attempt_runner.run)

    def _keep(
        self, run: Run, attempt_runner: AttemptRunner, work: Callable[[], Awaitable[None]]
    ) -> None:
        self._attempt_runners[run.id] = attempt_runner
        self._occupancy.remove(run.id)  # ``hold`` may have added it
        self._occupancy.add(run)
        task = asyncio.create_task(self._run_attempt(run, work), name=f"run {run.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_attempt(self, run: Run, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("A fault while conducting run %s", run.id)
            await self.give_up(run, error)
        finally:
            self._attempt_runners.pop(run.id, None)
            self._occupancy.remove(run.id)
            self._wake.set()
        if run.id in self._unrecorded:
            return
        try:
            ended = await self._store.runs.get(run.id)
        except BatchError as error:
            log.warning("Cannot read the end of run %s: %s", run.id, error.message)
            return
        if ended is not None:
            await self.notify_end(ended)

    async def notify_end(self, run: Run) -> None:
        """Calls ``on_end`` and logs its errors: they are not the fault of the run."""
        if self._on_end is None or not run.state.is_terminal:
            return
        try:
            await self._on_end(run)
        except BatchError as error:
            log.warning("Cannot act on the end of run %s: %s", run.id, error.message)
        except Exception:
            log.exception("A fault while acting on the end of run %s; going on", run.id)

    async def give_up(self, given: Run, error: Exception) -> None:
        """Ends a run whose attempt cannot be controlled, so that none stays running for ever."""
        now = self._clock.now()
        reason = f"the server could not record it: {described(error)}"

        def change(run: Run) -> Run:
            if not run.state.is_active or len(run.attempts) != len(given.attempts):
                return run
            if run.attempt is not None:
                ended = replace(run.attempt, state=RunState.LOST, reason=reason, finished_at=now)
                run = run.with_attempt(ended)
            return end_or_retry(
                run, RunState.LOST, at=now, random_fraction=random.random(), reason=reason
            )

        self._occupancy.remove(given.id)
        self._unrecorded.add(given.id, now, change)
        await self._unrecorded.record()


def _waiting(run: Run, now: datetime) -> Run:
    return (
        replace(run, not_before=restarted_wait(run, now)) if run.state is RunState.QUEUED else run
    )
