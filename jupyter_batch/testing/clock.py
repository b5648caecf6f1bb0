"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

#: Turns of the event loop that tasks get after each step, so that what they begin is begun.
_TURNS = 25


class FakeClock:
    """Implements ports.Clock; time passes only by ``advance`` and ``set``."""

    def __init__(self, now: datetime = datetime(2026, 1, 15, 12, tzinfo=UTC)) -> None:
        self._now = now
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        """Returns the instant, aware, in UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Returns when the test has moved the time by ``seconds``; at once for zero."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, next(self._order), woken))
        try:
            await woken.wait()
        finally:
            self._sleepers = [entry for entry in self._sleepers if entry[2] is not woken]
            heapq.heapify(self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Moves the time on and wakes sleepers in order, each at its own instant.

        What a sleeper starts and puts to sleep meanwhile is woken too where it is due.
        """
        await self._settle()
        target = self._now + timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            woken.set()
            await self._settle()
        self._now = target
        await self._settle()

    def set(self, now: datetime) -> None:
        """Moves the time, also back, without waking sleepers."""
        self._now = now

    def jump(self, seconds: float) -> None:
        """Sets the clock, also back; the remaining time of sleepers does not change."""
        step = timedelta(seconds=seconds)
        self._now += step
        self._sleepers = [(due + step, order, woken) for due, order, woken in self._sleepers]

    @property
    def sleeping(self) -> int:
        """Returns how many tasks wait for the time."""
        return len(self._sleepers)

    async def _settle(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
