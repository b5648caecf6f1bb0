"""Gives the disk space of what was deleted back, soon after and out of the way."""

from __future__ import annotations

import asyncio
import logging

from jupyter_batch.errors import BatchError
from jupyter_batch.ports import Clock, Store
from jupyter_batch.services.waiting import wait_set

log = logging.getLogger(__name__)

#: Seconds from a deletion to the cleaning, so that many deletions make one.
_CALM = 5.0
#: Seconds until a cleaning that could not be done is tried again.
_AGAIN = 600.0


class Janitor:
    """Cleans the store after deletions, and once when an owner starts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts to clean; what an earlier owner has left is first."""
        self._wake.set()
        self._task = asyncio.create_task(self._clean(), name="janitor")

    def wake(self) -> None:
        """Says that something has been deleted."""
        self._wake.set()

    async def stop(self) -> None:
        """Stops; what is not cleaned is left to the next owner."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _clean(self) -> None:
        again: float | None = None
        while True:
            await wait_set(self._wake, self._clock, again)
            await self._clock.sleep(_CALM)
            self._wake.clear()
            again = None
            try:
                freed = await self._store.reclaim()
            except BatchError as error:
                log.warning("Cannot give space back yet: %s", error.message)
                again = _AGAIN
            else:
                log.info("Gave back %d bytes", freed)
