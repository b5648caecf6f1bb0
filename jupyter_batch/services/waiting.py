"""Waits for an event or for a time, whichever comes first, by the given clock."""

from __future__ import annotations

import asyncio

from jupyter_batch.ports import Clock


async def wait_set(event: asyncio.Event, clock: Clock, seconds: float | None) -> bool:
    """Returns True once the event is set, False after so many seconds; None waits for ever."""
    if seconds is None:
        return await event.wait()
    happened = asyncio.ensure_future(event.wait())
    passed = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({happened, passed}, return_when=asyncio.FIRST_COMPLETED)
        return event.is_set()
    finally:
        happened.cancel()
        passed.cancel()
        await asyncio.gather(happened, passed, return_exceptions=True)
