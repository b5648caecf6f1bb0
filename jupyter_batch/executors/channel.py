"""Passes items from a thread to the event loop, in batches, with back-pressure."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")

_MIB = 1024 * 1024
#: What comes within this time of a batch waits for its end, to be one batch in its turn ...
_REST_SECONDS = 0.03
#: ... unless it is as much as this.
_MUCH = 64 * 1024


class Channel(Generic[T]):
    """One writing thread, one reader on the event loop.

    Items that are written while the reader is busy, or just after a batch, form one batch, so
    that many small writes cost few wake-ups of the loop and few commits; what comes after a
    silence comes at once. A writer that is too far ahead is made to wait.
    """

    def __init__(self, *, max_pending: int = 8 * _MIB, max_batch: int = _MIB) -> None:
        self._loop = asyncio.get_running_loop()
        self._max_pending, self._max_batch = max_pending, max_batch
        self._changed = threading.Condition()
        self._parts: deque[tuple[list[T], int]] = deque()
        self._pending = 0
        self._error: BaseException | None = None
        self._finished = False
        self._closed = False
        self._awake = asyncio.Event()
        self._over = asyncio.Event()

    def put(self, items: list[T], weight: int) -> bool:
        """Adds items; waits while too much is pending. Returns False when there is no reader."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._pending < self._max_pending)
            if self._closed:
                return False
            self._parts.append((items, weight))
            self._pending += weight
            was_empty = len(self._parts) == 1
        return self._wake() if was_empty else True

    def finish(self, error: BaseException | None = None) -> None:
        """Ends the reader's iteration after what is pending, with an error if there is one."""
        with self._changed:
            self._finished, self._error = True, error
        self._wake()
        self._set(self._over)

    def close(self) -> None:
        """Stops the reading side. A waiting writer returns; later items are dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def finished(self) -> None:
        """Returns when the writer has finished; pending items are dropped."""
        while not self._finished:
            self._awake.clear()
            if not self._finished:
                await self._awake.wait()

    async def batches(self) -> AsyncIterator[list[T]]:
        """Yields the items in order until ``finish``; raises the error that was given there."""
        while True:
            self._awake.clear()
            batch = self._take()
            if batch:
                yield batch
                await self._rest()
            elif self._finished and not self._parts:
                break
            else:
                await self._awake.wait()
        if self._error is not None:
            raise self._error

    def _take(self) -> list[T]:
        batch: list[T] = []
        taken = 0
        with self._changed:
            while self._parts and (not batch or taken + self._parts[0][1] <= self._max_batch):
                items, weight = self._parts.popleft()
                batch += items
                taken += weight
            self._pending -= taken
            self._changed.notify_all()
        return batch

    async def _rest(self) -> None:
        if self._pending < _MUCH and not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_REST_SECONDS):
                    await self._over.wait()

    def _wake(self) -> bool:
        return self._set(self._awake)

    def _set(self, event: asyncio.Event) -> bool:
        try:
            self._loop.call_soon_threadsafe(event.set)
        except RuntimeError:  # the loop is closed, so there is no reader
            return False
        return True
