"""What has been acknowledged outlasts the owner's death at any moment."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE
from itertools import pairwise
from pathlib import Path

import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.run import TRANSITIONS, RunState
from jupyter_batch.store import DuckStore

_CHILD = Path(__file__).with_name("crash_child.py")
_KILLS = 20
_ORDER = list(RunState)


class Acknowledged:
    """What children have been told is done."""

    def __init__(self) -> None:
        self.added: set[str] = set()
        self.recorded: dict[str, int] = {}
        self.states: dict[str, RunState] = {}
        self.deleting: set[str] = set()
        self.deleted: set[str] = set()

    def take(self, line: str) -> None:
        word, run_id, *rest = line.split()
        if word == "recorded":
            self.recorded[run_id] = int(rest[0])
        elif word == "state":
            self.states[run_id] = RunState(rest[0])
        else:
            getattr(self, word).add(run_id)


async def kill_one(folder: Path, luck: random.Random, acknowledged: Acknowledged) -> None:
    """Starts a child and kills it after some acknowledgements and a moment more."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(_CHILD), str(folder), str(luck.random())[2:], stdout=PIPE
    )
    patience = luck.randrange(2, 70)
    while patience:
        line = await child.stdout.readline()
        assert line, "the child ended by itself"
        acknowledged.take(line.decode())
        patience -= 1
    await asyncio.sleep(luck.random() * 0.02)  # Not a wait: it picks the moment of death.
    child.kill()
    rest, _ = await child.communicate()
    for line in rest.decode().splitlines(keepends=True):
        if line.endswith("\n"):
            acknowledged.take(line)
    assert child.returncode == -signal.SIGKILL


def body(run_id: str, seq: int) -> str:
    return f"{run_id}:{seq} " * (seq * 20)


async def check(store: DuckStore, acknowledged: Acknowledged) -> None:
    page = await store.runs.list(RunQuery(limit=1000))
    runs = {run.id: run for run in page.items}
    assert page.next_after is None
    assert not acknowledged.deleted & runs.keys()
    assert acknowledged.added - acknowledged.deleting <= runs.keys()
    for run in page.items:
        said = acknowledged.states.get(run.id, RunState.QUEUED)
        assert _ORDER.index(run.state) >= _ORDER.index(said)
        await store.runs.frozen(run.id)
        await check_outputs(store, run.id, acknowledged.recorded.get(run.id, 0))
        await check_events(store, run.id, run.state)
    everything = await store.records.events(limit=100_000)
    positions = [event.position for event in everything]
    assert positions == sorted(set(positions))
    assert {event.run_id for event in everything} == set(runs)


async def check_outputs(store: DuckStore, run_id: str, recorded: int) -> None:
    outputs = [output async for output in store.records.outputs(run_id, 1)]
    numbers = [output.output_no for output in outputs]
    assert numbers == list(range(1, len(outputs) + 1))
    assert [output.body for output in outputs] == [body(run_id, seq) for seq in numbers]
    mark = (await store.records.watermark(run_id, 1)).last_seq // 2
    assert recorded <= mark <= len(outputs)
    cells = [cell.cell_index for cell in await store.records.cells(run_id, 1)]
    assert cells == [seq for seq in range(1, 99) if seq % 3][: len(cells)]
    assert not [seq for seq in range(1, mark + 1) if seq % 3 and seq not in cells]


async def check_events(store: DuckStore, run_id: str, state: RunState) -> None:
    events = await store.records.events(run_id=run_id)
    ids = [event.event_id for event in events]
    assert ids == sorted(set(ids))
    states = [RunState(event.data["state"]) for event in events if event.kind == "state"]
    assert states[0] is RunState.QUEUED
    assert states[-1] is state
    assert all(after in TRANSITIONS[before] for before, after in pairwise(states))


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_over_many_kills(folder, open_here):
    luck = random.Random(20260115)
    acknowledged = Acknowledged()
    for _ in range(_KILLS):
        await kill_one(folder, luck, acknowledged)
        store = await open_here()
        await check(store, acknowledged)
        await store.close()
    assert len(acknowledged.recorded) > _KILLS
    assert acknowledged.deleted
