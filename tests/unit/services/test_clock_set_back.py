"""The clock is set back by hours: nothing stands still until it has caught up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import JobRequest
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.trigger import CronTrigger, IntervalTrigger
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.services.execution.executor_health import ExecutorHealthTracker
from jupyter_batch.services.patience import Patience
from jupyter_batch.services.scheduling import alarm as alarm_module
from jupyter_batch.services.scheduling.alarm import SystemAlarm
from jupyter_batch.testing import FakeAttempt, FakeClock, FakeExecutor

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOURS = -5 * 3600


async def fail(attempt: FakeAttempt) -> None:
    attempt.begin(["1/0"])
    await attempt.end(AttemptEnding(exit_code=1), verdict="failed", cause="exception", message="no")


async def make(bench, **fields):
    request = JobRequest(notebook="nb.ipynb", **{"name": "job", **fields})
    return await bench.engine.jobs.create(request, user="ada")


async def runs_of(bench, job):
    page = await bench.engine.runs.list(RunQuery(job_id=job.id, limit=1000))
    return sorted(page.items, key=lambda run: run.id)


@pytest.mark.parametrize(
    "trigger",
    [IntervalTrigger(interval_seconds=600), CronTrigger(cron="*/10 * * * *")],
    ids=["interval", "cron"],
)
@pytest.mark.parametrize("restarts", [False, True], ids=["", "with a new owner"])
async def test_a_schedule_goes_on(bench, trigger, restarts):
    job = await make(bench, triggers=(trigger,))
    await bench.clock.advance(1200)
    before = await runs_of(bench, job)
    assert len(before) == 2
    await asyncio.gather(*(bench.ended(run.id) for run in before))
    before = await runs_of(bench, job)
    bench.clock.jump(HOURS)
    if restarts:
        await bench.engine.stop()
        bench.engine = bench.new_engine()
        await bench.engine.start()
    await bench.clock.advance(1800)
    runs = [run for run in await runs_of(bench, job) if run not in before]
    begin = START + timedelta(seconds=1200 + HOURS)
    assert [run.scheduled_for for run in runs] == [
        begin + timedelta(minutes=10 * number) for number in (1, 2, 3)
    ]


async def test_what_has_its_run_comes_again_only_where_real_time_counts(bench):
    often = await make(bench, triggers=(IntervalTrigger(interval_seconds=3600),))
    daily = await make(bench, name="daily", triggers=(CronTrigger(cron="30 12 * * *"),))
    await bench.clock.advance(2 * 3600)
    bench.clock.jump(-2 * 3600)
    await bench.clock.advance(2 * 3600)
    assert len(await runs_of(bench, often)) == 4
    assert len(await runs_of(bench, daily)) == 1


async def test_a_retry_does_not_wait_for_the_clock(bench):
    bench.executor.behaviour = fail
    retry = RetryPolicy(max_attempts=2, delay_seconds=30.0, jitter=0.0)
    job = await make(bench, retry=retry)
    run = await bench.engine.jobs.trigger(job.id, user="ada")
    await bench.clock.advance(1)
    assert (await bench.engine.runs.get(run.id)).state is RunState.QUEUED
    bench.clock.jump(HOURS)
    await bench.clock.advance(180)
    ended = await bench.engine.runs.get(run.id)
    assert (ended.state, len(ended.attempts)) == (RunState.FAILED, 2)


async def test_an_executor_that_is_away_is_looked_at_again():
    clock, executor = FakeClock(), FakeExecutor()
    executor_health = ExecutorHealthTracker({"docker": executor}, clock)
    executor_health.mark_unavailable("docker", "it is away")
    clock.jump(HOURS)
    assert await executor_health.check("docker") is None


def test_patience_takes_no_time_of_a_clock_that_is_set():
    clock = FakeClock()
    patience = Patience(clock, 300)
    for step in (0, 100, HOURS, 100, 7 * 86_400):
        clock.jump(step)
        assert not patience.over() or step == 7 * 86_400
    assert patience.seconds == 350
    patience.reset()
    assert not patience.over()


async def test_the_alarm_rings_when_its_time_has_passed_by_another_clock(monkeypatch):
    monkeypatch.setattr(alarm_module, "_SLACK_SECONDS", 0.0)
    alarm, rung = SystemAlarm(), asyncio.Event()
    alarm.start(rung.set)

    # As if the clock had been set back right after it was asked.
    monkeypatch.setattr(alarm._scheduler, "_process_jobs", lambda: 3600.0)
    alarm.set(datetime.now(UTC) + timedelta(seconds=0.2))
    await asyncio.wait_for(rung.wait(), 30)
    alarm.stop()
