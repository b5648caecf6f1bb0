"""Ten years of a mix of schedules, by a clock that a test moves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import JobRequest
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
)
from jupyter_batch.domain.schedule.upcoming import instants
from jupyter_batch.domain.settings import Settings
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.testing import (
    FakeAlarm,
    FakeClock,
    FakeExecutor,
    FakeNotebooks,
    FakeSecrets,
    FakeStore,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2036, 1, 1, tzinfo=UTC)
MIX: tuple[AnyTrigger, ...] = (
    CronTrigger(cron="30 2 * * sun", timezone="America/New_York"),
    CronTrigger(cron="15 3 1,15 * *", timezone="Europe/Amsterdam"),
    CronTrigger(cron="0 0 L * *", timezone="Australia/Lord_Howe"),
    CronTrigger(cron="0 12 29 2 *", timezone="UTC"),
    CronTrigger(cron="0 9 * * mon#1", timezone="Pacific/Apia"),
    IntervalTrigger(interval_seconds=10 * 86_400),
    OnceTrigger(at=datetime(2030, 6, 1, 12, tzinfo=UTC)),
)


async def test_ten_years_of_a_mix_of_schedules_make_each_run_once():
    clock, hub = FakeClock(START), EventHub()
    store, executor = FakeStore(sink=hub, clock=clock), FakeExecutor()
    engine = BatchEngine(
        store=store,
        executors={"docker": executor},
        notebooks=FakeNotebooks(),
        secrets=FakeSecrets({}),
        clock=clock,
        settings=Settings(data_dir="/d", root_dir="/r", max_concurrent_runs=2),
        hub=hub,
        alarm=FakeAlarm(clock),
        poll_seconds=30 * 86_400,
    )
    await engine.start()
    jobs = [
        await engine.jobs.create(
            JobRequest(name=f"job {number}", notebook="nb.ipynb", triggers=(trigger,)),
            user="ada",
        )
        for number, trigger in enumerate(MIX)
    ]
    await clock.advance((END - START).total_seconds())
    for job in jobs:
        page = await store.runs.list(RunQuery(job_id=job.id, limit=10_000))
        (trigger,) = job.triggers
        expected = [at for at in instants(trigger, START, END) if at > START]
        assert sorted(run.scheduled_for for run in page.items) == expected
        assert Counter(run.state for run in page.items) == {RunState.SUCCEEDED: len(expected)}
    await engine.stop()
