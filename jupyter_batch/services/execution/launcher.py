"""Starts an attempt on an executor exactly once, even if the executor is away meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from jupyter_batch.errors import EngineUnavailable
from jupyter_batch.ports import AttemptHandle, AttemptSpec, Clock, Executor
from jupyter_batch.services.async_utils import to_the_end
from jupyter_batch.services.patience import Patience

log = logging.getLogger(__name__)

#: Seconds between tries while an executor does not answer.
ENGINE_PAUSE = 2.0
#: Seconds that a stopping owner waits for an executor that is starting an attempt.
_LAST_START = 20.0


class Launcher:
    """Retries a start while the executor is away. The same name starts only once."""

    def __init__(self, executor: Executor, clock: Clock, *, patience_seconds: float) -> None:
        self._executor = executor
        self._clock = clock
        self._patience = patience_seconds

    async def start(
        self,
        spec: AttemptSpec,
        *,
        before_start: Callable[[], Awaitable[None]],
        is_cancelled: Callable[[], bool],
    ) -> AttemptHandle | None:
        """Returns the handle, or None if it was cancelled before there was an attempt.

        ``before_start`` records the request. A recorded request is made, also by
        an owner that ends. Raises EngineUnavailable where the engine stays away, and what else
        the executor raises.
        """
        patience = Patience(self._clock, self._patience)
        was_away = False

        async def ask() -> AttemptHandle:
            if not was_away:
                await before_start()
            return await self._executor.start(spec)

        while True:
            try:
                if was_away and is_cancelled():
                    return await self._find(spec)
                # A requested start happens: an owner that stops waits for it, so
                # that the next one finds the attempt.
                return await to_the_end(ask(), patience_seconds=_LAST_START)
            except EngineUnavailable as error:
                was_away = True
                if patience.over():
                    raise
                log.warning("Cannot start %s yet: %s", spec.name, error.message)
            await self._clock.sleep(ENGINE_PAUSE)

    async def _find(self, spec: AttemptSpec) -> AttemptHandle | None:
        for handle in await self._executor.list(spec.store_id):
            if (handle.run_id, handle.attempt_no) == (spec.run_id, spec.attempt_no):
                return handle
        return None
