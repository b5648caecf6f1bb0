"""Makes, moves and deletes sweeps until it is killed (zygote.py), and says what is acknowledged."""

from __future__ import annotations

import random
from pathlib import Path

from jupyter_batch.domain.run import NotebookRef, RunState, SweepRef
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.domain.sweep import SweepFacts
from jupyter_batch.ports import NewRun
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import open_store
from jupyter_batch.testing import AT, FakeClock, make_frozen, make_run, new_id

RUNS = 20


def say(*words: object) -> None:
    print(*words, flush=True)


async def main(folder: Path, seed: int) -> None:
    """All runs of a sweep are queued together, called off together, and deleted together."""
    random_fraction = random.Random(seed)
    store = await open_store(folder, sink=EventHub(), clock=FakeClock(), segment_bytes=400_000)
    while True:
        sweep = SweepFacts(
            id=new_id(),
            name="s",
            notebook=NotebookRef(path="nb.ipynb", sha256=""),
            created_at=AT,
            created_by="ada",
        )
        frozen = make_frozen(b"x" * random_fraction.randrange(5000))
        runs = [
            NewRun(run=make_run(sweep=SweepRef(id=sweep.id, index=n)), frozen=frozen)
            for n in range(RUNS)
        ]
        await store.sweeps.add(sweep, runs)
        say(sweep.id, "queued")
        for _ in range(random_fraction.randrange(3)):
            await store.sweeps.move_runs(
                sweep.id, UNFINISHED, lambda run: run.move_to(RunState.CANCELLED, at=AT), at=AT
            )
            say(sweep.id, "cancelled")
            await store.sweeps.move_runs(
                sweep.id,
                (RunState.CANCELLED,),
                lambda run: run.move_to(RunState.QUEUED, at=AT),
                at=AT,
            )
            say(sweep.id, "queued")
        if random_fraction.random() < 0.5:
            await store.sweeps.move_runs(
                sweep.id, UNFINISHED, lambda run: run.move_to(RunState.CANCELLED, at=AT), at=AT
            )
            say(sweep.id, "cancelled")
            say(sweep.id, "deleting")
            await store.sweeps.delete(sweep.id)
            say(sweep.id, "deleted")
