"""Returns the disk space of deleted runs to the system in the background."""

from __future__ import annotations

import logging

from jupyter_batch.errors import BatchError
from jupyter_batch.ports import Clock, Store
from jupyter_batch.services.maintenance.background_task import BackgroundTask

log = logging.getLogger(__name__)

#: Seconds from a deletion to the clean-up.
_CALM = 5.0
#: Seconds until the next try after a failed clean-up.
_AGAIN = 600.0


class SpaceReclaimer(BackgroundTask):
    """Reclaims space after deletions, and once when an owner starts."""

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
