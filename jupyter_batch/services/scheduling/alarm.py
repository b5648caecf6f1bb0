"""The alarm clock of a running owner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from jupyter_batch.services.clock import SystemClock

_JOB = "wake"
#: Seconds by which the timer is later than APScheduler, which is on time unless the clock is set.
_SLACK_SECONDS = 1.0


class SystemAlarm:
    """Implements ports.Alarm with APScheduler and one job in its memory.

    The store decides what is due and what was missed: APScheduler
    only wakes the scheduler, however late.
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._ring: Callable[[], None] = lambda: None
        #: Fires in any case once the time until the instant has passed: APScheduler would wait
        #: for a clock that has been set back meanwhile.
        self._timer: asyncio.TimerHandle | None = None

    def start(self, ring: Callable[[], None]) -> None:
        """Starts the alarm. Call it on the event loop."""
        self._ring = ring
        self._scheduler.start()

    def set(self, at: datetime) -> None:
        """Sets the alarm to an instant, or to the time that remains until then."""
        self._stop_timer()
        left = (at - SystemClock().now()).total_seconds()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, left) + _SLACK_SECONDS, lambda: self._ring())
        self._scheduler.add_job(
            self._wake,
            DateTrigger(at),
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
        )

    def stop(self) -> None:
        """Stops the alarm."""
        self._stop_timer()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wake(self) -> None:
        # A coroutine: plain functions would be called in a thread.
        self._ring()
