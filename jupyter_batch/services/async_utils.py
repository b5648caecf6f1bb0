"""Waits for what comes first, by the given clock, and for what must not be left half done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from jupyter_batch.ports import Clock

T = TypeVar("T")


async def wait_set(event: asyncio.Event, clock: Clock, seconds: float | None) -> bool:
    """Returns True once the event is set, False after so many seconds; None waits for ever."""
    if seconds is None:
        return await event.wait()
    await first_of(event.wait(), clock.sleep(seconds))
    return event.is_set()


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Returns when one of them is done, and cancels the others; raises what that one raises."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class WaitInterrupted(Exception):
    """An event was set before the work was done."""


async def unless_set(event: asyncio.Event, work: Awaitable[T]) -> T:
    """Returns what the work returns, or leaves it and raises WaitInterrupted once the event is set."""
    task = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise WaitInterrupted
    finally:
        for pending in (task, waiting):
            if not pending.done():
                pending.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)


async def to_the_end(work: Awaitable[T], *, patience_seconds: float) -> T:
    """Returns what the work returns; when cancelled, waits for the work before it gives way."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=patience_seconds)
        if task.done() and not task.cancelled():
            task.exception()  # which nobody will ask for any more
        raise
