"""Checks within seconds whether an engine answers, and remembers that it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

#: An engine that has answered within this time is not asked again.
_FRESH_SECONDS = 2.0
#: A refusal arrives within this time.
_QUICK_SECONDS = 1.0
#: The time between two checks of an engine that does not answer.
_LOOK_SECONDS = 5.0


class Pulse:
    """Checks whether an engine answers, once for all callers.

    Whoever asks while it is known to be silent is told so at once; it is looked at again
    meanwhile, by itself.
    """

    def __init__(self, ask: Callable[[], Awaitable[None]], *, patience_seconds: float) -> None:
        self._ask = ask
        self._patience = patience_seconds
        self._look: asyncio.Task[None] | None = None
        self._is_silent = False
        self._looked_at: float | None = None
        #: Why the last check failed; None where it succeeded.
        self.trouble: Exception | None = None

    async def answers(self, *, wait: bool = False) -> bool:
        """Returns whether the engine answers; with ``wait``, after a check that is due."""
        age = None if self._looked_at is None else time.monotonic() - self._looked_at
        pause = _LOOK_SECONDS if self._is_silent else _FRESH_SECONDS
        if (age is None or age > pause) and (self._look is None or self._look.done()):
            self._look = asyncio.create_task(self._find_out(), name="pulse")
        if self._is_silent and not wait:
            return False
        if self._look is not None:
            await asyncio.shield(self._look)
        return self.trouble is None

    async def _find_out(self) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                await self._ask()
            self.trouble = None
        except Exception as error:  # any error means that there was no answer
            self.trouble = error
        now = time.monotonic()
        # Where it is refused at once, asking again costs nothing.
        self._is_silent = self.trouble is not None and now - began > _QUICK_SECONDS
        self._looked_at = None if self.trouble is not None and not self._is_silent else now

    async def close(self) -> None:
        """Stops checking."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)
