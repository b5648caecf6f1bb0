"""Measures how long a runner has sent nothing while the owner was listening."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from jupyter_batch.ports import Clock

#: A step counts for at most this many times its length.
_MOST = 2.0


class SilenceTimer:
    """Counts in small steps, and only while the owner is listening.

    A machine that was asleep, a clock that was set and an owner that was stopped make one long
    step, which hardly counts: the runner has to get the same time as the owner.
    """

    def __init__(self, clock: Clock, *, step_seconds: float) -> None:
        self._clock = clock
        self._step = step_seconds
        self._listening = False
        self._was_reset = False
        #: Seconds without a sign of life.
        self.seconds = 0.0

    def reset(self) -> None:
        """Resets the count: something arrived, or nothing could have arrived."""
        self._was_reset = True
        self.seconds = 0.0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Counts inside the context. Time spent on recording, or on reconnecting, does not count."""
        self._listening = True
        try:
            yield
        finally:
            self._listening = False

    async def step(self) -> None:
        """Waits for one step and counts it."""
        self._was_reset = False
        before = self._clock.now()
        await self._clock.sleep(self._step)
        passed = (self._clock.now() - before).total_seconds()
        if self._listening and not self._was_reset:
            self.seconds += min(max(passed, 0.0), _MOST * self._step)
