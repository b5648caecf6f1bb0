"""The writer's thread and what it promises to those who wait."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from jupyter_batch.errors import Conflict, StoreError
from jupyter_batch.store.duckdb.writer import Failed, Writer


@pytest.fixture
async def writer():
    writer = Writer()
    yield writer
    await writer.close()


class Held:
    """Keeps the writer busy until it is let go."""

    def __init__(self, writer):
        self._go = threading.Event()
        self._begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.done = asyncio.create_task(writer.call(self._hold))

    async def begun(self):
        await self._begun.wait()

    def let_go(self):
        self._go.set()

    def _hold(self):
        self._loop.call_soon_threadsafe(self._begun.set)
        self._go.wait()


async def test_results_and_errors_reach_their_callers(writer):
    def refuse():
        raise Conflict("no")

    assert await writer.call(lambda: 42) == 42
    with pytest.raises(Conflict):
        await writer.call(refuse)
    assert await writer.call(threading.get_ident) != threading.get_ident()


async def test_what_waits_is_done_together_and_in_order(writer):
    batches = []

    def work(items):
        batches.append(list(items))
        return [item * 2 for item in items]

    held = Held(writer)
    await held.begun()
    waiting = [asyncio.create_task(writer.batch(work, number)) for number in range(5)]
    await asyncio.sleep(0)
    held.let_go()
    assert await asyncio.gather(*waiting) == [0, 2, 4, 6, 8]
    assert batches == [[0, 1, 2, 3, 4]]
    await held.done


async def test_other_work_is_not_taken_into_a_batch(writer):
    seen: list[Any] = []

    def work(items):
        seen.append(list(items))
        return items

    held = Held(writer)
    await held.begun()
    tasks = [
        asyncio.create_task(writer.batch(work, 1)),
        asyncio.create_task(writer.call(lambda: seen.append("call"))),
        asyncio.create_task(writer.batch(work, 2)),
    ]
    await asyncio.sleep(0)
    held.let_go()
    await asyncio.gather(*tasks)
    assert seen == [[1], "call", [2]]
    await held.done


async def test_one_of_a_batch_can_fail_alone(writer):
    def work(items):
        return [Failed(Conflict("odd")) if item % 2 else item for item in items]

    results = await asyncio.gather(
        *(writer.batch(work, number) for number in range(4)), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, Conflict, int, Conflict]


async def test_a_caller_that_goes_away_takes_back_what_waits(writer):
    done = []
    held = Held(writer)
    await held.begun()
    waiting = asyncio.create_task(writer.call(lambda: done.append("waiting")))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await asyncio.sleep(0)  # in which the loop passes the cancel on
    held.let_go()
    await held.done
    await writer.call(lambda: done.append("next"))
    assert done == ["next"]


async def test_closing_finishes_what_waits_and_takes_no_more():
    writer = Writer()
    done: list[int] = []
    tasks = [asyncio.create_task(writer.call(partial(done.append, n))) for n in range(3)]
    await asyncio.sleep(0)
    await writer.close()
    await asyncio.gather(*tasks)
    assert done == [0, 1, 2]
    with pytest.raises(StoreError):
        await writer.call(lambda: None)
