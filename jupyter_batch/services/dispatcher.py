"""Turns queued runs into attempts, within the limits."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping

from msgspec.structs import replace

from jupyter_batch.domain.run import Attempt, Run, RunState
from jupyter_batch.errors import BatchError, Conflict, NotFound
from jupyter_batch.ports import AttemptHandle, Clock, Store
from jupyter_batch.services.attempt import Conductor
from jupyter_batch.services.waiting import wait_set

log = logging.getLogger(__name__)

#: Queued runs that are looked at in one round.
_ROUND = 500
#: Seconds until a queue that could not be served is looked at again.
_PAUSE = 5.0


class Dispatcher:
    """Claims queued runs and conducts their attempts."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        limit: int,
        conductor: Callable[[Run], Conductor],
    ) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit
        self._conductor = conductor
        self._wake = asyncio.Event()
        self._conductors: dict[str, Conductor] = {}
        self._jobs: dict[str, str | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    @property
    def active(self) -> int:
        """How many attempts are being conducted."""
        return len(self._conductors)

    def start(self) -> None:
        """Starts to serve the queue."""
        self._loop = asyncio.create_task(self._serve(), name="dispatcher")

    async def stop(self) -> None:
        """Lets go of all attempts; they run on, and the next owner adopts them."""
        tasks = [*self._tasks, *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Says that the queue or the limits may have changed."""
        self._wake.set()

    def cancel(self, run_id: str, user: str) -> bool:
        """Passes a cancel on to the attempt; returns whether there is one here."""
        conductor = self._conductors.get(run_id)
        if conductor is None:
            return False
        conductor.cancel(user)
        return True

    def adopt(self, run: Run, handle: AttemptHandle) -> None:
        """Conducts on what an earlier owner has started."""
        conductor = self._conductor(run)
        self._keep(run, conductor, conductor.adopt(handle))

    async def _serve(self) -> None:
        while True:
            self._wake.clear()
            pause: float | None = _PAUSE
            try:
                await self._round()
                pause = await self._until_next()
            except BatchError as error:
                log.warning("Cannot serve the queue: %s", error.message)
            except Exception:
                log.exception("A fault while serving the queue; going on")
            await wait_set(self._wake, self._clock, pause)

    async def _until_next(self) -> float | None:
        next_at = await self._store.runs.next_not_before()
        if next_at is None:
            return None
        return max(0.05, (next_at - self._clock.now()).total_seconds())

    async def _round(self) -> None:
        if len(self._conductors) >= self._limit:
            return
        queued = await self._store.runs.queued(now=self._clock.now(), limit=_ROUND)
        started = Counter(job_id for job_id in self._jobs.values() if job_id is not None)
        for run in queued:
            if len(self._conductors) >= self._limit:
                return
            if run.id in self._conductors or not await self._job_allows(run, started):
                continue
            try:
                await self._claim(run)
            except (Conflict, NotFound):
                continue
            if run.job_id is not None:
                started[run.job_id] += 1

    async def _job_allows(self, run: Run, active: Mapping[str, int]) -> bool:
        if run.job_id is None or not active[run.job_id]:
            return True
        job = await self._store.jobs.get(run.job_id)
        return job is None or job.max_concurrent is None or active[job.id] < job.max_concurrent

    async def _claim(self, queued: Run) -> None:
        now = self._clock.now()

        def change(run: Run) -> Run:
            run = run.move_to(RunState.STARTING, at=now)
            number = max((a.attempt_no for a in run.attempts), default=0) + 1
            attempt = Attempt(attempt_no=number, state=RunState.STARTING, started_at=now)
            return replace(run.with_attempt(attempt), error=None, not_before=None)

        run = await self._store.runs.update(queued.id, change, at=now)
        conductor = self._conductor(run)
        self._keep(run, conductor, conductor.conduct())

    def _keep(self, run: Run, conductor: Conductor, work: Coroutine[None, None, None]) -> None:
        self._conductors[run.id] = conductor
        self._jobs[run.id] = run.job_id
        task = asyncio.create_task(self._see_through(run, work), name=f"run {run.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, run: Run, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("A fault while conducting run %s", run.id)
            await self._give_up(run.id, error)
        finally:
            self._conductors.pop(run.id, None)
            self._jobs.pop(run.id, None)
            self._wake.set()

    async def _give_up(self, run_id: str, error: Exception) -> None:
        """Ends a run whose conductor has failed, so that none stays running for ever."""
        now = self._clock.now()
        message = error.message if isinstance(error, BatchError) else repr(error)
        reason = f"the server could not record it: {message}"

        def change(run: Run) -> Run:
            if not run.state.is_active:
                return run
            if run.attempt is not None:
                ended = replace(run.attempt, state=RunState.LOST, reason=reason, finished_at=now)
                run = run.with_attempt(ended)
            return run.move_to(RunState.LOST, at=now, reason=reason)

        try:
            await self._store.runs.update(run_id, change, at=now)
        except BatchError as again:
            log.error("Cannot record the end of run %s: %s", run_id, again.message)
