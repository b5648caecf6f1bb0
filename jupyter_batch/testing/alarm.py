"""An alarm that uses a test's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from jupyter_batch.ports import Clock


class FakeAlarm:
    """Implements ports.Alarm; rings when the test moves the clock to its instant."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ring: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None
        #: The instant it was set to last.
        self.at: datetime | None = None

    def start(self, ring: Callable[[], None]) -> None:
        """Sets the function to call."""
        self._ring = ring

    def set(self, at: datetime) -> None:
        """Rings once at this instant."""
        self.stop()
        self.at = at
        self._task = asyncio.create_task(self._wait(at))

    def stop(self) -> None:
        """Never rings again."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _wait(self, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        self._ring()
