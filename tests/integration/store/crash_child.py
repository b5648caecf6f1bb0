"""Writes to a store until it is killed (zygote.py), and says on stdout what has been acknowledged.

Runs are worked on side by side. Each output's body can be told from run and step. Runs that
were active when the last child died are taken up from their watermark, as the reconciler does.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from msgspec.structs import replace

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import DuckStore, open_store
from jupyter_batch.testing import (
    AT,
    FakeClock,
    make_event,
    make_frozen,
    make_output,
    make_recording,
    make_run,
)

STEPS = 12


def say(*words: object) -> None:
    print(*words, flush=True)


def body(run_id: str, seq: int) -> str:
    return f"{run_id}:{seq} " * (seq * 20)


async def work(store: DuckStore, run_id: str) -> None:
    run = await store.runs.get(run_id)
    assert run is not None
    if run.state is RunState.QUEUED:
        attempt = Attempt(attempt_no=1, state=RunState.STARTING)
        run = await store.runs.update(
            run_id,
            lambda run: run.move_to(RunState.STARTING, at=AT).with_attempt(attempt),
            at=AT,
        )
        say("state", run_id, run.state)
    seq = (await store.records.watermark(run_id, 1)).last_seq // 2
    while seq < STEPS:
        seq += 1
        await store.records.record(recording(run_id, seq), begin if seq == 1 else count(seq))
        say("recorded", run_id, seq)
    await store.records.record(make_recording(run_id, last_seq=seq * 2), end)
    say("state", run_id, RunState.SUCCEEDED)


def recording(run_id: str, seq: int):
    """Two frames: a cell with its event, and an output of it; or one more output of that cell."""
    output = make_output(seq * 2, body(run_id, seq), no=seq, cell=cell_of(seq))
    if seq % 3 == 0:
        return make_recording(run_id, outputs=(output,))
    cell = CellRecord(cell_index=seq, cell_type="code", source="", state=CellState.SUCCEEDED)
    event = make_event(run_id, seq * 2 - 1)
    return make_recording(run_id, outputs=(output,), cells=(cell,), events=(event,))


def cell_of(seq: int) -> int:
    return seq if seq % 3 else seq - 1


def begin(run):
    return run.move_to(RunState.RUNNING, at=AT) if run.state is RunState.STARTING else run


def count(seq):
    return lambda run: replace(run, cells=replace(run.cells, done=seq))


def end(run):
    return run.move_to(RunState.SUCCEEDED, at=AT)


async def worker(store: DuckStore, left: list[str], random_fraction: random.Random) -> None:
    while True:
        if left:
            run_id = left.pop()
        else:
            run = await store.runs.add(
                make_run(), make_frozen(b"x" * random_fraction.randrange(5000))
            )
            run_id = run.id
            say("added", run_id)
        await work(store, run_id)
        if random_fraction.random() < 0.4:
            say("deleting", run_id)
            await store.runs.delete([run_id])
            say("deleted", run_id)
            if random_fraction.random() < 0.5:
                await store.reclaim()


async def main(folder: Path, seed: int) -> None:
    random_fraction = random.Random(seed)
    store = await open_store(folder, sink=EventHub(), clock=FakeClock(), segment_bytes=400_000)
    left = [
        run.id for run in (*await store.runs.active(), *await store.runs.queued(now=AT, limit=99))
    ]
    await asyncio.gather(*(worker(store, left, random_fraction) for _ in range(4)))
