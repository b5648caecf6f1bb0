"""Reconciles records with attempts when an owner starts, and removes leftover attempts."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.run_transitions import end_or_retry
from jupyter_batch.errors import StoreClosed
from jupyter_batch.ports import AttemptHandle, Clock, Executor, Store
from jupyter_batch.services.async_utils import wait_set
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.execution.launcher import ENGINE_PAUSE
from jupyter_batch.services.patience import Patience
from jupyter_batch.services.postponed import described

log = logging.getLogger(__name__)

#: Seconds that the start waits for slow executors. Their runs are settled later.
_FIRST_LOOK_SECONDS = 3.0
#: Seconds until executors are listed once more after a start: attempts that an earlier owner had
#: requested just before it died may appear late.
_LATE_COMERS = 30.0
#: Number of tries to settle a run before it is ended.
_TRIES = 3
_GONE = "its container or process was gone when the server came back"
_UNKNOWN = (
    "the server ended while it was starting the attempt, of which there is nothing; "
    "it may not have begun"
)

Key = tuple[str, int]


class Reconciler:
    """Adopts existing attempts, ends missing ones as lost, and removes orphaned ones.

    Runs of an engine that does not answer stay as they are until it does, or until it has been
    away for longer than the settings allow.
    """

    def __init__(
        self,
        *,
        store: Store,
        executors: Mapping[str, Executor],
        dispatcher: Dispatcher,
        clock: Clock,
        patience_seconds: float,
    ) -> None:
        self._store = store
        self._executors = executors
        self._dispatcher = dispatcher
        self._clock = clock
        self._patience = patience_seconds
        self._leftovers = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Settles the active runs of an earlier owner whose executors answer at once."""
        theirs: dict[str, list[Run]] = {name: [] for name in self._executors}
        for run in await self._store.runs.active():
            # Until it is settled, it counts as active because its container may exist.
            self._dispatcher.hold(run)
            name = run.environment.executor or ""
            if name in theirs:
                theirs[name].append(run)
            else:
                await self._settle_all([run], {}, f"there is no executor {name!r} any more")
        looked = []
        for name, runs in theirs.items():
            has_listed = asyncio.Event()
            looked.append(asyncio.ensure_future(has_listed.wait()))
            work = self._reconcile_executor(self._executors[name], runs, has_listed)
            self._tasks.append(asyncio.create_task(work, name=f"reconcile {name}"))
        try:
            await asyncio.wait(looked, timeout=_FIRST_LOOK_SECONDS)
        finally:
            for waiting in looked:
                waiting.cancel()

    async def stop(self) -> None:
        """Stops. The next owner settles the rest."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def request_cleanup(self) -> None:
        """Requests a clean-up, because an orphaned attempt may be left on an executor."""
        self._leftovers.set()

    async def _reconcile_executor(
        self, executor: Executor, runs: Sequence[Run], has_listed: asyncio.Event
    ) -> None:
        try:
            handles, why_none = await self._first_list(executor, runs, has_listed)
            await self._settle_all(runs, handles, why_none, has_listed)
            self._dispatcher.wake()
            is_clean = await self._clear(executor, handles)
        finally:
            has_listed.set()
        pause: float | None = _LATE_COMERS if is_clean else ENGINE_PAUSE
        while True:
            await wait_set(self._leftovers, self._clock, pause)
            self._leftovers.clear()
            await self._clock.sleep(ENGINE_PAUSE)
            pause = None if await self._clear_all(executor) else _LATE_COMERS

    async def _first_list(
        self, executor: Executor, runs: Sequence[Run], has_listed: asyncio.Event
    ) -> tuple[dict[Key, AttemptHandle], str | None]:
        """Returns the attempts that exist, or none and a reason if the executor stays away."""
        patience, reported = Patience(self._clock, self._patience), False
        while True:
            try:
                return _by_key(await executor.list(self._store.id)), None
            except Exception as error:
                why = described(error)
                if patience.over() or not runs:
                    away = f"{patience.seconds:.0f} s"
                    return {}, f"the engine stayed away for {away}: {why}"
                if not reported:
                    log.warning("Cannot list attempts of %s: %s", executor.name, why)
                    await self._record_waiting(runs, why)
                    reported = True
            has_listed.set()
            await self._clock.sleep(ENGINE_PAUSE)

    async def _record_waiting(self, runs: Sequence[Run], why: str) -> None:
        reason = f"waits to be taken over: {why}"

        def change(run: Run) -> Run:
            shows_reason = run.state in (RunState.STARTING, RunState.RUNNING)
            return replace(run, reason=reason) if shows_reason else run

        for run in runs:
            try:
                await self._store.runs.update(run.id, change, at=self._clock.now())
            except Exception as error:
                log.warning("Cannot record that run %s waits: %s", run.id, described(error))

    async def _settle_all(
        self,
        runs: Sequence[Run],
        handles: Mapping[Key, AttemptHandle],
        why_none: str | None,
        has_listed: asyncio.Event | None = None,
    ) -> None:
        """Settles the runs. An error with one does not affect the others.

        A run that cannot be settled after the last try is ended.
        """
        left = list(runs)
        for tries_left in reversed(range(_TRIES)):
            for run in tuple(left):
                key = (run.id, run.attempt.attempt_no if run.attempt else 0)
                error = await self._settle(run, handles.get(key), why_none)
                if error is None:
                    left.remove(run)
                elif not tries_left:
                    await self._dispatcher.give_up(run, error)
                    self.request_cleanup()
            if not left or not tries_left:
                return
            if has_listed is not None:
                has_listed.set()
            await self._clock.sleep(ENGINE_PAUSE)

    async def _settle(
        self, known: Run, handle: AttemptHandle | None, why_none: str | None
    ) -> Exception | None:
        """Settles one run; returns the error, or None."""
        try:
            run = await self._store.runs.get(known.id)
            if run is None or not run.state.is_active:
                self._dispatcher.release(known.id)
            elif handle is not None:
                self._dispatcher.adopt(run, handle)
            elif why_none is None and _never_asked_for(run):
                self._dispatcher.resume(run)
            else:
                await self._lose(run, why_none)
        except StoreClosed:
            return None
        except Exception as error:
            log.exception("Cannot settle run %s; going on", known.id)
            return error
        return None

    async def _lose(self, run: Run, why: str | None) -> None:
        now = self._clock.now()
        state, reason = RunState.LOST, why or _GONE
        if run.state is RunState.CANCELLING:
            state, reason = RunState.CANCELLED, f"{run.reason or 'cancelled'}; {reason}"
        elif why is None and run.state is RunState.STARTING:
            reason = _UNKNOWN

        def change(newest: Run) -> Run:
            if newest.attempt is not None:
                newest = newest.with_attempt(
                    replace(newest.attempt, state=state, reason=reason, finished_at=now)
                )
            return end_or_retry(
                newest, state, at=now, random_fraction=random_fraction, reason=reason
            )

        random_fraction = random.random()
        ended = await self._store.runs.update(run.id, change, at=now)
        self._dispatcher.release(run.id)
        await self._dispatcher.notify_end(ended)

    async def _clear_all(self, executor: Executor) -> bool:
        try:
            return await self._clear(executor, _by_key(await executor.list(self._store.id)))
        except Exception as error:
            log.debug("Cannot look through %s: %s", executor.name, described(error))
            return False

    async def _clear(self, executor: Executor, handles: Mapping[Key, AttemptHandle]) -> bool:
        """Removes containers of no active attempt; returns whether all of them are gone."""
        is_clean = True
        for handle in handles.values():
            try:
                if not await self._belongs(handle):
                    log.info("Removing %s, which is nobody's", handle.container_id)
                    await executor.stop(handle, grace_seconds=0)
                    await executor.remove(handle)
            except Exception as error:
                log.warning("Cannot remove %s: %s", handle.container_id, described(error))
                is_clean = False
        return is_clean

    async def _belongs(self, handle: AttemptHandle) -> bool:
        if self._dispatcher.has_attempt(handle.run_id, handle.attempt_no):
            return True
        run = await self._store.runs.get(handle.run_id)
        if run is None or not run.state.is_active or run.attempt is None:
            return False
        return run.attempt.attempt_no == handle.attempt_no


def _by_key(handles: Sequence[AttemptHandle]) -> dict[Key, AttemptHandle]:
    return {(handle.run_id, handle.attempt_no): handle for handle in handles}


def _never_asked_for(run: Run) -> bool:
    """Returns whether no executor was asked for the attempt yet."""
    return (
        run.state is RunState.STARTING
        and run.attempt is not None
        and run.attempt.container_id is None
    )
