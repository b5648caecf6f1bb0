"""Brings records and attempts together when an owner starts."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping

from msgspec.structs import replace

from jupyter_batch.domain.endings import end_or_retry
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.errors import BatchError
from jupyter_batch.ports import AttemptHandle, Clock, Executor, Store
from jupyter_batch.services.dispatcher import Dispatcher

log = logging.getLogger(__name__)


class Reconciler:
    """Adopts what still exists and ends, as lost, what does not."""

    def __init__(
        self,
        *,
        store: Store,
        executors: Mapping[str, Executor],
        dispatcher: Dispatcher,
        clock: Clock,
    ) -> None:
        self._store = store
        self._executors = executors
        self._dispatcher = dispatcher
        self._clock = clock

    async def reconcile(self) -> None:
        """Looks at every run that an earlier owner left active, once."""
        active = await self._store.runs.active()
        existing = await self._existing()
        for run in active:
            number = run.attempt.attempt_no if run.attempt else 0
            handle = existing.pop((run.id, number), None)
            if handle is not None:
                self._dispatcher.adopt(run, handle)
            else:
                await self._lose(run)
        for handle in existing.values():
            await self._remove(handle)

    async def _existing(self) -> dict[tuple[str, int], AttemptHandle]:
        found: dict[tuple[str, int], AttemptHandle] = {}
        for executor in self._executors.values():
            try:
                handles = await executor.list(self._store.id)
            except BatchError as error:
                log.warning("Cannot list attempts of %s: %s", executor.name, error.message)
                continue
            found.update({(handle.run_id, handle.attempt_no): handle for handle in handles})
        return found

    async def _lose(self, run: Run) -> None:
        now = self._clock.now()
        reason = "its container or process was gone when the server came back"

        def change(newest: Run) -> Run:
            if newest.attempt is not None:
                newest = newest.with_attempt(
                    replace(newest.attempt, state=RunState.LOST, reason=reason, finished_at=now)
                )
            return end_or_retry(newest, RunState.LOST, at=now, luck=luck, reason=reason)

        luck = random.random()
        await self._store.runs.update(run.id, change, at=now)

    async def _remove(self, handle: AttemptHandle) -> None:
        """Removes what belongs to no run that is active."""
        for executor in self._executors.values():
            try:
                if handle in await executor.list(self._store.id):
                    await executor.stop(handle, grace_seconds=0)
                    await executor.remove(handle)
            except BatchError as error:
                log.warning("Cannot remove %s: %s", handle.container_id, error.message)
