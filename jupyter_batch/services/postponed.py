"""Retries work on a run with growing delays, without blocking other runs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from jupyter_batch.domain.run import Run
from jupyter_batch.errors import BatchError, NotFound
from jupyter_batch.ports import Clock, Store

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0


def described(error: Exception) -> str:
    """Returns the message of an error for people."""
    return error.message if isinstance(error, BatchError) else repr(error)


class _Wait(msgspec.Struct):
    until: datetime
    pause: float
    why: str


class Postponed:
    """Postponed runs: until when each one waits, and why."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waits: dict[str, _Wait] = {}

    def __len__(self) -> int:
        return len(self._waits)

    def put(self, run_id: str, error: Exception) -> None:
        """Postpones a run, longer each time."""
        before = self._waits.get(run_id)
        pause = min(_LONGEST_PAUSE, before.pause * 2) if before else _FIRST_PAUSE
        until = self._clock.now() + timedelta(seconds=pause)
        self._waits[run_id] = _Wait(until, pause, described(error))

    def forget(self, run_id: str) -> None:
        """Removes a run after a success."""
        self._waits.pop(run_id, None)

    def keep(self, run_ids: set[str]) -> None:
        """Removes all other runs."""
        self._waits = {key: wait for key, wait in self._waits.items() if key in run_ids}

    def is_waiting(self, run_id: str) -> bool:
        """Returns whether it is too early to try again."""
        wait = self._waits.get(run_id)
        if wait is None:
            return False
        # More than the whole pause is left only if the clock has been set back since.
        return 0 < (wait.until - self._clock.now()).total_seconds() <= wait.pause

    def reason(self, run_id: str) -> str | None:
        """Returns why a run waits; None if it is not postponed."""
        wait = self._waits.get(run_id)
        return f"could not be dealt with yet: {wait.why}" if wait else None

    @property
    def next_at(self) -> datetime | None:
        """Returns the instant of the first retry."""
        return min((wait.until for wait in self._waits.values()), default=None)


class UnrecordedEnds:
    """Ends of runs that could not be recorded at first, as on a full disk."""

    def __init__(
        self, store: Store, clock: Clock, on_end: Callable[[Run], Awaitable[None]]
    ) -> None:
        """Create the list; ``on_end`` is called with each run whose end was recorded."""
        self._store = store
        self._on_end = on_end
        self._postponed = Postponed(clock)
        self._ends: dict[str, tuple[datetime, Callable[[Run], Run]]] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._ends

    def add(self, run_id: str, at: datetime, change: Callable[[Run], Run]) -> None:
        """Adds the end of a run at an instant."""
        self._ends[run_id] = at, change

    @property
    def next_at(self) -> datetime | None:
        """Returns the instant of the next retry."""
        return self._postponed.next_at

    async def record(self) -> None:
        """Records all ends that can be recorded. A failure does not block the others."""
        for run_id, (at, change) in list(self._ends.items()):
            if self._postponed.is_waiting(run_id):
                continue
            try:
                ended = await self._store.runs.update(run_id, change, at=at)
            except NotFound:
                self._drop(run_id)
            except Exception as error:
                why = described(error)
                log.error("Cannot record the end of run %s yet: %s", run_id, why)
                self._postponed.put(run_id, error)
            else:
                self._drop(run_id)
                await self._on_end(ended)

    def _drop(self, run_id: str) -> None:
        self._ends.pop(run_id, None)
        self._postponed.forget(run_id)
