"""Acknowledged writes survive the owner's death at any moment, and none is half written.

``JUPYTER_BATCH_KILLS`` says how many deaths; ``make kills`` asks for 500.
"""

from __future__ import annotations

import os
import random
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.run import TRANSITIONS, RunState
from jupyter_batch.store import DuckStore
from tests.integration.store.crash_child import body, cell_of

_KILLS = int(os.environ.get("JUPYTER_BATCH_KILLS", "20"))
#: After so many deaths a store is left alone, as looking through it takes ever longer.
_KILLS_OF_A_STORE = 10
_ORDER = list(RunState)
_OF_RUNS = ("attempts", "cells", "events", "watermarks", "artifacts", "results")


class Acknowledged:
    """The writes that were acknowledged to the children."""

    def __init__(self) -> None:
        self.added: set[str] = set()
        self.recorded: dict[str, int] = {}
        self.states: dict[str, RunState] = {}
        self.deleting: set[str] = set()
        self.deleted: set[str] = set()
        #: Of runs that were over and have been looked through.
        self.seen: set[str] = set()

    def take(self, line: str) -> None:
        word, run_id, *rest = line.split()
        if word == "recorded":
            self.recorded[run_id] = int(rest[0])
        elif word == "state":
            self.states[run_id] = RunState(rest[0])
        else:
            getattr(self, word).add(run_id)


async def check(store: DuckStore, acknowledged: Acknowledged, *, all_runs: bool) -> None:
    """Looks at all runs, and through those that were not over when it last did."""
    page = await store.runs.list(RunQuery(limit=1000))
    runs = {run.id: run for run in page.items}
    assert page.next_after is None
    assert not acknowledged.deleted & runs.keys()
    assert acknowledged.added - acknowledged.deleting <= runs.keys()
    for run in page.items:
        said = acknowledged.states.get(run.id, RunState.QUEUED)
        assert _ORDER.index(run.state) >= _ORDER.index(said)
        if run.id in acknowledged.seen and not all_runs:
            continue
        if run.state.is_terminal:
            acknowledged.seen.add(run.id)
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
    assert recorded <= mark == len(outputs)
    cells = [cell.cell_index for cell in await store.records.cells(run_id, 1)]
    assert cells == [seq for seq in range(1, mark + 1) if seq % 3]
    assert {output.cell_index for output in outputs} == {cell_of(seq) for seq in numbers}
    assert {output.cell_index for output in outputs} <= set(cells), "an output without its cell"


async def check_events(store: DuckStore, run_id: str, state: RunState) -> None:
    events = await store.records.events(run_id=run_id)
    ids = [event.event_id for event in events]
    assert ids == sorted(set(ids))
    states = [RunState(event.data["state"]) for event in events if event.kind == "state"]
    assert states[0] is RunState.QUEUED
    assert states[-1] is state
    assert all(after in TRANSITIONS[before] for before, after in pairwise(states))


def check_tables(folder: Path) -> None:
    """Everything belongs to a run, as the tables themselves have it."""
    with duckdb.connect(str(folder / "records.duckdb"), read_only=True) as by_hand:
        for table in _OF_RUNS:
            query = f"SELECT count(*) FROM {table} ANTI JOIN runs USING (run_no)"
            assert by_hand.execute(query).fetchall() == [(0,)], table
        twice = "SELECT run_no, attempt_no FROM attempts GROUP BY ALL HAVING count(*) > 1"
        assert by_hand.execute(twice).fetchall() == []
        assert (
            by_hand.execute("SELECT id FROM runs GROUP BY id HAVING count(*) > 1").fetchall() == []
        )


def moment(random_fraction: random.Random, number: int) -> dict[str, Any]:
    """Between two lines of the store's code, or in the middle of anything."""
    if number % 3:
        return {"line": random_fraction.randrange(100, 24_000)}
    return {"cpu": random_fraction.uniform(0.05, 0.5)}


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_over_many_kills(tmp_path, open_store_in, zygote):
    random_fraction = random.Random(20260115)
    deaths, recorded, deleted = 0, 0, 0
    while deaths < _KILLS:
        folder, acknowledged = tmp_path / f"data-{deaths}", Acknowledged()
        kills = min(_KILLS_OF_A_STORE, _KILLS - deaths)
        for kill in range(kills):
            status, said = await zygote(
                "write", folder, random_fraction.randrange(2**32), **moment(random_fraction, deaths)
            )
            assert status in (-signal.SIGKILL, -signal.SIGPROF), "the child ended by itself"
            deaths += 1
            for line in said:
                acknowledged.take(line)
            store = await open_store_in(folder)
            await check(store, acknowledged, all_runs=kill == kills - 1)
            await store.close()
            check_tables(folder)
        recorded += len(acknowledged.recorded)
        deleted += len(acknowledged.deleted)
    # Enough to mean something; a busy machine records less before it is killed.
    assert recorded > _KILLS // 2
    assert deleted
