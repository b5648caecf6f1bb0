"""From a thread to the loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_batch.executors.channel import Channel


async def collect(channel: Channel[int]) -> list[list[int]]:
    return [batch async for batch in channel.batches()]


async def test_everything_arrives_in_order():
    channel: Channel[int] = Channel()

    def write() -> None:
        for n in range(5000):
            channel.put([n], 1)
        channel.finish()

    threading.Thread(target=write).start()
    batches = await collect(channel)
    assert [n for batch in batches for n in batch] == list(range(5000))


async def test_what_waits_comes_as_one_batch_up_to_its_limit():
    channel: Channel[int] = Channel(max_batch=10)
    for n in range(6):
        channel.put([n], 4)
    channel.finish()
    assert await collect(channel) == [[0, 1], [2, 3], [4, 5]]


async def test_a_part_larger_than_a_batch_comes_alone():
    channel: Channel[int] = Channel(max_batch=10)
    channel.put([1], 100)
    channel.put([2], 1)
    channel.finish()
    assert await collect(channel) == [[1], [2]]


async def test_a_writer_that_is_too_far_ahead_waits_for_the_reader():
    channel: Channel[int] = Channel(max_pending=10)
    channel.put([1], 10)
    passed = threading.Event()

    def write() -> None:
        channel.put([2], 1)
        passed.set()
        channel.finish()

    threading.Thread(target=write).start()
    assert not passed.is_set()
    assert [n for batch in await collect(channel) for n in batch] == [1, 2]
    assert passed.is_set()


async def test_a_writer_whose_reader_has_gone_is_told_so():
    channel: Channel[int] = Channel(max_pending=1)
    channel.put([1], 1)
    answers: list[bool] = []

    def write() -> None:
        answers.append(channel.put([2], 1))
        channel.finish()

    threading.Thread(target=write).start()
    channel.close()
    await channel.finished()
    assert answers == [False]


async def test_the_error_comes_after_what_was_written():
    channel: Channel[int] = Channel()
    channel.put([1], 1)
    channel.finish(ValueError("broken"))
    got: list[int] = []

    async def read() -> None:
        async for batch in channel.batches():
            got.extend(batch)

    with pytest.raises(ValueError, match="broken"):
        await read()
    assert got == [1]


async def test_a_reader_waits_without_holding_the_loop():
    channel: Channel[int] = Channel()
    reading = asyncio.create_task(collect(channel))
    await asyncio.sleep(0)
    assert not reading.done()
    await asyncio.to_thread(channel.put, [1], 1)
    channel.finish()
    assert await reading == [[1]]


async def test_what_follows_on_a_batch_at_once_is_one_batch_and_much_is_not_kept_waiting():
    channel: Channel[str] = Channel()
    loop = asyncio.get_running_loop()
    channel.put(["first"], 1)
    seen = []
    async for batch in channel.batches():
        seen.append(batch)
        if batch == ["first"]:
            channel.put(["a"], 1)
            loop.call_later(0.001, channel.put, ["b"], 1)
        elif "b" in batch:
            channel.put(["much"], 1_000_000)
            loop.call_later(0.001, channel.put, ["last"], 1)
        elif "last" in batch:
            channel.finish()
    assert seen == [["first"], ["a", "b"], ["much"], ["last"]]
