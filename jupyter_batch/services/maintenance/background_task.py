"""Work beside the runs: done when it is asked for, and again after a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from jupyter_batch.ports import Clock
from jupyter_batch.services.async_utils import wait_set

log = logging.getLogger(__name__)

#: Seconds until work in which something was wrong is tried again.
_AGAIN = 600.0


class BackgroundTask:
    """Does its work once when it starts, and after each wake."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[float | None]],
        clock: Clock,
        *,
        calm_seconds: float = 0.0,
    ) -> None:
        """Takes work that says in how many seconds it is to be done again unasked; None: never.

        It begins ``calm_seconds`` after a wake, so that many wakes make one.
        """
        self._name = name
        self._work = work
        self._clock = clock
        self._calm = calm_seconds
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts; what an earlier owner has left is first."""
        self._wake.set()
        self._task = asyncio.create_task(self._go_on(), name=self._name)

    def wake(self) -> None:
        """Asks for the work."""
        self._wake.set()

    async def stop(self) -> None:
        """Stops; what is not done is left to the next owner."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        pause: float | None = None
        while True:
            await wait_set(self._wake, self._clock, pause)
            if self._calm:
                await self._clock.sleep(self._calm)
            self._wake.clear()
            try:
                pause = await self._work()
            except Exception:
                log.exception("A fault of the %s; it will be tried again", self._name)
                pause = _AGAIN
