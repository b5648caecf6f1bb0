"""The reconciliation of runs that an earlier owner has left."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.errors import AttemptGone, StoreFull
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.testing import hang

from .conftest import Bench


async def running(bench: Bench, **fields):
    """Returns a run that an owner has left running."""
    bench.executor.behaviour = hang
    run = await bench.submit(**fields)
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    await bench.engine.dispatcher.stop()
    return run


async def claimed(bench: Bench, container_id: str | None):
    """Returns a run whose owner died after it had claimed it."""
    bench.executor.away = True
    run = await bench.submit()
    await bench.engine.dispatcher.stop()
    now = bench.clock.now()

    def change(run):
        attempt = Attempt(attempt_no=1, state=RunState.STARTING, container_id=container_id)
        return replace(run, attempts=()).move_to(RunState.STARTING, at=now).with_attempt(attempt)

    await bench.store.runs.update(run.id, change, at=now)
    bench.executor.away = False
    return run


async def next_owner(bench: Bench) -> None:
    bench.engine = bench.new_engine()
    await bench.engine.start()


async def test_a_run_that_still_runs_is_adopted_and_read_from_where_it_was(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    before = await bench.store.records.watermark(run.id, 1)
    await bench.engine.dispatcher.stop()

    bench.engine = bench.new_engine()
    await bench.engine.start()
    (attempt,) = bench.executor.attempts.values()
    attempt.print(0, "after the change of owner\n")
    attempt.finish_cell(0)
    await attempt.end()
    ended = await bench.ended(run.id)
    assert ended.state is RunState.SUCCEEDED
    assert len(ended.attempts) == 1
    events = await bench.store.records.events(run_id=run.id)
    ids = [event.event_id for event in events]
    assert ids == sorted(set(ids))
    assert before.last_seq > 0


async def test_a_run_whose_attempt_is_gone_is_lost(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    await bench.engine.dispatcher.stop()
    bench.executor.attempts.clear()

    bench.engine = bench.new_engine()
    await bench.engine.start()
    lost = await bench.engine.runs.get(run.id)
    assert (lost.state, lost.attempts[0].state) == (RunState.LOST, RunState.LOST)
    assert lost.finished_at is not None


async def test_an_attempt_of_no_active_run_is_removed(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    await bench.engine.dispatcher.stop()
    now = bench.clock.now()
    await bench.store.runs.update(
        run.id, lambda r: r.move_to(RunState.LOST, at=now, reason="test"), at=now
    )

    bench.engine = bench.new_engine()
    await bench.engine.start()
    assert bench.executor.removed == [f"jb-{run.id}-1"]


async def test_runs_of_an_engine_that_is_away_wait_for_it_and_are_adopted(bench):
    run = await running(bench)
    bench.executor.away = True
    await next_owner(bench)
    waiting = await bench.engine.runs.get(run.id)
    assert waiting.state is RunState.RUNNING
    assert waiting.reason == "waits to be taken over: the fake engine does not answer"
    await bench.clock.advance(60)
    bench.executor.away = False
    await bench.clock.advance(2)
    adopted = await bench.engine.runs.get(run.id)
    assert (adopted.state, adopted.reason) == (RunState.RUNNING, None)
    (attempt,) = bench.executor.attempts.values()
    attempt.finish_cell(0)
    await attempt.end()
    assert (await bench.ended(run.id)).state is RunState.SUCCEEDED


async def test_runs_of_an_engine_that_stays_away_are_lost_with_that_reason(bench):
    run = await running(bench)
    bench.executor.away = True
    await next_owner(bench)
    await bench.clock.advance(590)
    assert (await bench.engine.runs.get(run.id)).state is RunState.RUNNING
    await bench.clock.advance(20)
    lost = await bench.engine.runs.get(run.id)
    assert lost.state is RunState.LOST
    assert "the engine stayed away" in lost.reason
    bench.executor.away = False
    await bench.clock.advance(60)
    assert bench.executor.removed == [f"jb-{run.id}-1"]


async def test_runs_that_wait_for_their_engine_keep_their_places(bench):
    await running(bench)
    bench.executor.behaviour = hang
    bench.executor.away = True
    bench.settings = replace(bench.settings, max_concurrent_runs=1)
    await next_owner(bench)
    second = await bench.submit()
    bench.executor.away = False
    await bench.clock.advance(5)
    assert (await bench.engine.runs.get(second.id)).state is RunState.QUEUED
    assert len(bench.executor.attempts) == 1


async def test_a_run_that_is_cancelled_while_its_engine_is_away_is_stopped_when_it_is_back(bench):
    run = await running(bench)
    bench.executor.away = True
    await next_owner(bench)
    await bench.engine.runs.cancel(run.id, user="ada")
    assert (await bench.engine.runs.get(run.id)).state is RunState.CANCELLING
    bench.executor.away = False
    await bench.clock.advance(2)
    ended = await bench.ended(run.id)
    assert (ended.state, ended.reason) == (RunState.CANCELLED, "cancelled by ada in cell 1 of 2")


async def test_a_cancelled_run_whose_attempt_is_gone_is_cancelled(bench):
    run = await running(bench)
    await bench.engine.runs.cancel(run.id, user="ada")
    bench.executor.attempts.clear()
    await next_owner(bench)
    ended = await bench.engine.runs.get(run.id)
    assert ended.state is RunState.CANCELLED
    assert ended.reason.startswith("cancelled by ada")


async def test_a_lost_run_is_tried_again_where_its_policy_says_so(bench):
    policy = RetryPolicy(max_attempts=2, delay_seconds=0.0, endings=(RunState.LOST,))
    run = await running(bench)
    await bench.store.runs.update(
        run.id,
        lambda r: replace(r, policies=replace(r.policies, retry=policy)),
        at=bench.clock.now(),
    )
    bench.executor.attempts.clear()
    await next_owner(bench)
    attempts = await bench.executor.wait_started()
    attempts[0].finish_cell(0)
    await attempts[0].end()
    ended = await bench.ended(run.id)
    assert [a.state for a in ended.attempts] == [RunState.LOST, RunState.SUCCEEDED]


async def test_a_run_that_no_engine_had_been_asked_for_is_started(bench):
    run = await claimed(bench, None)
    await next_owner(bench)
    ended = await bench.ended(run.id)
    assert (ended.state, len(ended.attempts)) == (RunState.SUCCEEDED, 1)


async def test_a_run_that_an_engine_had_been_asked_for_is_not_started_again(bench):
    run = await claimed(bench, "jb-x-1")
    await next_owner(bench)
    lost = await bench.engine.runs.get(run.id)
    assert lost.state is RunState.LOST
    assert "may not have begun" in lost.reason
    assert bench.executor.attempts == {}


async def test_an_owner_that_ends_while_it_puts_a_start_on_record_makes_the_start(bench):
    bench.executor.behaviour = hang
    update = bench.store.runs.update
    is_on_record, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(run_id, change, **more):
        run = await update(run_id, change, **more)
        if run.attempt is not None and run.attempt.container_id and not is_on_record.is_set():
            is_on_record.set()
            await may_go_on.wait()
        return run

    bench.store.runs.update = slow
    run = await bench.submit()
    await is_on_record.wait()
    ending = asyncio.create_task(bench.engine.stop())
    await asyncio.wait({ending}, timeout=0.01)
    may_go_on.set()
    await ending
    assert len(bench.executor.attempts) == 1
    bench.engine = bench.new_engine()
    await bench.engine.start()
    adopted = await bench.engine.runs.get(run.id)
    assert (adopted.state, len(adopted.attempts)) == (RunState.RUNNING, 1)


async def test_a_container_that_was_made_and_not_started_is_started(bench):
    run = await running(bench)
    (attempt,) = bench.executor.attempts.values()
    attempt.items.clear()
    attempt.ending = AttemptEnding(never_started=True)
    executor = bench.executor
    begun = []

    async def start(spec):
        begun.append(spec.name)
        attempt.ending = None
        attempt.start_cell(0)
        attempt.finish_cell(0)
        await attempt.end()
        return attempt.handle

    executor.start = start
    await next_owner(bench)
    ended = await bench.ended(run.id)
    assert (ended.state, len(ended.attempts)) == (RunState.SUCCEEDED, 1)
    assert begun == [f"jb-{run.id}-1"]


async def test_what_never_begins_however_often_it_is_started_is_lost(bench):
    run = await running(bench)
    (attempt,) = bench.executor.attempts.values()
    attempt.items.clear()
    attempt.ending = AttemptEnding(exit_code=66, never_started=True)
    begun = []

    async def start(spec):
        begun.append(spec.name)
        return attempt.handle

    bench.executor.start = start
    await next_owner(bench)
    ended = await bench.ended(run.id)
    assert (ended.state, len(ended.attempts)) == (RunState.LOST, 1)
    assert "not handed its bundle" in ended.reason
    assert 1 < len(begun) < 10


async def test_what_may_have_run_is_not_started_again_and_is_removed(bench):
    run = await running(bench)
    (attempt,) = bench.executor.attempts.values()
    attempt.items.clear()
    attempt.ending = AttemptEnding(never_started=True)

    async def start(spec):
        raise AttemptGone("the engine died while it was starting the container")

    bench.executor.start = start
    await next_owner(bench)
    ended = await bench.ended(run.id)
    assert (ended.state, len(ended.attempts)) == (RunState.LOST, 1)
    assert bench.executor.removed == [f"jb-{run.id}-1"]


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_what_could_not_be_removed_is_removed_later(bench, is_deleted):
    bench.executor.behaviour = hang
    run = await bench.submit()
    (attempt,) = await bench.executor.wait_started()
    removal_fails = True
    remove = bench.executor.remove

    async def remove_later(handle):
        bench.executor.away = removal_fails
        await remove(handle)

    bench.executor.remove = remove_later
    attempt.finish_cell(0)
    await attempt.end()
    ended = await bench.ended(run.id)
    assert ended.state is RunState.SUCCEEDED
    assert bench.executor.removed == []
    if is_deleted:
        await bench.engine.runs.delete([run.id])
    removal_fails = bench.executor.away = False
    await bench.clock.advance(60)
    assert bench.executor.removed == [f"jb-{run.id}-1"]


async def test_attempts_of_other_stores_are_left_alone(bench):
    run = await running(bench)
    (attempt,) = bench.executor.attempts.values()
    attempt.spec = replace(attempt.spec, store_id="of somebody else")
    await next_owner(bench)
    await bench.clock.advance(120)
    assert (await bench.engine.runs.get(run.id)).state is RunState.LOST
    assert bench.executor.removed == []
    assert attempt.ending is None


async def test_an_engine_that_comes_and_goes_has_its_whole_patience_each_time(bench):
    run = await running(bench)
    await next_owner(bench)
    (attempt,) = bench.executor.attempts.values()
    for _ in range(3):
        bench.executor.away = True
        await attempt.flush()
        await bench.clock.advance(500)
        bench.executor.away = False
        await bench.clock.advance(5)
    assert (await bench.engine.runs.get(run.id)).state is RunState.RUNNING


async def test_an_end_that_cannot_be_recorded_on_a_full_disk_is_recorded_when_it_can(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    (attempt,) = bench.executor.attempts.values()
    bench.store.memory.troubles.extend([StoreFull("no space is left")] * 4)
    attempt.print(0, "more\n")
    await attempt.end()
    await bench.clock.advance(1)
    assert (await bench.store.runs.get(run.id)).state is RunState.RUNNING
    await bench.clock.advance(60)
    ended = await bench.store.runs.get(run.id)
    assert ended.state is RunState.LOST
    assert ended.attempt.state is RunState.LOST
    assert "no space is left" in ended.reason
    assert not bench.store.memory.troubles
