"""Deletes runs beyond their retention, a few at a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from msgspec.structs import replace

from jupyter_batch.domain.job import Job
from jupyter_batch.domain.queries import MAX_LIMIT, JobQuery
from jupyter_batch.domain.retention import EndedGroup, Retention, expired, retention_of
from jupyter_batch.errors import BatchError
from jupyter_batch.ports import Clock, Store
from jupyter_batch.services.maintenance.background_task import BackgroundTask
from jupyter_batch.services.maintenance.space_reclaimer import SpaceReclaimer

log = logging.getLogger(__name__)

#: Seconds between two checks.
_PAUSE = 300.0
#: Runs that are deleted in one transaction.
_STEP = 500


class RetentionService(BackgroundTask):
    """Applies retention when an owner starts, when a job changes, and every few minutes."""

    def __init__(
        self, store: Store, space_reclaimer: SpaceReclaimer, clock: Clock, default: Retention
    ) -> None:
        super().__init__("retention", self._apply_safely, clock)
        self._store = store
        self._space_reclaimer = space_reclaimer
        self._default = default

    async def apply(self) -> int | None:
        """Deletes expired runs; returns their number, or None if no policy limits anything."""
        jobs = await self._jobs()
        policies = {job_id: retention_of(job, self._default) for job_id, job in jobs.items()}
        if self._default.keeps_all and all(policy.keeps_all for policy in policies.values()):
            return None
        deleted = 0
        for group in await self._store.runs.ended_groups():
            policy = policies.get(group.job_id or "", self._default)
            if not policy.keeps_all:
                # The newest success of a deleted job is not protected.
                protected = group.newest_success if group.job_id in jobs else None
                deleted += await self._apply(group, policy, protected)
        if deleted:
            log.info("Removed %d runs that were to be kept no longer", deleted)
            self._space_reclaimer.wake()
        return deleted

    async def _apply(self, group: EndedGroup, policy: Retention, protected: str | None) -> int:
        deleted = 0
        while True:
            oldest = await self._store.runs.oldest_ended(group.job_id, _STEP)
            going = expired(
                oldest,
                count=group.count,
                protected=protected,
                retention=policy,
                now=self._clock.now(),
            )
            gone = await self._store.runs.delete(going, ended_only=True) if going else 0
            if not gone:
                return deleted
            deleted += gone
            group = replace(group, count=group.count - gone)

    async def _jobs(self) -> Mapping[str, Job]:
        jobs: dict[str, Job] = {}
        after = None
        while True:
            page = await self._store.jobs.list(JobQuery(limit=MAX_LIMIT, after=after))
            jobs |= {job.id: job for job in page.items}
            after = page.next_after
            if after is None:
                return jobs

    async def _apply_safely(self) -> float | None:
        try:
            return None if await self.apply() is None else _PAUSE
        except BatchError as error:
            log.warning("Cannot remove old runs yet: %s", error.message)
        except Exception:
            log.exception("A fault while removing old runs; going on")
        return _PAUSE
