"""Gives the disk space of what was deleted back, soon after and out of the way."""

from __future__ import annotations

import logging

from jupyter_batch.errors import BatchError
from jupyter_batch.ports import Clock, Store
from jupyter_batch.services.maintenance.background_task import BackgroundTask

log = logging.getLogger(__name__)

#: Seconds from a deletion to the cleaning.
_CALM = 5.0
#: Seconds until a cleaning that could not be done is tried again.
_AGAIN = 600.0


class SpaceReclaimer(BackgroundTask):
    """Cleans the store after deletions, and once when an owner starts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__("space_reclaimer", self._clean, clock, calm_seconds=_CALM)
        self._store = store

    async def _clean(self) -> float | None:
        try:
            freed = await self._store.reclaim()
        except BatchError as error:
            log.warning("Cannot give space back yet: %s", error.message)
            return _AGAIN
        log.info("Gave back %d bytes", freed)
        return None
