"""What an owner does with the runs that an earlier one has left."""

from __future__ import annotations

from jupyter_batch.domain.run import RunState
from jupyter_batch.testing import hang


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
