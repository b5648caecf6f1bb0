"""Streams that begin, or are read, at awkward moments."""

from __future__ import annotations

import asyncio
from typing import cast

from jupyter_batch.domain.frames import Heartbeat
from jupyter_batch.ports import Store
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.services.event_streams import follow_run
from jupyter_batch.testing import hang, make_event


class EndsWhileItIsRead:
    """A store whose run comes to its end when its events are first asked for."""

    def __init__(self, bench, run_id: str) -> None:
        self._bench = bench
        self._run_id = run_id
        self.runs = bench.store.runs
        self.records = self

    async def events(self, **asked):
        (attempt,) = self._bench.executor.attempts.values() or (None,)
        if attempt is not None and attempt.ending is None:
            await attempt.end()
            await self._bench.ended(self._run_id)
        return await self._bench.store.records.events(**asked)


async def test_a_stream_ends_with_a_run_that_ends_while_its_past_is_read(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.executor.wait_started()
    store = cast("Store", EndsWhileItIsRead(bench, run.id))

    async def follow() -> list[str]:
        return [e.kind async for e in follow_run(store, bench.hub, run.id)]

    assert (await asyncio.wait_for(follow(), 5))[-1] == "state"


async def test_a_listener_is_told_all_of_what_comes_faster_than_it_can_listen(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.executor.wait_started()
    (attempt,) = bench.executor.attempts.values()
    listens = asyncio.Event()

    async def follow() -> list[int]:
        numbers = []
        async for event in follow_run(bench.store, bench.hub, run.id):
            if event.kind == "heartbeat":  # not on record: who hears it has read all of the past
                listens.set()
            numbers += [op["no"] for op in event.data.get("ops", ())]
        return numbers

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    attempt.emit(Heartbeat, memory_bytes=1, peak_memory_bytes=1, cpu_seconds=0.5)
    await attempt.flush()
    await asyncio.wait_for(listens.wait(), 5)
    # More than may wait for a listener, at one moment: some is dropped, and some comes after that.
    for number in range(20):
        attempt.print(0, "x" * 512 * 1024, no=number)
    attempt.finish_cell(0)
    await attempt.end()
    assert await asyncio.wait_for(following, 5) == list(range(20))


async def test_after_a_gap_a_listener_is_offered_nothing_until_it_has_read_on():
    hub = EventHub()
    subscription = hub.subscribe("run")
    hub.publish([make_event("run", seq) for seq in range(1, 1100)])
    assert (await subscription.take(), subscription.lagged) == ([], True)
    subscription.lagged = False
    hub.publish([make_event("run", 1100)])
    assert [event.data["seq"] for event in await subscription.take()] == [1100]
