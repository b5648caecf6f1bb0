"""Many triggers at one instant are decided on just before it, and nothing shows of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import JobRequest
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.due import due, next_at
from jupyter_batch.domain.schedule.trigger import IntervalTrigger, TriggerProgress
from jupyter_batch.services.scheduling.lookahead import Lookahead, due_by

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
DUE = START + timedelta(seconds=600)
COUNT = 60


@pytest.fixture
async def jobs(bench):
    """Jobs with one instant, up to half a second before it: it has been decided on them."""
    made = [
        await bench.engine.jobs.create(
            JobRequest(
                name=f"job {n}",
                notebook="nb.ipynb",
                triggers=(IntervalTrigger(interval_seconds=600),),
                overlap_policy=OverlapPolicy.ALLOW,
            ),
            user="ada",
        )
        for n in range(COUNT)
    ]
    await bench.clock.advance(599.5)
    assert bench.engine.scheduler._foresight._decisions.keys() == {
        job.triggers[0].id for job in made
    }
    return made


async def all_runs(bench):
    return (await bench.engine.runs.list(RunQuery(limit=1000))).items


async def test_no_run_is_there_before_its_instant_and_each_is_after_it(bench, jobs):
    assert await all_runs(bench) == ()
    await bench.clock.advance(0.5)
    runs = await all_runs(bench)
    assert {run.job_id for run in runs} == {job.id for job in jobs}
    assert len(runs) == COUNT
    assert {run.scheduled_for for run in runs} == {DUE}
    assert all(run.created_at >= DUE for run in runs)
    # And the instant after that comes as well.
    await bench.clock.advance(600)
    assert len(await all_runs(bench)) == 2 * COUNT


async def test_what_happens_to_a_job_in_the_last_moment_counts(bench, jobs):
    later = IntervalTrigger(interval_seconds=3600)
    paused, deleted, edited, replaced = jobs[:4]
    await bench.engine.jobs.pause(paused.id, reason="paused by ada")
    await bench.engine.jobs.delete(deleted.id)
    await bench.engine.jobs.update(edited.id, {"triggers": (later,)}, user="ada")
    await bench.engine.jobs.update(replaced.id, {"parameters": {"alpha": 0.75}}, user="ada")
    await bench.clock.advance(0.5)
    runs = {run.job_id: run for run in await all_runs(bench)}
    assert runs.keys() == {job.id for job in jobs} - {paused.id, deleted.id, edited.id}
    assert runs[replaced.id].parameters == {"alpha": 0.75}


async def test_a_clock_that_jumps_over_the_instant_is_dealt_with_as_ever(bench, jobs):
    bench.clock.set(DUE + timedelta(hours=1, seconds=5))
    await bench.clock.advance(1)
    runs = await all_runs(bench)
    kept = [run for run in runs if run.state is not RunState.SKIPPED]
    assert {run.scheduled_for for run in kept} == {DUE + timedelta(hours=1)}
    assert sum(run.missed.count for run in runs if run.missed) == 6 * COUNT


def foreseen() -> tuple[Lookahead, Job, TriggerState]:
    trigger = IntervalTrigger(id="t", interval_seconds=600, anchor_at=START)
    progress = TriggerProgress(decided_until=START)
    state = TriggerState(
        trigger_id="t", job_id="j", progress=progress, next_at=next_at(trigger, progress)
    )
    lookahead, job = Lookahead(), cast("Job", object())
    lookahead.keep(job, state, due(trigger, progress, DUE))
    return lookahead, job, state


def test_a_decision_is_used_once_and_only_promptly():
    lookahead, job, state = foreseen()
    decision = lookahead.take(job, state, DUE + timedelta(seconds=0.2))
    assert decision is not None
    assert [firing.scheduled_for for firing in decision.fire] == [DUE]
    assert lookahead.take(job, state, DUE) is None
    for now in (DUE - timedelta(seconds=0.1), DUE + timedelta(seconds=2)):
        lookahead, job, state = foreseen()
        assert lookahead.take(job, state, now) is None


def test_the_entries_of_a_heap_up_to_an_instant():
    heap = [(START + timedelta(seconds=n // 3), n, str(n)) for n in range(30)]
    for seconds in (-1, 0, 4, 100):
        at = START + timedelta(seconds=seconds)
        assert sorted(due_by(heap, at)) == sorted(name for when, _, name in heap if when <= at)
