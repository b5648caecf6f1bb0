"""Background tasks: run on request, and again after a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from jupyter_batch.ports import Clock
from jupyter_batch.services.async_utils import wait_set

log = logging.getLogger(__name__)

#: Seconds until the next try after an error.
_AGAIN = 600.0


class BackgroundTask:
    """Runs its work once at the start, and after each wake."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[float | None]],
        clock: Clock,
        *,
        calm_seconds: float = 0.0,
    ) -> None:
        """Create the task; ``work`` returns the seconds until its next run, or None for never.

        The work begins ``calm_seconds`` after a wake, so that many wakes lead to one run.
        """
        self._name = name
        self._work = work
        self._clock = clock
        self._calm = calm_seconds
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts the task with a first run of the work."""
        self._wake.set()
        self._task = asyncio.create_task(self._go_on(), name=self._name)

    def wake(self) -> None:
        """Requests a run of the work."""
        self._wake.set()

    async def stop(self) -> None:
        """Stops the task. The next owner does the rest."""
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
