"""The alarm clock of a running owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

_JOB = "wake"


class SystemAlarm:
    """Implements ports.Alarm with APScheduler and one job in its memory.

    What is due, and what becomes of what was missed, is for our own records to say: APScheduler
    only wakes, however late.
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._ring: Callable[[], None] = lambda: None

    def start(self, ring: Callable[[], None]) -> None:
        """Begins; belongs on the event loop."""
        self._ring = ring
        self._scheduler.start()

    def set(self, at: datetime) -> None:
        """Rings once at this instant."""
        self._scheduler.add_job(
            self._wake,
            DateTrigger(at),
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
        )

    def stop(self) -> None:
        """Never rings again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _wake(self) -> None:
        # A coroutine: plain functions would be called in a thread.
        self._ring()
