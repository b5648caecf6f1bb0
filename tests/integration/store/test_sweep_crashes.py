"""A sweep is there with all its runs in one state, or not at all, whenever the owner dies."""

from __future__ import annotations

import random
import signal
from itertools import pairwise
from typing import Any

import pytest

from jupyter_batch.domain.queries import RunQuery, SweepQuery
from jupyter_batch.domain.run import TRANSITIONS, RunState
from jupyter_batch.store import DuckStore
from tests.integration.store.crash_sweeps import RUNS

_KILLS = 12


async def check(store: DuckStore, said: dict[str, list[str]]) -> None:
    sweeps = {s.id: s for s in (await store.sweeps.list(SweepQuery(limit=1000))).items}
    runs: list[Any] = []
    after = None
    while True:
        page = await store.runs.list(RunQuery(limit=1000, after=after))
        runs += page.items
        after = page.next_after
        if after is None:
            break
    assert {run.sweep.id for run in runs} == set(sweeps), "a sweep or a run stands alone"
    assert await store.runs.count() == {
        state: sum(run.state is state for run in runs) for state in {run.state for run in runs}
    }
    for sweep in sweeps.values():
        own = sorted((r for r in runs if r.sweep.id == sweep.id), key=lambda run: run.id)
        assert [run.sweep.index for run in own] == list(range(RUNS))
        assert len(sweep.counts) == 1, "its runs have been moved in part"
        for run in own[:: RUNS - 1]:
            await store.runs.frozen(run.id)
            events = await store.records.events(run_id=run.id)
            assert [e.event_id for e in events] == list(range(1, len(events) + 1))
            states = [RunState(event.data["state"]) for event in events]
            assert states[-1] is run.state
            assert all(b in TRANSITIONS[a] for a, b in pairwise(states))
            assert len(states) >= sum(word in ("queued", "cancelled") for word in said[sweep.id])
    for sweep_id, words in said.items():
        gone = sweep_id not in sweeps
        assert gone if words[-1] == "deleted" else not gone or words[-1] == "deleting"


@pytest.mark.slow
async def test_a_sweep_is_whole_over_many_kills(tmp_path, open_store_in, zygote):
    random_fraction = random.Random(20260116)
    said: dict[str, list[str]] = {}
    for number in range(_KILLS):
        if number % 3:
            moment: dict[str, float] = {"line": random_fraction.randrange(100, 20_000)}
        else:
            moment = {"cpu": random_fraction.uniform(0.1, 0.6)}
        folder = tmp_path / f"data-{number // 4}"
        if number % 4 == 0:
            said = {}
        status, lines = await zygote("sweeps", folder, random_fraction.randrange(2**32), **moment)
        assert status in (-signal.SIGKILL, -signal.SIGPROF), "the child ended by itself"
        for line in lines:
            sweep_id, word = line.split()
            # One that was known is acknowledged again only after it is there.
            said.setdefault(sweep_id, []).append(word)
        store = await open_store_in(folder)
        for sweep in (await store.sweeps.list(SweepQuery(limit=1000))).items:
            said.setdefault(sweep.id, ["queued"])
        await check(store, said)
        await store.close()
    assert said
