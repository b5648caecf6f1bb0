"""Whether an engine answers, found out within seconds, and remembered while it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

#: An engine that has answered so lately is not asked again.
_FRESH_SECONDS = 2.0
#: A refusal comes within this.
_QUICK_SECONDS = 1.0
#: Between two looks at one that does not.
_LOOK_SECONDS = 5.0


class Pulse:
    """Asks an engine for a sign of life, for all who want to know at once.

    Whoever asks while it is known to be silent is told so at once; it is looked at again
    meanwhile, by itself.
    """

    def __init__(self, ask: Callable[[], Awaitable[None]], *, patience_seconds: float) -> None:
        self._ask = ask
        self._patience = patience_seconds
        self._look: asyncio.Task[None] | None = None
        self._is_silent = False
        self._looked_at: float | None = None
        #: Why the last look has found nothing; None where it has.
        self.trouble: Exception | None = None

    async def beats(self, *, surely: bool = False) -> bool:
        """Returns whether the engine answers; ``surely`` waits for a look that is due."""
        age = None if self._looked_at is None else time.monotonic() - self._looked_at
        pause = _LOOK_SECONDS if self._is_silent else _FRESH_SECONDS
        if (age is None or age > pause) and (self._look is None or self._look.done()):
            self._look = asyncio.create_task(self._find_out(), name="pulse")
        if self._is_silent and not surely:
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
        except Exception as error:  # whatever it is, there was no answer
            self.trouble = error
        now = time.monotonic()
        # Where it is refused at once, asking again costs nothing.
        self._is_silent = self.trouble is not None and now - began > _QUICK_SECONDS
        self._looked_at = None if self.trouble is not None and not self._is_silent else now

    async def close(self) -> None:
        """Looks no more."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)
