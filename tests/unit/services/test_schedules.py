"""Time turns into runs, each instant once, and what does not run is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.job_fields import Source
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import BackfillRequest, JobRequest
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import RunState, TriggerKind
from jupyter_batch.domain.schedule.trigger import (
    CronTrigger,
    IntervalTrigger,
    MissedPolicy,
    OnceTrigger,
)
from jupyter_batch.errors import InvalidInput, InvalidParameters, InvalidSchedule
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.testing import FakeAttempt, hang

START = datetime(2026, 1, 15, 12, tzinfo=UTC)


async def make(bench, **fields):
    fields = {"name": "report", "notebook": "nb.ipynb", **fields}
    return await bench.engine.jobs.create(JobRequest(**fields), user="ada")


async def runs_of(bench, job, *states):
    query = RunQuery(job_id=job.id, states=states, limit=1000)
    return tuple(reversed((await bench.engine.runs.list(query)).items))


def every(seconds, **fields):
    return IntervalTrigger(interval_seconds=seconds, **fields)


async def fail(attempt: FakeAttempt) -> None:
    attempt.begin(["1/0"])
    await attempt.end(AttemptEnding(exit_code=1), verdict="failed", cause="exception", message="no")


async def test_a_schedule_makes_a_run_at_each_instant(bench):
    job = await make(bench, triggers=(CronTrigger(cron="*/10 * * * *"),))
    await bench.clock.advance(1800)
    runs = await runs_of(bench, job)
    assert [run.scheduled_for for run in runs] == [
        START + timedelta(minutes=10 * i) for i in (1, 2, 3)
    ]
    assert {run.trigger for run in runs} == {TriggerKind.SCHEDULE}
    assert {run.trigger_id for run in runs} == {job.triggers[0].id}
    assert {(await bench.ended(run.id)).state for run in runs} == {RunState.SUCCEEDED}


async def test_nothing_runs_at_the_instant_at_which_a_job_is_made(bench):
    job = await make(bench, triggers=(CronTrigger(cron="0 12 * * *"),))
    await bench.clock.advance(60)
    assert await runs_of(bench, job) == ()


async def test_after_a_week_of_sleep_the_latest_runs_and_one_record_tells_of_the_rest(bench):
    job = await make(bench, triggers=(every(60),))
    bench.clock.set(START + timedelta(days=7))
    await bench.clock.advance(60)
    runs = await runs_of(bench, job)
    skipped = [run for run in runs if run.missed is not None]
    assert len(skipped) == 1
    assert skipped[0].missed.count > 10_000
    assert "a later one runs in its place" in skipped[0].reason
    assert len(runs) <= 4


async def test_missed_runs_are_caught_up_by_the_next_owner(bench):
    trigger = CronTrigger(cron="0 * * * *", missed_policy=MissedPolicy.ALL)
    job = await make(bench, triggers=(trigger,))
    await bench.engine.stop()
    bench.clock.set(START + timedelta(hours=3, minutes=5))
    bench.engine = bench.new_engine()
    await bench.engine.start()
    await bench.clock.advance(1)
    runs = await runs_of(bench, job)
    assert [run.scheduled_for.hour for run in runs] == [13, 14, 15]
    assert {(await bench.ended(run.id)).state for run in runs} == {RunState.SUCCEEDED}


async def test_a_job_s_notebook_is_read_where_the_job_was_made_whoever_is_the_owner(bench):
    bench.notebooks.files |= {
        "/ada/nb.ipynb": b'{"cells": [], "of": "ada"}',
        "/bob/nb.ipynb": b'{"cells": [], "of": "bob"}',
    }
    triggers = (CronTrigger(cron="0 * * * *"),)
    jobs = [await make(bench, name=root, root=root, triggers=triggers) for root in ("/ada", "/bob")]
    await bench.engine.stop()
    bench.settings = replace(bench.settings, root_dir="/elsewhere")
    bench.engine = bench.new_engine()
    await bench.engine.start()
    await bench.clock.advance(3600)
    for job in jobs:
        (run,) = await runs_of(bench, job)
        frozen = await bench.store.runs.frozen(run.id)
        assert frozen.content == bench.notebooks.files[f"{job.root}/nb.ipynb"]
        assert run.notebook.root == job.root


async def test_a_missed_run_is_skipped_with_its_reason(bench):
    trigger = CronTrigger(cron="0 * * * *", missed_policy=MissedPolicy.SKIP)
    job = await make(bench, triggers=(trigger,))
    await bench.engine.stop()
    bench.clock.set(START + timedelta(hours=1, minutes=5))
    bench.engine = bench.new_engine()
    await bench.engine.start()
    await bench.clock.advance(1)
    (run,) = await runs_of(bench, job)
    assert run.state is RunState.SKIPPED
    assert run.reason == "missed while no engine was running: missed runs are skipped"


@pytest.mark.parametrize(
    ("on_time", "late", "state"),
    [
        (60.0, 30, RunState.SUCCEEDED),
        (60.0, 90, RunState.SKIPPED),
        (5.0, 30, RunState.SKIPPED),
        (600.0, 90, RunState.SUCCEEDED),
        (0.0, 1, RunState.SKIPPED),
    ],
)
async def test_how_late_is_on_time_is_a_setting(bench, on_time, late, state):
    trigger = CronTrigger(cron="0 * * * *", missed_policy=MissedPolicy.SKIP)
    job = await make(bench, triggers=(trigger,))
    await bench.engine.stop()
    bench.settings = replace(bench.settings, on_time_seconds=on_time)
    bench.clock.set(START + timedelta(hours=1, seconds=late))
    bench.engine = bench.new_engine()
    await bench.engine.start()
    await bench.clock.advance(1)
    (run,) = await runs_of(bench, job)
    assert (await bench.ended(run.id)).state is state


async def test_a_job_that_a_lost_run_pauses_at_a_start_still_tells_what_it_missed(bench):
    bench.executor.behaviour = hang
    trigger = every(600, missed_policy=MissedPolicy.SKIP)
    job = await make(bench, triggers=(trigger,), pause_after_failures=1)
    await bench.clock.advance(600)
    await bench.engine.stop()
    bench.executor.attempts.clear()
    bench.clock.set(START + timedelta(seconds=1200 + 300))
    bench.engine = bench.new_engine()
    await bench.engine.start()
    assert (await bench.engine.jobs.get(job.id)).paused
    runs = await runs_of(bench, job)
    assert [run.scheduled_for for run in runs] == [
        START + timedelta(seconds=seconds) for seconds in (600, 1200)
    ]
    assert runs[1].reason == "missed while no engine was running: missed runs are skipped"


async def test_a_clock_that_goes_back_an_hour_runs_nothing_twice(bench):
    job = await make(bench, triggers=(CronTrigger(cron="0,10,20,30,40,50 0-23 * * *"),))
    await bench.clock.advance(1200)
    bench.clock.set(bench.clock.now() - timedelta(hours=1))
    await bench.clock.advance(5400)
    instants = [run.scheduled_for for run in await runs_of(bench, job)]
    assert instants == sorted(set(instants))
    assert instants[-1] == START + timedelta(seconds=3000)


async def test_a_paused_job_makes_no_runs_and_tells_what_it_missed_when_it_goes_on(bench):
    job = await make(bench, triggers=(CronTrigger(cron="0 * * * *"),))
    paused = await bench.engine.jobs.pause(job.id, reason="paused by ada")
    assert (paused.paused, paused.paused_reason) == (True, "paused by ada")
    await bench.clock.advance(3 * 3600)
    assert await runs_of(bench, job) == ()
    await bench.engine.jobs.resume(job.id)
    runs = await runs_of(bench, job)
    assert [run.state for run in runs][:2] == [RunState.SKIPPED] * 2
    assert "while the schedule was paused" in runs[0].reason
    assert runs[2].scheduled_for.hour == 15


async def test_a_pause_across_a_change_of_clocks_keeps_local_time(bench):
    trigger = CronTrigger(
        cron="0 6 * * *", timezone="Europe/Amsterdam", missed_policy=MissedPolicy.SKIP
    )
    bench.clock.set(datetime(2026, 3, 28, 12, tzinfo=UTC))
    job = await make(bench, triggers=(trigger,))
    await bench.engine.jobs.pause(job.id, reason="paused by ada")
    bench.clock.set(datetime(2026, 3, 29, 12, tzinfo=UTC))
    await bench.engine.jobs.resume(job.id)
    await bench.clock.advance(86_400)
    ran = [run for run in await runs_of(bench, job) if run.state is RunState.SUCCEEDED]
    assert [run.scheduled_for for run in ran] == [datetime(2026, 3, 30, 4, tzinfo=UTC)]


async def test_an_edited_schedule_begins_anew_and_an_untouched_one_goes_on(bench):
    job = await make(bench, triggers=(every(3600), CronTrigger(cron="0 0 * * *")))
    await bench.clock.advance(600)
    kept = job.triggers[1]
    changed = await bench.engine.jobs.update(job.id, {"triggers": (every(1800), kept)}, user="ada")
    assert changed.triggers[1].id == kept.id
    assert changed.triggers[0].id != job.triggers[0].id
    await bench.clock.advance(3600)
    assert [run.scheduled_for.minute for run in await runs_of(bench, job)] == [30, 0]


async def test_a_run_that_overlaps_is_skipped_with_the_name_of_the_other(bench):
    bench.executor.behaviour = hang
    job = await make(bench, triggers=(every(600),))
    await bench.clock.advance(1200)
    first, second = await runs_of(bench, job)
    assert (first.state, second.state) == (RunState.RUNNING, RunState.SKIPPED)
    assert second.reason == f"the run {first.id} of this job was not done"


async def test_a_manual_run_obeys_the_overlap_policy_unless_it_is_forced(bench):
    bench.executor.behaviour = hang
    job = await make(bench, overlap_policy=OverlapPolicy.SKIP)
    first = await bench.engine.jobs.trigger(job.id, user="ada")
    await bench.reached(first.id, lambda run: run.state is RunState.RUNNING)
    second = await bench.engine.jobs.trigger(job.id, user="ada")
    forced = await bench.engine.jobs.trigger(job.id, user="ada", forced=True)
    assert second.state is RunState.SKIPPED
    await bench.reached(forced.id, lambda run: run.state is RunState.RUNNING)


async def test_a_newer_run_replaces_the_one_that_runs(bench):
    bench.executor.behaviour = hang
    job = await make(bench, triggers=(every(600),), overlap_policy=OverlapPolicy.REPLACE)
    await bench.clock.advance(1200)
    first, second = await runs_of(bench, job)
    assert (first.state, second.state) == (RunState.CANCELLED, RunState.RUNNING)
    assert f"the newer run {second.id}" in first.reason


async def test_a_waiting_run_says_why_and_at_which_place(bench):
    bench.executor.behaviour = hang
    job = await make(bench, overlap_policy=OverlapPolicy.QUEUE)
    first = await bench.engine.jobs.trigger(job.id, user="ada")
    await bench.reached(first.id, lambda run: run.state is RunState.RUNNING)
    second = await bench.engine.jobs.trigger(job.id, user="ada")
    third = await bench.engine.jobs.trigger(job.id, user="ada")
    waiting = await bench.engine.runs.get(second.id)
    assert (waiting.queue_position, waiting.reason) == (
        1,
        f"waits for the run {first.id} of this job",
    )
    assert third.state is RunState.SKIPPED


async def test_a_failed_attempt_is_tried_again_at_the_same_nominal_time(bench):
    bench.executor.behaviour = fail
    retry = RetryPolicy(max_attempts=3, delay_seconds=60, jitter=0)
    job = await make(bench, triggers=(CronTrigger(cron="0 13 * * *"),), retry=retry)
    await bench.clock.advance(3600)
    (run,) = await runs_of(bench, job)
    assert run.state is RunState.QUEUED
    assert run.reason.startswith("attempt 2 of 3 follows in 1 minute; attempt 1 failed: no")
    await bench.clock.advance(200)
    (run,) = await runs_of(bench, job)
    assert (run.state, len(run.attempts)) == (RunState.FAILED, 3)
    assert [attempt.state for attempt in run.attempts] == [RunState.FAILED] * 3
    assert run.scheduled_for == START + timedelta(hours=1)


async def test_a_job_pauses_itself_after_failures_and_counts_anew_when_it_goes_on(bench):
    bench.executor.behaviour = fail
    job = await make(bench, triggers=(every(600),), pause_after_failures=3)
    await bench.clock.advance(3000)
    paused = await bench.engine.jobs.get(job.id)
    assert paused.paused_reason == "paused by itself after 3 failed runs in a row"
    assert len(await runs_of(bench, job)) == 3
    await bench.engine.jobs.resume(job.id)
    await bench.clock.advance(600)
    assert not (await bench.engine.jobs.get(job.id)).paused


async def test_a_run_as_a_whole_has_an_end(bench):
    bench.executor.behaviour = fail
    retry = RetryPolicy(max_attempts=100, delay_seconds=60, backoff_factor=1, jitter=0)
    job = await make(bench, retry=retry, run_timeout_seconds=150)
    run = await bench.engine.jobs.trigger(job.id, user="ada")
    await bench.clock.advance(1000)
    ended = await bench.engine.runs.get(run.id)
    assert (ended.state, len(ended.attempts)) == (RunState.FAILED, 3)


async def test_a_run_that_waits_too_long_is_skipped(bench):
    bench.executor.behaviour = hang
    job = await make(bench, queue_timeout_seconds=300, max_concurrent=1)
    first = await bench.engine.jobs.trigger(job.id, user="ada")
    second = await bench.engine.jobs.trigger(job.id, user="ada")
    await bench.reached(first.id, lambda run: run.state is RunState.RUNNING)
    await bench.clock.advance(301)
    late = await bench.engine.runs.get(second.id)
    assert late.state is RunState.SKIPPED
    assert late.reason.startswith("not started by 2026-01-15T12:05:00+00:00")


async def test_jitter_puts_off_the_start_and_not_the_nominal_time(bench):
    trigger = every(3600, jitter_seconds=600)
    job = await make(bench, triggers=(trigger,))
    await bench.clock.advance(3600)
    (run,) = await runs_of(bench, job)
    assert run.scheduled_for == START + timedelta(hours=1)
    assert run.not_before is None or run.state is RunState.QUEUED
    await bench.clock.advance(600)
    (run,) = await runs_of(bench, job)
    assert run.state is RunState.SUCCEEDED


async def test_macros_are_rendered_once_per_run(bench):
    bench.notebooks.properties = {"day": {"type": "string"}, "job": {"type": "string"}}
    trigger = CronTrigger(
        cron="30 23 * * *", timezone="UTC", parameters={"day": "{{ run.scheduled_for | date }}"}
    )
    job = await make(bench, triggers=(trigger,), parameters={"job": "{{ job.name }}"})
    await bench.clock.advance(86_400)
    (run,) = await runs_of(bench, job)
    assert run.parameters == {"day": "2026-01-15", "job": "report"}


async def test_a_job_whose_notebook_has_gone_fails_with_that_reason_and_stays_editable(bench):
    job = await make(bench, triggers=(every(600),))
    del bench.notebooks.files["nb.ipynb"]
    await bench.clock.advance(600)
    (run,) = await runs_of(bench, job)
    assert run.state is RunState.FAILED
    assert run.reason == "it could not be started: there is no notebook nb.ipynb"
    changed = await bench.engine.jobs.update(job.id, {"priority": 3}, user="ada")
    assert changed.priority == 3


async def test_a_pinned_job_runs_what_was_there_when_it_was_saved(bench):
    before = bench.notebooks.files["nb.ipynb"]
    job = await make(bench, triggers=(every(600),), source=Source.PINNED)
    bench.notebooks.files["nb.ipynb"] = b'{"cells": ["changed"]}'
    await bench.clock.advance(600)
    (run,) = await runs_of(bench, job)
    assert (await bench.store.runs.frozen(run.id)).content == before


async def test_a_backfill_makes_what_the_schedule_would_have_made_but_for_what_succeeded(bench):
    job = await make(bench, triggers=(every(600),))
    await bench.clock.advance(1200)
    request = BackfillRequest(since=START - timedelta(hours=1), until=bench.clock.now())
    report = await bench.engine.backfills.backfill(job.id, request)
    assert (report.made, report.succeeded_before) == (7, 1)
    for _ in range(10):
        await bench.clock.advance(1)
    runs = [run for run in await runs_of(bench, job) if run.trigger is TriggerKind.BACKFILL]
    assert [run.scheduled_for for run in runs] == [
        START + timedelta(minutes=10 * i) for i in range(-6, 1)
    ]
    assert {(await bench.ended(run.id)).state for run in runs} == {RunState.SUCCEEDED}
    again = await bench.engine.backfills.backfill(job.id, request)
    assert (again.made, again.succeeded_before) == (0, 8)


async def test_a_backfill_has_a_limit_of_its_own_and_keeps_no_scheduled_run_from_running(bench):
    bench.executor.behaviour = hang
    job = await make(bench, triggers=(every(600),))
    request = BackfillRequest(since=START - timedelta(hours=1), until=START)
    await bench.engine.backfills.backfill(job.id, request)
    await bench.clock.advance(600)
    running = await runs_of(bench, job, RunState.RUNNING)
    assert sorted(run.trigger for run in running) == [TriggerKind.BACKFILL, TriggerKind.SCHEDULE]


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"triggers": (CronTrigger(cron="61 * * * *"),)}, InvalidSchedule, "triggers.0.cron"),
        ({"triggers": (CronTrigger(cron="0 0 30 2 *"),)}, InvalidSchedule, "triggers.0.cron"),
        (
            {"triggers": (CronTrigger(cron="@daily", timezone="Europe/Amsterdm"),)},
            InvalidSchedule,
            "triggers.0.timezone",
        ),
        ({"triggers": (every(-5),)}, InvalidSchedule, "triggers.0.interval_seconds"),
        (
            {"triggers": (OnceTrigger(at=START - timedelta(days=1)),)},
            InvalidSchedule,
            "triggers.0.at",
        ),
        (
            {
                "triggers": (
                    every(60, start_at=START + timedelta(days=2), end_at=START + timedelta(days=1)),
                )
            },
            InvalidSchedule,
            "triggers.0.end_at",
        ),
        ({"parameters": {"alpha": "{{ run.nothing }}"}}, InvalidParameters, "parameters.alpha"),
        ({"retry": RetryPolicy(max_attempts=0)}, InvalidInput, "retry.max_attempts"),
        ({"pause_after_failures": 0}, InvalidInput, "pause_after_failures"),
        ({"keep_runs": 0}, InvalidInput, "keep_runs"),
        ({"keep_days": -1.0}, InvalidInput, "keep_days"),
        ({"run_timeout_seconds": -1.0}, InvalidInput, "run_timeout_seconds"),
    ],
)
async def test_what_cannot_be_used_is_refused_and_nothing_is_stored(bench, fields, error, field):
    with pytest.raises(error) as caught:
        await make(bench, **fields)
    assert caught.value.details["field"] == field
    assert bench.store.memory.jobs == {}
    assert bench.store.memory.triggers == {}
