"""The clock that stands still."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from jupyter_batch.testing import FakeClock


async def test_time_passes_only_by_advance():
    clock = FakeClock()
    start = clock.now()
    await clock.sleep(0)
    assert clock.now() == start
    await clock.advance(1.5)
    assert clock.now() == start + timedelta(seconds=1.5)


async def test_sleepers_wake_in_order_each_at_its_instant():
    clock = FakeClock()
    seen: list[tuple[float, float]] = []
    start = clock.now()

    async def sleeper(seconds):
        await clock.sleep(seconds)
        seen.append((seconds, (clock.now() - start).total_seconds()))

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (5, 1, 3, 20)]
    await clock.advance(10)
    assert seen == [(1, 1), (3, 3), (5, 5)]
    assert clock.sleeping == 1
    await clock.advance(10)
    assert seen == [(1, 1), (3, 3), (5, 5), (20, 20)]
    await asyncio.gather(*tasks)


async def test_who_sleeps_again_and_again_is_woken_each_time():
    clock, ticks = FakeClock(), []

    async def tick():
        while True:
            await clock.sleep(2)
            ticks.append(clock.now())

    task = asyncio.create_task(tick())
    await clock.advance(9)
    assert len(ticks) == 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.sleeping == 0


async def test_setting_the_time_wakes_nobody():
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    clock.set(clock.now() + timedelta(days=1))
    await asyncio.sleep(0)
    assert not task.done()
    await clock.advance(5)
    assert task.done()
