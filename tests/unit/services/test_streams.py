"""Streams that begin, or are read, at awkward moments."""

from __future__ import annotations

import asyncio

from jupyter_batch.services.streams import follow_run
from jupyter_batch.testing import hang


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
    store = EndsWhileItIsRead(bench, run.id)

    async def follow() -> list[str]:
        return [e.kind async for e in follow_run(store, bench.hub, run.id)]

    assert (await asyncio.wait_for(follow(), 5))[-1] == "state"
