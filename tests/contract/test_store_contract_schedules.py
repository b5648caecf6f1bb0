"""The contract of every store: triggers, and runs that are made together."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from jupyter_batch.domain.job import TriggerState
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import Backfill, MissedInfo, RunPolicies, RunState, TriggerKind
from jupyter_batch.domain.schedule.trigger import (
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
    TriggerProgress,
)
from jupyter_batch.ports import JobLoad, NewRun, TriggerStep
from jupyter_batch.testing import AT, make_frozen, make_job, make_run

TRIGGERS = (
    CronTrigger(id="t1", cron="0 6 * * *", timezone="Europe/Amsterdam", parameters={"a": [1]}),
    IntervalTrigger(id="t2", interval_seconds=60, start_at=AT, max_runs=3),
    OnceTrigger(id="t3", at=AT + timedelta(days=1)),
)


def state(trigger_id="t1", job_id="j", until=AT, runs=0, next_at=None):
    progress = TriggerProgress(decided_until=until, runs=runs)
    return TriggerState(trigger_id=trigger_id, job_id=job_id, progress=progress, next_at=next_at)


def step(before, after):
    return TriggerStep(before=before.progress, after=after)


def fired(trigger_id="t1", at=AT, **fields):
    run = make_run(
        job_id="j",
        trigger=TriggerKind.SCHEDULE,
        trigger_id=trigger_id,
        **{"scheduled_for": at, **fields},
    )
    return NewRun(run=run, frozen=make_frozen())


async def test_a_job_keeps_its_triggers_and_policies(kit):
    job = make_job(
        triggers=TRIGGERS,
        overlap_policy=OverlapPolicy.QUEUE,
        retry=RetryPolicy(max_attempts=3, exceptions=("OSError",)),
        pause_after_failures=2,
        keep_runs=3,
        keep_days=0.5,
        run_timeout_seconds=5.5,
        queue_timeout_seconds=7.0,
        paused=True,
        paused_reason="so",
        resumed_at=AT,
    )
    await kit.jobs.add(job)
    assert await kit.jobs.get(job.id) == job


async def test_states_of_triggers_come_and_go_with_their_job(kit):
    job = await kit.jobs.add(make_job(), triggers=[state(next_at=AT + timedelta(hours=1))])
    assert await kit.jobs.triggers() == (state(next_at=AT + timedelta(hours=1)),)
    await kit.jobs.update(job.id, lambda old: replace(old, priority=1))
    assert len(await kit.jobs.triggers()) == 1
    second = state("t2", job.id)
    await kit.jobs.update(job.id, lambda old: old, triggers=[replace(second, job_id=job.id)])
    kept = [own for own in await kit.jobs.triggers() if own.job_id == job.id]
    assert kept == [second]
    await kit.jobs.delete(job.id)
    assert [own for own in await kit.jobs.triggers() if own.job_id == job.id] == []


async def test_a_pinned_notebook_is_kept_for_the_job(kit):
    frozen = make_frozen(b'{"cells": [1]}')
    job = await kit.jobs.add(make_job(), pinned=frozen)
    assert await kit.jobs.pinned(job.id) == frozen
    newer = make_frozen(b'{"cells": [2]}')
    await kit.jobs.update(job.id, lambda old: old, pinned=newer)
    assert await kit.jobs.pinned(job.id) == newer
    await kit.jobs.delete(job.id)
    assert await kit.jobs.pinned(job.id) is None


async def test_runs_are_stored_together_with_how_far_their_trigger_is(kit):
    before, after = state(), state(until=AT + timedelta(hours=1), runs=2)
    await kit.jobs.add(make_job(id="j"), triggers=[before])
    runs = [fired(at=AT + timedelta(minutes=m)) for m in (10, 20)]
    made = await kit.runs.add_all(runs, [step(before, after)])
    assert made == tuple(new.run for new in runs)
    assert await kit.jobs.triggers() == (after,)
    for new in runs:
        assert await kit.runs.get(new.run.id) == new.run
        assert await kit.runs.frozen(new.run.id) == new.frozen
        (event,) = await kit.records.events(run_id=new.run.id)
        assert (event.kind, event.data["state"]) == ("state", "queued")


async def test_the_same_step_twice_makes_its_runs_once(kit):
    before, after = state(), state(until=AT + timedelta(hours=1), runs=1)
    await kit.jobs.add(make_job(id="j"), triggers=[before])
    at = AT + timedelta(minutes=10)
    assert len(await kit.runs.add_all([fired(at=at)], [step(before, after)])) == 1
    assert await kit.runs.add_all([fired(at=at)], [step(before, after)]) == ()
    assert (await kit.runs.count())[RunState.QUEUED] == 1


async def test_an_instant_has_one_run_even_if_its_trigger_goes_back_in_time(kit):
    first, second = state(), state(until=AT + timedelta(hours=1), runs=1)
    await kit.jobs.add(make_job(id="j"), triggers=[first])
    at = AT + timedelta(minutes=10)
    await kit.runs.add_all([fired(at=at)], [step(first, second)])
    back = state(until=AT, runs=1)
    assert await kit.runs.add_all([], [step(second, back)]) == ()
    third = state(until=AT + timedelta(hours=2), runs=3)
    new = fired(at=AT + timedelta(minutes=90))
    assert await kit.runs.add_all([fired(at=at), new], [step(back, third)]) == (new.run,)


async def test_an_instant_may_have_another_run_where_the_trigger_counts_real_time(kit):
    first, second = state(), state(until=AT + timedelta(hours=1), runs=1)
    await kit.jobs.add(make_job(id="j"), triggers=[first])
    at = AT + timedelta(minutes=10)
    await kit.runs.add_all([fired(at=at)], [step(first, second)])
    back, third = state(until=AT, runs=1), state(until=AT + timedelta(minutes=15), runs=2)
    await kit.runs.add_all([], [step(second, back)])
    again = fired(at=at)
    often = replace(step(back, third), may_repeat=True)
    assert await kit.runs.add_all([again], [often]) == (again.run,)
    assert await kit.runs.add_all([fired(at=at)], [often]) == ()


async def test_a_trigger_that_is_gone_makes_no_runs(kit):
    before, after = state(), state(until=AT + timedelta(hours=1))
    assert await kit.runs.add_all([fired()], [step(before, after)]) == ()
    assert await kit.runs.count() == {}


async def test_a_run_keeps_its_policies_and_what_it_stands_for(kit):
    run = make_run(
        policies=RunPolicies(
            overlap_policy=OverlapPolicy.REPLACE,
            forced=True,
            retry=RetryPolicy(max_attempts=2, exit_codes=(3,)),
            run_timeout_seconds=60.0,
        ),
        start_before=AT + timedelta(hours=1),
        give_up_at=AT + timedelta(hours=2),
        missed=MissedInfo(count=3, first_at=AT, last_at=AT + timedelta(hours=1)),
        backfill=Backfill(id="b", max_concurrent=2),
    )
    await kit.runs.add_all([NewRun(run=run, frozen=make_frozen())])
    assert await kit.runs.get(run.id) == run


async def test_queued_runs_have_places_and_blocked_lanes_are_left_out(kit):
    plain = make_run(job_id="j")
    urgent = make_run(job_id="k", priority=5)
    forced = make_run(job_id="j", policies=RunPolicies(forced=True))
    await kit.runs.add_all([NewRun(run=r, frozen=make_frozen()) for r in (plain, urgent, forced)])
    assert await kit.runs.positions() == {urgent.id: 1, plain.id: 2, forced.id: 3}
    left = await kit.runs.queued(now=AT, limit=10, blocked={"job j"})
    assert [run.id for run in left] == [urgent.id, forced.id]


async def test_queued_runs_expire(kit):
    early = make_run(start_before=AT + timedelta(minutes=1))
    late = make_run(start_before=AT + timedelta(minutes=2))
    await kit.runs.add_all([NewRun(run=r, frozen=make_frozen()) for r in (early, late)])
    assert await kit.runs.next_expiry() == AT + timedelta(minutes=1)
    assert await kit.runs.expired(AT + timedelta(seconds=59)) == ()
    assert await kit.runs.expired(AT + timedelta(seconds=60)) == (early,)


async def test_the_load_of_a_job_is_told_without_its_backfills(kit):
    waiting, active = make_run(job_id="j"), make_run(job_id="j")
    filling = make_run(job_id="j", backfill=Backfill(id="b", max_concurrent=1))
    runs = (waiting, active, filling)
    await kit.runs.add_all([NewRun(run=r, frozen=make_frozen()) for r in runs])
    await kit.runs.update(active.id, lambda run: run.move_to(RunState.STARTING, at=AT), at=AT)
    assert await kit.runs.load("j") == JobLoad(active=(active.id,), waiting=(waiting.id,))
    assert await kit.runs.load("other") == JobLoad()


async def test_a_run_that_never_starts_needs_nothing_frozen(kit):
    run = make_run(state=RunState.SKIPPED, finished_at=AT, reason="missed")
    await kit.runs.add_all([NewRun(run=run, frozen=None)])
    assert await kit.runs.get(run.id) == run
    assert (await kit.runs.count())[RunState.SKIPPED] == 1
