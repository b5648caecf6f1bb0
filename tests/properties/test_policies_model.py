"""No combination of policies leaves a job that never runs again, or loses an instant.

The real services run over fakes; hypothesis decides what happens to them.
"""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import JobRequest
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import Run, RunState, TriggerKind
from jupyter_batch.domain.schedule.trigger import CronTrigger, MissedPolicy
from jupyter_batch.domain.schedule.upcoming import count_instants
from jupyter_batch.domain.settings import Settings
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.errors import BatchError
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.testing import (
    FakeAlarm,
    FakeAttempt,
    FakeClock,
    FakeExecutor,
    FakeNotebooks,
    FakeSecrets,
    FakeStore,
    hang,
)

RETRIES = {
    "none": RetryPolicy(),
    "twice": RetryPolicy(max_attempts=3, delay_seconds=90, jitter=0),
}
COMBINATIONS = list(itertools.product(OverlapPolicy, MissedPolicy, sorted(RETRIES), (None, 1, 3)))
PERIOD = timedelta(minutes=10)
#: A few days before the clocks of Amsterdam change.
START = datetime(2026, 3, 28, 12, tzinfo=UTC)


async def succeed(attempt: FakeAttempt) -> None:
    await attempt.end()


async def fail(attempt: FakeAttempt) -> None:
    await attempt.end(AttemptEnding(exit_code=1), verdict="failed", cause="exception", message="no")


BEHAVIOURS = {"succeed": succeed, "fail": fail, "hang": hang}


