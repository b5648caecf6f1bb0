"""Tracks the executors that do not answer, and when to check them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from jupyter_batch.domain.value import Value
from jupyter_batch.ports import Clock, Executor

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 30.0


class UnavailableExecutor(Value, frozen=True, kw_only=True):
    """An executor that does not answer."""

    reason: str
    check_at: datetime
    pause_seconds: float


class ExecutorHealthTracker:
    """Keeps runs in the queue while their executor does not answer, without trying each of them."""

    def __init__(self, executors: Mapping[str, Executor], clock: Clock) -> None:
        self._executors = executors
        self._clock = clock
        self._unavailable: dict[str, UnavailableExecutor] = {}

    def mark_unavailable(self, name: str, reason: str) -> None:
        """Records that an executor did not answer."""
        self._put(name, reason, _FIRST_PAUSE)

    def reason(self, name: str | None) -> str | None:
        """Returns why runs of an executor wait, as of the last check."""
        unavailable = self._unavailable.get(name or "")
        return f"waits: {unavailable.reason}" if unavailable else None

    async def check(self, name: str | None) -> str | None:
        """Returns why runs of an executor wait. Checks the executor again if it is time to."""
        unavailable = self._unavailable.get(name or "")
        if unavailable is None or name is None:
            return None
        if self._is_time(unavailable):
            health = await self._executors[name].health()
            if health.ok:
                del self._unavailable[name]
                return None
            self._put(name, health.message, min(_LONGEST_PAUSE, unavailable.pause_seconds * 2))
        return self.reason(name)

    @property
    def next_check_at(self) -> datetime | None:
        """Returns the earliest future instant at which an executor is to be checked again.

        If such an instant passed without a check, no run waits for that executor: the next run
        that does makes the check.
        """
        now = self._clock.now()
        instants = (now if self._went_back(a) else a.check_at for a in self._unavailable.values())
        return min((at for at in instants if at > now), default=None)

    def _is_time(self, unavailable: UnavailableExecutor) -> bool:
        return self._clock.now() >= unavailable.check_at or self._went_back(unavailable)

    def _went_back(self, unavailable: UnavailableExecutor) -> bool:
        """Returns whether the clock has been set back since the last check."""
        left = (unavailable.check_at - self._clock.now()).total_seconds()
        return left > unavailable.pause_seconds

    def _put(self, name: str, reason: str, pause: float) -> None:
        check_at = self._clock.now() + timedelta(seconds=pause)
        self._unavailable[name] = UnavailableExecutor(
            reason=reason, check_at=check_at, pause_seconds=pause
        )
