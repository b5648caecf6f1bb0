"""The single writer thread."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from jupyter_batch.errors import StoreClosed

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741

_MOST_TOGETHER = 64


class Failed:
    """The error of a batched item, in place of its result."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Task:
    def __init__(self, work: Callable[[list[Any]], Sequence[Any]], item: Any) -> None:
        self.work = work
        self.item = item
        self.future: Future[Any] = Future()


class Writer:
    """Runs tasks one after the other in a thread. Callers await the results.

    Cancelling a caller removes its waiting task; a task that has begun is
    finished in any case.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="jupyter-batch-writer", daemon=True)
        self._thread.start()

    async def call(self, work: Callable[[], T]) -> T:
        """Runs the work in the thread; returns its result or raises its error."""
        result: T = await self.batch(lambda items: [_attempt(items[0])], work)
        return result

    async def batch(self, work: Callable[[list[I]], Sequence[T | Failed]], item: I) -> T:
        """Processes the item together with others that wait for the same ``work``."""
        if self._closed:
            raise StoreClosed("the store is closed: its owner is ending")
        task = _Task(work, item)
        self._tasks.put(task)
        result: T = await asyncio.wrap_future(task.future)
        return result

    async def close(self) -> None:
        """Finishes waiting tasks and ends the thread."""
        self._closed = True
        self._tasks.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        held: _Task | None = None
        while True:
            task = held or self._tasks.get()
            held = None
            if task is None:
                return
            together = [task]
            while len(together) < _MOST_TOGETHER and not self._tasks.empty():
                following = self._tasks.get()
                if following is None:
                    self._tasks.put(None)
                    break
                if following.work != task.work:
                    held = following
                    break
                together.append(following)
            _do([task for task in together if task.future.set_running_or_notify_cancel()])


def _do(tasks: list[_Task]) -> None:
    if not tasks:
        return
    try:
        results = tasks[0].work([task.item for task in tasks])
    except BaseException as error:
        results = [Failed(error)] * len(tasks)
    for task, result in zip(tasks, results, strict=True):
        if isinstance(result, Failed):
            task.future.set_exception(result.error)
        else:
            task.future.set_result(result)


def _attempt(work: Callable[[], T]) -> T | Failed:
    try:
        return work()
    except BaseException as error:
        return Failed(error)
