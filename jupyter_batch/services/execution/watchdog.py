"""Ends an attempt before its time: when it is cancelled, late, or silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from jupyter_batch.domain.run import Run
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError, EngineUnavailable
from jupyter_batch.ports import AttemptHandle, Clock, Executor
from jupyter_batch.services.async_utils import first_of, wait_set
from jupyter_batch.services.execution.launcher import ENGINE_PAUSE
from jupyter_batch.services.execution.silence import SilenceTimer

log = logging.getLogger(__name__)

#: Seconds beyond timeout and grace in which a runner can send its verdict itself.
_LAST_WORD = 10.0
#: In how many steps the limit of silence is counted.
_STEPS = 20


class Watchdog:
    """Decides when an attempt has to end early, and stops it."""

    def __init__(
        self,
        executor: Executor,
        clock: Clock,
        settings: Settings,
        *,
        timeout_seconds: float | None,
        set_reason: Callable[[str | None], Awaitable[None]],
    ) -> None:
        self._executor = executor
        self._clock = clock
        self._settings = settings
        self._set_reason = set_reason
        limit = settings.silence_limit_seconds
        self.silence = SilenceTimer(clock, step_seconds=(limit or 1.0) / _STEPS)
        #: Timeout of the attempt, which its runner enforces; None for no limit.
        self.timeout_seconds = timeout_seconds
        #: Set once a cancel has been requested.
        self.cancelled = asyncio.Event()
        self.cancelled_by: str | None = None
        self.out_of_time = False
        #: Seconds of silence after which the attempt was stopped; None if that was not the cause.
        self.silent_seconds: float | None = None

    @property
    def is_over(self) -> bool:
        """Returns whether the attempt has to end."""
        return self.cancelled.is_set() or self.out_of_time or self.silent_seconds is not None

    def cancel(self, user: str) -> None:
        """Requests the end. The first user who does is recorded."""
        self.cancelled_by = self.cancelled_by or user
        self.cancelled.set()

    async def watch(self, handle: AttemptHandle) -> None:
        """Waits until the attempt has to end, stops it, and returns."""
        await first_of(self._until_cancelled_or_late(), self._until_silent())
        grace = self._settings.grace_seconds if self.cancelled.is_set() else 0.0
        while True:
            try:
                # The runner needs a moment beyond the grace to send its verdict.
                await self._executor.stop(
                    handle, grace_seconds=grace + (_LAST_WORD if grace else 0)
                )
            except EngineUnavailable:
                await self._clock.sleep(ENGINE_PAUSE)
                continue
            except BatchError as error:
                log.warning("Cannot stop run %s: %s", handle.run_id, error.message)
            return

    async def _until_cancelled_or_late(self) -> None:
        timeout = self.timeout_seconds
        limit = None if timeout is None else timeout + self._settings.grace_seconds + _LAST_WORD
        self.out_of_time = not await wait_set(self.cancelled, self._clock, limit)

    async def _until_silent(self) -> None:
        """Warns at half of the limit of silence, and returns at the limit."""
        limit, silence = self._settings.silence_limit_seconds, self.silence
        if limit is None:
            await asyncio.Event().wait()
            return
        warned = False
        while True:
            await silence.step()
            if silence.seconds >= limit:
                if (await self._executor.health()).ok:
                    self.silent_seconds = silence.seconds
                    return
                # The executor does not answer, so the runner's silence means nothing.
                silence.reset()
            if warned != (silence.seconds >= limit / 2):
                warned = not warned
                await self._set_reason(_warning(silence.seconds, limit) if warned else None)


def time_left(run: Run, now: datetime) -> float | None:
    """Returns the time limit of an attempt: its own, or the rest of the whole run's."""
    if run.give_up_at is None:
        return run.timeout_seconds
    left = max(1.0, (run.give_up_at - now).total_seconds())
    if run.policies.run_timeout_seconds is not None:
        # The clock may have been set back since the run began.
        left = min(left, run.policies.run_timeout_seconds)
    return left if run.timeout_seconds is None else min(left, run.timeout_seconds)


def _warning(seconds: float, limit: float) -> str:
    return (
        f"nothing has been heard from its runner for {seconds:.0f} s; "
        f"after {limit:g} s it is given up"
    )