class World:
    """One job with its policies, on an engine over fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock(START)
        self.hub = EventHub()
        self.store = FakeStore(sink=self.hub, clock=self.clock)
        self.executor = FakeExecutor()
        self.behave("succeed")
        self.job_id = ""

    async def begin(self, combination: tuple[Any, ...]) -> None:
        overlap, missed, retry, pause_after = combination
        await self.start()
        job = await self.engine.jobs.create(
            JobRequest(
                name="job",
                notebook="nb.ipynb",
                triggers=(
                    CronTrigger(
                        # Not such as count real time: those may come by an instant again.
                        cron="0,10,20,30,40,50 0-23 * * *",
                        timezone="Europe/Amsterdam",
                        missed_policy=missed,
                    ),
                ),
                overlap_policy=overlap,
                retry=RETRIES[retry],
                pause_after_failures=pause_after,
            ),
            user="ada",
        )
        self.job_id = job.id

    async def start(self) -> None:
        self.engine = BatchEngine(
            store=self.store,
            executors={"docker": self.executor},
            notebooks=FakeNotebooks(),
            secrets=FakeSecrets({}),
            clock=self.clock,
            settings=Settings(
                data_dir="/d", root_dir="/r", max_concurrent_runs=3, silence_limit_seconds=None
            ),
            hub=self.hub,
            alarm=FakeAlarm(self.clock),
            poll_seconds=600,
        )
        await self.engine.start()

    async def stop(self) -> None:
        await self.engine.stop()

    def behave(self, name: str) -> None:
        self.executor.behaviour = BEHAVIOURS[name]

    async def release(self) -> None:
        """Ends whatever hangs."""
        for attempt in list(self.executor.attempts.values()):
            if attempt.ending is None:
                await attempt.end()
        await self.clock.advance(1)

    async def advance(self, span: timedelta) -> None:
        await self.clock.advance(span.total_seconds())

    async def runs(self) -> list[Run]:
        return list((await self.store.runs.list(RunQuery(limit=1000_000))).items)

    async def unfinished(self) -> int:
        """Returns how many runs are not over."""
        counts = await self.store.runs.count()
        return sum(counts.get(state, 0) for state in UNFINISHED)

    async def check(self) -> None:
        """Every instant that was decided on is on record, once."""
        scheduled = [run for run in await self.runs() if run.trigger is TriggerKind.SCHEDULE]
        fired = [run.scheduled_for for run in scheduled if run.missed is None]
        assert len(fired) == len(set(fired))
        missed = sum(run.missed.count for run in scheduled if run.missed is not None)
        (state,) = await self.store.jobs.triggers()
        (trigger,) = (await self.engine.jobs.get(self.job_id)).triggers
        until = state.progress.decided_until + timedelta(microseconds=1)
        since = START + timedelta(microseconds=1)
        assert len(fired) + missed == count_instants(trigger, since, until)
        assert all(run.reason for run in scheduled if run.state is RunState.SKIPPED)

    async def check_alive(self) -> None:
        """After any history, the job runs again once its obstacle is gone."""
        self.behave("succeed")
        await self.engine.jobs.resume(self.job_id)
        before, idle = 0, 0
        while (left := await self.unfinished()) and idle < 200:
            idle = idle + 1 if left == before else 0
            before = left
            await self.release()
            await self.advance(timedelta(seconds=120))
        job = await self.engine.jobs.get(self.job_id)
        if job.paused:
            await self.engine.jobs.resume(self.job_id)
        # A clock that has gone back must first come to where it was.
        (state,) = await self.store.jobs.triggers()
        since = max(self.clock.now(), state.progress.decided_until)
        await self.advance(since - self.clock.now() + 3 * PERIOD)
        await self.release()
        new = [run for run in await self.runs() if run.scheduled_for > since]
        assert [run for run in new if run.state is RunState.SUCCEEDED], new


class Policies(RuleBasedStateMachine):
    """The actions on a job."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.has_slept_long = False

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @initialize(combination=st.sampled_from(COMBINATIONS))
    def begin(self, combination: tuple[Any, ...]) -> None:
        self.do(self.world.begin(combination))

    @rule(minutes=st.integers(1, 60))
    def time_passes(self, minutes: int) -> None:
        self.do(self.world.advance(timedelta(minutes=minutes)))

    @precondition(lambda self: not self.has_slept_long)
    @rule()
    def the_machine_sleeps_over_the_catch_up_window(self) -> None:
        # Once: a thousand runs are made up for by it.
        self.has_slept_long = True
        self.the_machine_sleeps(24 * 8)

    @rule(hours=st.sampled_from([1, 7, 26]))
    def the_machine_sleeps(self, hours: int) -> None:
        self.world.clock.set(self.world.clock.now() + timedelta(hours=hours))
        self.do(self.world.advance(timedelta(minutes=11)))

    @rule()
    def the_clock_goes_back_an_hour(self) -> None:
        self.world.clock.set(self.world.clock.now() - timedelta(hours=1))
        self.do(self.world.advance(timedelta(seconds=1)))

    @rule(name=st.sampled_from(sorted(BEHAVIOURS)))
    def notebooks_behave(self, name: str) -> None:
        self.world.behave(name)

    @rule()
    def what_hangs_ends(self) -> None:
        self.do(self.world.release())

    @rule(forced=st.booleans())
    def somebody_runs_it(self, forced: bool) -> None:
        self.do(self.world.engine.jobs.trigger(self.world.job_id, user="bob", forced=forced))

    @rule()
    def somebody_cancels_all(self) -> None:
        async def cancel() -> None:
            for run in await self.world.runs():
                if run.state in UNFINISHED:
                    try:
                        await self.world.engine.runs.cancel(run.id, user="bob")
                    except BatchError:
                        pass  # It ended just now.
            await self.world.clock.advance(1)

        self.do(cancel())

    @rule()
    def it_is_paused(self) -> None:
        self.do(self.world.engine.jobs.pause(self.world.job_id, reason="paused by bob"))

    @rule()
    def it_goes_on(self) -> None:
        self.do(self.world.engine.jobs.resume(self.world.job_id))

    @rule(minutes=st.sampled_from([0, 25, 600]), attempts_survive=st.booleans())
    def the_owner_dies(self, minutes: int, attempts_survive: bool) -> None:
        async def die() -> None:
            await self.world.stop()
            self.world.clock.set(self.world.clock.now() + timedelta(minutes=minutes))
            if not attempts_survive:
                self.world.executor.attempts.clear()
            await self.world.start()

        self.do(die())

    @invariant()
    def every_instant_is_on_record_once(self) -> None:
        if self.world.job_id:
            self.do(self.world.check())

    def teardown(self) -> None:
        try:
            if self.world.job_id:
                self.do(self.world.check_alive())
                self.do(self.world.check())
        finally:
            if self.world.job_id:
                self.do(self.world.stop())
            self.loop.close()


def test_no_course_of_events_ends_a_schedule():
    run_state_machine_as_test(
        Policies,
        settings=settings(
            max_examples=40,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda c: "-".join(map(str, c)))
async def test_each_combination_of_policies_comes_through_a_bad_day(combination):
    world = World()
    await world.begin(combination)
    for behaviour in ("hang", "fail", "succeed"):
        world.behave(behaviour)
        await world.advance(3 * PERIOD)
        await world.engine.jobs.pause(world.job_id, reason="paused by bob")
        await world.advance(2 * PERIOD)
        await world.engine.jobs.resume(world.job_id)
        await world.stop()
        world.clock.set(world.clock.now() + timedelta(hours=2))
        await world.start()
        await world.advance(PERIOD)
        await world.check()
        await world.release()
    await world.check_alive()
    await world.check()
    await world.stop()
