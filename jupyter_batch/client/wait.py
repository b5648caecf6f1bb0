"""Waits for the end of runs and sweeps, in a thread or on an event loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from jupyter_batch.client.arguments.plain_values import scalar, shown
from jupyter_batch.errors import InvalidInput, WaitTimeout

#: A wait looks again after a tenth of the time that it has waited, within these.
_LOOK_SECONDS = (0.05, 1.0)
#: How long the server is asked to wait for the end before it answers.
_WAIT_SECONDS = 20.0
#: Between answers that come at once, as those of a server that ends.
_PAUSE_SECONDS = 0.1


class Completion(Protocol):
    """An object that has an end that can be waited for."""

    @property
    def is_over(self) -> bool:
        """True if it is finished."""

    @property
    def state(self) -> str:
        """Name of its state."""

    def refresh(self) -> Any:
        """Request the newest state, and return the object."""


T = TypeVar("T", bound=Completion)


def wait_for(thing: T, *, name: str, timeout: float | None, pause: Callable[[float], None]) -> T:
    """Returns the thing once it is over; raises WaitTimeout after so many seconds."""
    _check(timeout)
    begun = time.monotonic()
    while not thing.refresh().is_over:
        waited = time.monotonic() - begun
        if timeout is not None and waited >= timeout:
            raise _too_late(thing, name, timeout)
        pause(_pause(waited) if timeout is None else min(_pause(waited), timeout - waited))
    return thing


def wait_by_polling(
    thing: T,
    ask: Callable[[float], None],
    *,
    name: str,
    timeout: float | None,
    pause: Callable[[float], None],
) -> T:
    """Polls ``ask(seconds)``, which answers at the end, or after the seconds."""
    _check(timeout)
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        asked = time.monotonic()
        patience = _WAIT_SECONDS if end is None else max(0.0, min(_WAIT_SECONDS, end - asked))
        ask(patience)
        if thing.is_over:
            return thing
        now = time.monotonic()
        if timeout is not None and end is not None and now >= end:
            raise _too_late(thing, name, timeout)
        if now - asked < patience / 2:
            pause(_PAUSE_SECONDS)


async def ended(thing: T) -> T:
    """Returns the thing once it is over; the event loop goes on meanwhile."""
    import asyncio  # Only here: a script that starts one run should not wait for it.

    begun = time.monotonic()
    # Each look is a short request in a thread, so that many can be awaited at once.
    while not (await asyncio.to_thread(thing.refresh)).is_over:  # noqa: ASYNC110
        await asyncio.sleep(_pause(time.monotonic() - begun))
    return thing


def _too_late(thing: Completion, name: str, timeout: float) -> WaitTimeout:
    return WaitTimeout(
        f"{name} is still {thing.state} after {timeout:g} s; it goes on: "
        "wait() again, or cancel() it",
        state=str(thing.state),
    )


def _pause(waited: float) -> float:
    return min(max(waited / 10, _LOOK_SECONDS[0]), _LOOK_SECONDS[1])


def _check(timeout: Any) -> None:
    if timeout is None:
        return
    timeout = scalar(timeout)
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not is_number or math.isnan(timeout) or timeout < 0:
        raise InvalidInput(
            f"timeout is a number of seconds, or None to wait for ever; not {shown(timeout)}",
            field="timeout",
        )
