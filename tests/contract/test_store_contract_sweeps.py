"""The contract of every store: sweeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.events import frame_event_id
from jupyter_batch.domain.queries import RunQuery, SweepQuery
from jupyter_batch.domain.run import Attempt, NotebookRef, RunState, SweepRef, TriggerKind
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.domain.sweep import FAILURES, SweepFacts
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.ports import NewRun
from jupyter_batch.testing import AT, make_frozen, make_recording, make_run, new_id

LATER = AT + timedelta(seconds=90)


def new_sweep(**fields):
    facts: dict[str, Any] = {
        "id": new_id(),
        "created_at": AT,
        "created_by": "ada",
        "name": "sweep",
        "notebook": NotebookRef(path="work/nb.ipynb", sha256="s", root="/home"),
    }
    return SweepFacts(**(facts | fields))


def runs_of(sweep, count):
    frozen = make_frozen()
    return [
        NewRun(
            run=make_run(
                trigger=TriggerKind.SWEEP,
                parameters={"n": index},
                sweep=SweepRef(id=sweep.id, index=index, max_concurrent=sweep.max_concurrent),
            ),
            frozen=frozen,
        )
        for index in range(count)
    ]


async def add(kit, count=3, *, key=None, **fields):
    facts = new_sweep(**fields)
    runs = runs_of(facts, count)
    return await kit.store.sweeps.add(facts, runs, idempotency_key=key), [new.run for new in runs]


async def move(kit, run, *states):
    for state in states:
        run = await kit.runs.update(run.id, lambda old, to=state: old.move_to(to, at=LATER), at=AT)
    return run


async def test_a_sweep_comes_back_with_its_runs(kit):
    sweep, runs = await add(kit, name="naïve ☃", max_concurrent=2)
    assert await kit.store.sweeps.get(sweep.id) == sweep
    assert (sweep.name, sweep.state, sweep.runs, sweep.max_concurrent) == (
        "naïve ☃",
        "queued",
        3,
        2,
    )
    assert sweep.counts == {RunState.QUEUED: 3}
    found = (await kit.runs.list(RunQuery(sweep_id=sweep.id))).items
    assert list(found) == runs[::-1]
    assert [run.sweep.index for run in found] == [2, 1, 0]
    assert (await kit.runs.frozen(runs[1].id)).content == make_frozen().content
    assert await kit.runs.count() == {RunState.QUEUED: 3}


async def test_each_run_has_told_of_its_beginning(kit):
    _, runs = await add(kit)
    events = await kit.records.events()
    assert [(e.run_id, e.kind, e.event_id) for e in events] == [(r.id, "state", 1) for r in runs]


async def test_the_same_key_makes_one_sweep(kit):
    first, _ = await add(kit, key="k")
    again, _ = await add(kit, key="k")
    other, _ = await add(kit, key="k", created_by="bob")
    assert again.id == first.id
    assert other.id != first.id
    assert (await kit.runs.count())[RunState.QUEUED] == 6


async def test_state_counts_and_end_follow_the_runs(kit):
    sweep, runs = await add(kit)
    await move(kit, runs[0], RunState.STARTING, RunState.SUCCEEDED)
    now = await kit.store.sweeps.get(sweep.id)
    assert (now.state, now.finished_at) == ("running", None)
    await move(kit, runs[1], RunState.STARTING, RunState.FAILED)
    await move(kit, runs[2], RunState.STARTING, RunState.SUCCEEDED)
    over = await kit.store.sweeps.get(sweep.id)
    assert (over.state, over.finished_at) == ("failed", LATER)
    assert over.counts == {RunState.SUCCEEDED: 2, RunState.FAILED: 1}


async def test_sweeps_are_listed_newest_first_page_by_page(kit):
    made = [(await add(kit, 1, name=f"solo-{n}"))[0] for n in range(3)]
    first = await kit.store.sweeps.list(SweepQuery(limit=2))
    rest = await kit.store.sweeps.list(SweepQuery(limit=2, after=first.next_after))
    assert [*first.items, *rest.items] == made[::-1]
    assert rest.next_after is None
    assert (await kit.store.sweeps.list(SweepQuery(q="SOLO-1"))).items == (made[1],)


async def test_runs_in_some_states_move_together(kit):
    sweep, runs = await add(kit, 4)
    failed = await move(kit, runs[1], RunState.STARTING, RunState.FAILED)
    running = await move(kit, runs[2], RunState.STARTING)
    before = len(await kit.records.events())

    def change(run):
        if run.state is RunState.QUEUED:
            return run.move_to(RunState.CANCELLED, at=LATER, reason="called off")
        return run.move_to(RunState.CANCELLING, at=LATER, reason="called off")

    moved = await kit.store.sweeps.move_runs(sweep.id, UNFINISHED, change, at=LATER)
    assert [(run.id, run.state) for run in moved] == [
        (runs[0].id, "cancelled"),
        (runs[2].id, "cancelling"),
        (runs[3].id, "cancelled"),
    ]
    for run in moved:
        assert await kit.runs.get(run.id) == run
    assert await kit.runs.get(failed.id) == failed
    assert running.attempts == moved[1].attempts
    assert await kit.runs.queued(now=LATER, limit=10) == ()
    assert [run.id for run in await kit.runs.active()] == [running.id]
    told = (await kit.records.events())[before:]
    assert [(e.run_id, e.data["state"], e.at) for e in told] == [
        (run.id, str(run.state), LATER) for run in moved
    ]
    assert [event.position for event in kit.heard.events] == sorted(
        event.position for event in kit.heard.events
    )


async def test_a_run_that_was_moved_with_others_goes_on_from_there(kit):
    sweep, runs = await add(kit, 2)
    run = await move(kit, runs[0], RunState.STARTING)
    attempt = Attempt(attempt_no=1, state=RunState.RUNNING)
    await kit.runs.update(run.id, lambda old: old.with_attempt(attempt), at=AT)
    await kit.records.record(make_recording(run.id, last_seq=7))
    ended = await move(kit, run, RunState.FAILED)

    (queued,) = await kit.store.sweeps.move_runs(
        sweep.id, FAILURES, lambda old: old.move_to(RunState.QUEUED, at=LATER), at=LATER
    )
    assert queued == replace(ended, state=RunState.QUEUED, finished_at=None)
    again = await move(kit, queued, RunState.STARTING)
    assert again.attempts == (attempt,)
    ids = [event.event_id for event in await kit.records.events(run_id=run.id)]
    assert ids == sorted(set(ids))
    assert ids[-1] > frame_event_id(1, 7)


async def test_nothing_moves_where_a_change_refuses(kit):
    sweep, runs = await add(kit, 3)

    def change(run):
        if run.sweep.index == 2:
            raise Conflict("not this one")
        return run.move_to(RunState.CANCELLED, at=LATER)

    with pytest.raises(Conflict):
        await kit.store.sweeps.move_runs(sweep.id, UNFINISHED, change, at=LATER)
    assert (await kit.store.sweeps.get(sweep.id)).counts == {RunState.QUEUED: 3}
    assert await kit.store.sweeps.move_runs("none", UNFINISHED, change, at=LATER) == ()
    assert await kit.runs.get(runs[0].id) == runs[0]


async def test_a_sweep_is_deleted_with_its_runs_once_they_are_over(kit):
    sweep, runs = await add(kit, 2, key="k")
    with pytest.raises(Conflict):
        await kit.store.sweeps.delete(sweep.id)
    for run in runs:
        await move(kit, run, RunState.CANCELLED)
    assert await kit.store.sweeps.delete(sweep.id) == 2
    assert await kit.store.sweeps.get(sweep.id) is None
    assert (await kit.runs.list(RunQuery())).items == ()
    with pytest.raises(NotFound):
        await kit.store.sweeps.delete(sweep.id)
    again, _ = await add(kit, 1, key="k")
    assert again.id != sweep.id


async def test_a_sweep_goes_with_the_last_of_its_runs(kit):
    sweep, runs = await add(kit, 2)
    other, _ = await add(kit, 1)
    for run in runs:
        await move(kit, run, RunState.CANCELLED)
    await kit.runs.delete([runs[0].id])
    assert (await kit.store.sweeps.get(sweep.id)).runs == 1
    await kit.runs.delete([runs[1].id])
    assert await kit.store.sweeps.get(sweep.id) is None
    assert [s.id for s in (await kit.store.sweeps.list(SweepQuery())).items] == [other.id]
