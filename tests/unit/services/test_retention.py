"""Old runs go by themselves; what is not over, and the newest success, never does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.retention import Retention
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import StoreFull
from jupyter_batch.services.maintenance.retention import RetentionService
from jupyter_batch.services.maintenance.space_reclaimer import SpaceReclaimer
from jupyter_batch.testing import AT, FakeClock, FakeStore, make_frozen, make_job, make_run


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeStore(clock=self.clock)

    def service(self, **limits) -> RetentionService:
        space_reclaimer = SpaceReclaimer(self.store, self.clock)
        return RetentionService(self.store, space_reclaimer, self.clock, Retention(**limits))

    async def add(self, state: RunState, *, days_ago: float = 0, **fields) -> str:
        at = AT - timedelta(days=days_ago)
        finished = at if state.is_terminal else None
        run = make_run(state=state, created_at=at, finished_at=finished, **fields)
        await self.store.runs.add(run, make_frozen())
        return run.id

    async def left(self) -> set[str]:
        return {run.id for run in (await self.store.runs.list(RunQuery(limit=1000))).items}


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_newest_success_of_a_job_stays(bench):
    job = await bench.store.jobs.add(make_job(keep_runs=2))
    old = await bench.add(RunState.SUCCEEDED, days_ago=50, job_id=job.id)
    newest_success = await bench.add(RunState.SUCCEEDED, days_ago=40, job_id=job.id)
    failures = [await bench.add(RunState.FAILED, days_ago=d, job_id=job.id) for d in (30, 20, 10)]
    assert await bench.service().apply() == 2
    assert await bench.left() == {newest_success, *failures[1:]}
    assert old not in await bench.left()


async def test_what_is_not_over_is_neither_counted_nor_removed(bench):
    job = await bench.store.jobs.add(make_job())
    alive = {
        await bench.add(state, days_ago=99, job_id=job.id)
        for state in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING, RunState.CANCELLING)
    }
    ended = [await bench.add(RunState.FAILED, job_id=job.id) for _ in range(3)]
    assert await bench.service(keep_runs=2, keep_days=30).apply() == 1
    assert await bench.left() == alive | set(ended[1:])


async def test_jobs_count_apart_and_runs_without_one_together(bench):
    first, second = [await bench.store.jobs.add(make_job()) for _ in range(2)]
    kept = {await bench.add(RunState.SUCCEEDED, job_id=job.id) for job in (first, second)}
    await bench.add(RunState.SUCCEEDED)
    kept.add(await bench.add(RunState.FAILED))
    assert await bench.service(keep_runs=1).apply() == 1
    assert await bench.left() == kept


async def test_runs_of_a_deleted_job_follow_the_settings(bench):
    job = await bench.store.jobs.add(make_job(keep_days=1000))
    await bench.add(RunState.SUCCEEDED, days_ago=40, job_id=job.id)
    assert await bench.service(keep_days=30).apply() == 0
    await bench.store.jobs.delete(job.id)
    assert await bench.service(keep_days=30).apply() == 1
    assert await bench.left() == set()


async def test_many_go_step_by_step(bench):
    for _ in range(1203):
        await bench.add(RunState.FAILED)
    assert await bench.service(keep_runs=1).apply() == 1202
    assert len(await bench.left()) == 1


async def test_where_all_is_kept_nothing_is_looked_at(bench):
    await bench.store.jobs.add(make_job())
    assert await bench.service().apply() is None


async def test_it_looks_again_by_the_clock_and_after_trouble(bench):
    service = bench.service(keep_days=10)
    await bench.add(RunState.FAILED, days_ago=9)
    service.start()
    try:
        await bench.clock.advance(60)
        assert len(await bench.left()) == 1
        bench.clock.set(AT + timedelta(days=2))
        bench.store.memory.troubles.append(StoreFull("no space"))
        await bench.clock.advance(10)
        assert len(await bench.left()) == 1
        await bench.clock.advance(301)
        assert await bench.left() == set()
        await bench.add(RunState.FAILED, days_ago=99)
        service.wake()
        for _ in range(20):
            await asyncio.sleep(0)
        assert await bench.left() == set()
    finally:
        await service.stop()
