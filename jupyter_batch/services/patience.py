"""Measures how long something has been unavailable, even if the clock is set meanwhile."""

from __future__ import annotations

from datetime import datetime

from jupyter_batch.ports import Clock

#: Longest step between two checks. A longer one means that the clock was set or the machine slept.
_MOST_SECONDS = 150.0


class Patience:
    """Adds up the time between checks. A step backwards or a leap hardly counts."""

    def __init__(self, clock: Clock, limit_seconds: float) -> None:
        self._clock = clock
        self._limit = limit_seconds
        self._last: datetime | None = None
        self.seconds = 0.0

    def over(self) -> bool:
        """Records that it is unavailable now; returns whether the limit is exceeded."""
        now = self._clock.now()
        if self._last is not None:
            passed = (now - self._last).total_seconds()
            self.seconds += min(max(passed, 0.0), _MOST_SECONDS)
        self._last = now
        return self.seconds > self._limit

    def reset(self) -> None:
        """Resets the count, because it is available."""
        self._last, self.seconds = None, 0.0
