"""How long something has been away, whatever becomes of the clock meanwhile."""

from __future__ import annotations

from datetime import datetime

from jupyter_batch.ports import Clock

#: A look and the pause after it take no longer; what does was a clock that was set, or sleep.
_MOST_SECONDS = 150.0


class Patience:
    """Adds up the time from look to look: one that goes back or leaps counts for nothing much."""

    def __init__(self, clock: Clock, limit_seconds: float) -> None:
        self._clock = clock
        self._limit = limit_seconds
        self._last: datetime | None = None
        self.seconds = 0.0

    def over(self) -> bool:
        """Notes that it is away, at this moment; says whether it has been for too long."""
        now = self._clock.now()
        if self._last is not None:
            passed = (now - self._last).total_seconds()
            self.seconds += min(max(passed, 0.0), _MOST_SECONDS)
        self._last = now
        return self.seconds > self._limit

    def begin_anew(self) -> None:
        """Notes that it is there."""
        self._last, self.seconds = None, 0.0
