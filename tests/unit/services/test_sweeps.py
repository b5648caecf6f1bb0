"""One notebook over many parameter sets."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_batch.domain.queries import RunQuery, SweepQuery
from jupyter_batch.domain.requests import RunRequest, SweepRequest
from jupyter_batch.domain.run import RunState, TriggerKind
from jupyter_batch.domain.sweep import MAX_SWEEP_RUNS
from jupyter_batch.errors import (
    Conflict,
    InvalidInput,
    InvalidParameters,
    NotFound,
    TooLarge,
    UnknownKernel,
)
from jupyter_batch.testing import FakeAttempt, hang


async def make(bench, sets, *, key=None, max_concurrent=None, grid_names=(), **fields):
    request = SweepRequest(
        run=RunRequest(notebook=fields.pop("notebook", "nb.ipynb"), **fields),
        parameter_sets=tuple(sets),
        grid_names=frozenset(grid_names),
        max_concurrent=max_concurrent,
    )
    return await bench.engine.sweeps.create(request, user="ada", idempotency_key=key)


async def over(bench, sweep):
    for run in await runs_of(bench, sweep):
        await bench.ended(run.id)
    return await bench.engine.sweeps.get(sweep.id)


async def runs_of(bench, sweep):
    query = RunQuery(sweep_id=sweep.id, limit=1000)
    return (await bench.engine.runs.list(query)).items[::-1]


async def nothing_is_stored(bench):
    runs = (await bench.store.runs.list(RunQuery())).items
    sweeps = (await bench.store.sweeps.list(SweepQuery())).items
    return (runs, sweeps) == ((), ())


async def alpha_above_one_fails(attempt: FakeAttempt) -> None:
    attempt.begin(["work()"])
    attempt.start_cell(0)
    good = attempt.spec.bundle.settings["parameters"]["alpha"] <= 1
    await attempt.end(verdict="succeeded" if good else "failed")


async def test_a_sweep_runs_the_notebook_once_for_each_set(bench):
    sweep = await make(bench, [{"alpha": 1}, {"alpha": 2}, {}], name="try", priority=3)
    runs = await runs_of(bench, sweep)
    assert [run.parameters for run in runs] == [{"alpha": 1}, {"alpha": 2}, {}]
    assert {(run.name, run.trigger, run.priority) for run in runs} == {
        ("try", TriggerKind.SWEEP, 3)
    }
    assert [run.sweep.index for run in runs] == [0, 1, 2]
    done = await over(bench, sweep)
    assert (done.state, done.counts) == ("succeeded", {RunState.SUCCEEDED: 3})
    assert done.finished_at is not None


async def test_what_all_sets_share_can_be_said_once_and_replaced(bench):
    bench.notebooks.properties["beta"] = {"type": "number"}
    sweep = await make(bench, [{"alpha": 1}, {"alpha": 1, "beta": 9}], parameters={"beta": 5})
    assert [run.parameters["beta"] for run in await runs_of(bench, sweep)] == [5, 9]


async def test_one_bad_set_refuses_all_and_is_named(bench):
    with pytest.raises(InvalidParameters, match=r"set 3 of 4: .*'alpha' takes a number") as caught:
        await make(bench, [{"alpha": 1}, {}, {"alpha": "x"}, {"alpha": None}])
    details = caught.value.details
    assert (details["index"], details["field"]) == (2, "parameter_sets.2.alpha")
    assert details["parameters"] == {"alpha": "x"}
    assert await nothing_is_stored(bench)


@pytest.mark.parametrize(
    ("sets", "more", "field"),
    [
        ([{"alpha": "x"}], {"grid_names": ["alpha"]}, "grid.alpha"),
        ([{"alpha": 1}], {"parameters": {"beta": 1}}, "parameters.beta"),
        ([{"alpha": 1}, {"beta": 1}], {}, "parameter_sets.1.beta"),
    ],
)
async def test_the_field_is_where_the_caller_has_written_it(bench, sets, more, field):
    with pytest.raises(InvalidParameters) as caught:
        await make(bench, sets, **more)
    assert caught.value.details["field"] == field


async def test_a_sweep_has_at_least_one_run_and_not_too_many(bench):
    with pytest.raises(InvalidInput, match="at least one"):
        await make(bench, [])
    with pytest.raises(TooLarge, match="10,001 runs; a sweep has at most 10,000"):
        await make(bench, [{}] * (MAX_SWEEP_RUNS + 1))
    with pytest.raises(InvalidInput, match="max_concurrent"):
        await make(bench, [{}], max_concurrent=0)
    with pytest.raises(NotFound):
        await make(bench, [{}], notebook="none.ipynb")
    bench.notebooks.kernel = bench.notebooks.language = "julia"
    with pytest.raises(UnknownKernel):
        await make(bench, [{}])
    assert await nothing_is_stored(bench)


async def test_the_same_key_makes_the_sweep_once(bench):
    await bench.engine.dispatcher.stop()
    first = await make(bench, [{"alpha": 1}], key="k")
    assert (await make(bench, [{"alpha": 1}], key="k")).id == first.id
    assert len((await bench.store.runs.list(RunQuery())).items) == 1


async def test_no_more_of_its_runs_are_active_than_it_says(bench):
    bench.executor.behaviour = hang
    sweep = await make(bench, [{}] * 3, max_concurrent=1)
    (first,) = await bench.executor.wait_started(1)
    other = await bench.submit()
    started = await bench.executor.wait_started(2)
    assert other.id in {attempt.spec.run_id for attempt in started}
    waiting = (await runs_of(bench, sweep))[-1]
    assert waiting.reason == "waits: the sweep may have 1 run at once"
    await first.end()
    await bench.ended(first.spec.run_id)
    await bench.executor.wait_started(2)


async def test_a_cancel_reaches_those_that_wait_and_those_that_run(bench):
    bench.executor.behaviour = hang
    sweep = await make(bench, [{}] * 5)
    attempts = await bench.executor.wait_started(2)
    answer = await bench.engine.sweeps.cancel(sweep.id, user="bob")
    assert answer.state == "cancelling"
    done = await over(bench, sweep)
    assert (done.state, done.counts) == ("cancelled", {RunState.CANCELLED: 5})
    assert all(attempt.stopped_with is not None for attempt in attempts)
    reasons = [run.reason for run in await runs_of(bench, sweep)]
    assert all("bob" in reason for reason in reasons)
    with pytest.raises(Conflict, match="the sweep is over: it is cancelled"):
        await bench.engine.sweeps.cancel(sweep.id, user="bob")


async def test_only_the_failed_runs_are_tried_again(bench):
    bench.executor.behaviour = alpha_above_one_fails
    sweep = await make(bench, [{"alpha": n} for n in range(4)])
    done = await over(bench, sweep)
    assert done.counts == {RunState.SUCCEEDED: 2, RunState.FAILED: 2}
    bench.executor.behaviour = hang
    again = await bench.engine.sweeps.retry(sweep.id, user="bob")
    assert again.state == "running"
    for attempt in await bench.executor.wait_started(2):
        await attempt.end()
    done = await over(bench, sweep)
    assert (done.state, done.counts) == ("succeeded", {RunState.SUCCEEDED: 4})
    assert [len(run.attempts) for run in await runs_of(bench, sweep)] == [1, 1, 2, 2]
    with pytest.raises(Conflict, match=r"nothing to retry.*it has 4 succeeded"):
        await bench.engine.sweeps.retry(sweep.id, user="bob")


async def test_what_was_called_off_is_tried_again_where_it_is_asked_for(bench):
    await bench.engine.dispatcher.stop()
    sweep = await make(bench, [{}] * 2)
    await bench.engine.sweeps.cancel(sweep.id, user="ada")
    with pytest.raises(Conflict, match="no run of the sweep is failed or lost or timed_out"):
        await bench.engine.sweeps.retry(sweep.id, user="ada")
    with pytest.raises(InvalidInput, match="succeeded cannot be retried"):
        await bench.engine.sweeps.retry(sweep.id, user="ada", states=[RunState.SUCCEEDED])
    again = await bench.engine.sweeps.retry(sweep.id, user="ada", states=[RunState.CANCELLED])
    assert again.counts == {RunState.QUEUED: 2}


async def test_a_sweep_that_is_over_is_deleted_with_its_runs(bench):
    bench.executor.behaviour = hang
    sweep = await make(bench, [{}] * 2)
    with pytest.raises(Conflict):
        await bench.engine.sweeps.delete(sweep.id)
    await bench.engine.sweeps.cancel(sweep.id, user="ada")
    await over(bench, sweep)
    assert await bench.engine.sweeps.delete(sweep.id) == 2
    assert await nothing_is_stored(bench)


@pytest.mark.parametrize("action", ["cancel", "retry", "delete", "get"])
async def test_an_unknown_sweep_is_not_found(bench, action):
    more = {} if action in ("delete", "get") else {"user": "ada"}
    with pytest.raises(NotFound, match="there is no sweep none"):
        await getattr(bench.engine.sweeps, action)("none", **more)


async def test_others_get_their_turn_while_many_sets_are_checked(bench):
    await bench.engine.dispatcher.stop()
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(count())
    await make(bench, [{"alpha": n} for n in range(2000)])
    other.cancel()
    assert turns >= 10
