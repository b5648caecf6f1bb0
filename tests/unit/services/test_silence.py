"""A runner that says nothing while its container runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.domain.run import RunState
from jupyter_batch.services.execution.silence import SilenceTimer
from jupyter_batch.testing import FakeClock, hang

from .conftest import Bench


@pytest.fixture
async def strict() -> AsyncIterator[Bench]:
    bench = Bench(silence_limit_seconds=60.0)
    bench.executor.behaviour = hang
    await bench.engine.start()
    yield bench
    await bench.engine.stop()


async def begun(bench: Bench):
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    (attempt,) = bench.executor.attempts.values()
    return run.id, attempt


async def test_a_silent_runner_is_reported_and_then_lost(strict: Bench):
    run_id, attempt = await begun(strict)
    await strict.clock.advance(20)
    assert (await strict.engine.runs.get(run_id)).reason is None
    await strict.clock.advance(15)
    reported = await strict.engine.runs.get(run_id)
    assert reported.state is RunState.RUNNING
    assert "nothing has been heard from its runner for 30 s" in str(reported.reason)
    await strict.clock.advance(30)
    ended = await strict.ended(run_id)
    assert ended.state is ended.attempts[0].state is RunState.LOST
    assert "the runner said nothing for 60 s" in str(ended.reason)
    assert "cell 1 of 2" in str(ended.reason)
    assert attempt.stopped_with == 0
    assert strict.executor.removed == [f"jb-{run_id}-1"]


async def test_a_heartbeat_is_enough_and_takes_the_report_back(strict: Bench):
    run_id, attempt = await begun(strict)
    for _ in range(4):
        await strict.clock.advance(40)
        assert "nothing has been heard" in str((await strict.engine.runs.get(run_id)).reason)
        attempt.emit(frames.Heartbeat, memory_bytes=1, peak_memory_bytes=1, cpu_seconds=1.0)
        await attempt.flush()
        await strict.clock.advance(4)
        assert (await strict.engine.runs.get(run_id)).reason is None
    assert (await strict.engine.runs.get(run_id)).state is RunState.RUNNING


async def test_an_engine_that_does_not_answer_is_no_silence_of_the_runner(strict: Bench):
    run_id, attempt = await begun(strict)
    strict.executor.away = True
    await attempt.flush()
    await strict.clock.advance(300)
    assert (await strict.engine.runs.get(run_id)).state is RunState.RUNNING


async def test_an_engine_that_hangs_is_no_silence_of_the_runner(strict: Bench):
    run_id, _ = await begun(strict)
    strict.executor.away = True  # the stream stays open, and nothing comes
    await strict.clock.advance(90)
    assert (await strict.engine.runs.get(run_id)).state is RunState.RUNNING


async def test_a_machine_that_was_asleep_does_not_count_its_sleep():
    clock = FakeClock()
    silence = SilenceTimer(clock, step_seconds=3.0)

    with silence.listening():
        task = asyncio.create_task(silence.step())
        await clock.advance(1)
        clock.set(clock.now() + timedelta(hours=8))
        await clock.advance(0)
        await task
    assert silence.seconds == 6.0


async def test_only_while_somebody_listens_it_counts():
    clock = FakeClock()
    silence = SilenceTimer(clock, step_seconds=3.0)
    task = asyncio.create_task(silence.step())
    await clock.advance(3)
    await task
    assert silence.seconds == 0.0
