"""Attempts that say what cannot be true, on a real store: it stays writable, and no other is touched."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.domain import frames
from jupyter_batch.domain.requests import RunRequest
from jupyter_batch.domain.run import RunState, TriggerKind
from jupyter_batch.domain.settings import Settings
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import open_store
from jupyter_batch.testing import (
    FakeAlarm,
    FakeAttempt,
    FakeClock,
    FakeExecutor,
    FakeNotebooks,
    FakeSecrets,
)
from jupyter_batch.testing.executor import succeed

#: Runs, of some twenty frames each.
RUNS = max(60, int(os.environ.get("JUPYTER_BATCH_FRAMES", "0")) // 400)
_NUMBERS = (2**62, 2**63, 2**70, -1, 2**32, 2**53, 10**30)
_VALUES: tuple[Any, ...] = (*_NUMBERS, 1e300, -1e300, float("nan"), "\0", "\ud800", "x" * 70_000)


async def run_one(engine: BatchEngine, notebook: str = "nb.ipynb") -> RunState:
    run = await engine.runs.submit(
        RunRequest(notebook=notebook), user="ada", trigger=TriggerKind.API
    )

    async def follow() -> None:
        async for _ in engine.runs.follow(run.id):
            pass

    await asyncio.wait_for(follow(), 20)
    return (await engine.runs.get(run.id)).state


async def test_no_attempt_makes_the_store_refuse_others(tmp_path: Path):
    clock, hub, executor = FakeClock(), EventHub(), FakeExecutor()
    store = await open_store(tmp_path, sink=hub, clock=clock)
    settings = Settings(data_dir=str(tmp_path), root_dir="/", silence_limit_seconds=None)
    engine = BatchEngine(
        store=store,
        executors={"docker": executor},
        notebooks=FakeNotebooks(),
        secrets=FakeSecrets({}),
        clock=clock,
        settings=settings,
        hub=hub,
        alarm=FakeAlarm(clock),
    )
    await engine.start()
    draw = random.Random(20261128)

    async def lie(attempt: FakeAttempt) -> None:
        attempt.begin(["x", "y"])
        for cell in (0, 1):
            attempt.start_cell(cell)
            attempt.print(cell, "text")
            attempt.emit(
                frames.ProgressFrame, name="loop", data={"processed": draw.choice(_NUMBERS)}
            )
            attempt.emit(
                frames.Result, name="r", type="number", body=draw.choice(("1", "{", "[" * 900)),
                told_at=attempt.at,
            )  # fmt: skip
            attempt.emit(
                frames.Heartbeat, memory_bytes=1, peak_memory_bytes=1, cpu_seconds=draw.random()
            )
            attempt.finish_cell(cell)
        attempt.emit(frames.ArtifactChunk, path="a", data="AAAA", size=2**40, sha256="0")
        for _ in range(draw.randrange(1, 4)):
            place = draw.randrange(len(attempt.items))
            item = attempt.items[place]
            name = draw.choice(item.__struct_fields__)
            attempt.items[place] = msgspec.structs.replace(item, **{name: draw.choice(_VALUES)})
        await attempt.end()

    try:
        succeeded = 0
        for number in range(RUNS):
            executor.behaviour = lie
            succeeded += await run_one(engine) is RunState.SUCCEEDED
            if number % 10 == 0:
                executor.behaviour = succeed
                assert await run_one(engine) is RunState.SUCCEEDED
                assert await engine.trouble() is None
        assert succeeded == 0
    finally:
        await engine.stop()
    # And the next owner can read and write it.
    store = await open_store(tmp_path, sink=hub, clock=clock)
    await store.check()
    await store.close()
