"""Helpers for asyncio: wait with a timeout, for the first of several, and shielded from cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from jupyter_batch.ports import Clock

T = TypeVar("T")


async def wait_set(event: asyncio.Event, clock: Clock, seconds: float | None) -> bool:
    """Returns True once the event is set, False after the timeout; None waits for ever."""
    if seconds is None:
        return await event.wait()
    await first_of(event.wait(), clock.sleep(seconds))
    return event.is_set()


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Returns when one is done, and cancels the others. Raises the exception of the one."""
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
    """Returns the work's result; raises WaitInterrupted and drops the work if the event is set first."""
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
    """Returns the work's result. A cancel takes effect only after the work has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=patience_seconds)
        if task.done() and not task.cancelled():
            task.exception()  # marks the exception as retrieved
        raise
