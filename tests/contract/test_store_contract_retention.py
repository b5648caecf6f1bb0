"""The contract of every store: retention deletes only runs that are over."""

from __future__ import annotations

from datetime import timedelta

from jupyter_batch.domain.retention import EndedGroup, EndedRun
from jupyter_batch.domain.run import RunState
from jupyter_batch.testing import AT, make_frozen, make_run


async def add(kit, state: RunState, **fields):
    return await kit.runs.add(make_run(state=state, **fields), make_frozen())


async def test_groups_of_ended_runs(kit):
    await add(kit, RunState.SUCCEEDED, job_id="a")
    newest = await add(kit, RunState.SUCCEEDED, job_id="a")
    await add(kit, RunState.FAILED, job_id="a")
    await add(kit, RunState.RUNNING, job_id="a")
    await add(kit, RunState.QUEUED, job_id="b")
    await add(kit, RunState.LOST)
    groups = {group.job_id: group for group in await kit.runs.ended_groups()}
    assert groups == {
        "a": EndedGroup(job_id="a", count=3, newest_success=newest.id),
        None: EndedGroup(job_id=None, count=1, newest_success=None),
    }


async def test_the_oldest_come_first(kit):
    ended = AT + timedelta(hours=1)
    first = await add(kit, RunState.FAILED, job_id="a", finished_at=ended)
    second = await add(kit, RunState.SKIPPED, job_id="a")
    await add(kit, RunState.FAILED, job_id="a")
    await add(kit, RunState.QUEUED, job_id="a")
    alone = await add(kit, RunState.FAILED)
    assert await kit.runs.oldest_ended("a", 2) == (
        EndedRun(id=first.id, ended_at=ended),
        EndedRun(id=second.id, ended_at=AT),
    )
    assert [run.id for run in await kit.runs.oldest_ended(None, 9)] == [alone.id]


async def test_what_is_not_over_is_left_out_where_that_is_asked_for(kit):
    ended = await add(kit, RunState.FAILED)
    alive = await add(kit, RunState.RUNNING)
    assert await kit.runs.delete([ended.id, alive.id], ended_only=True) == 1
    assert await kit.runs.get(ended.id) is None
    assert await kit.runs.get(alive.id) == alive
