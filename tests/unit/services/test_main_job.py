"""One notebook, one attempt, one record."""

from __future__ import annotations

import json

import pytest

from jupyter_batch.domain.cell import CellState
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.frames import FrameError
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import (
    Conflict,
    ImageNotFound,
    InvalidInput,
    InvalidParameters,
    NotFound,
    UnknownKernel,
)
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.testing import FakeAttempt, hang


async def test_a_run_is_stored_before_the_caller_is_answered(bench):
    await bench.engine.dispatcher.stop()
    run = await bench.submit(parameters={"alpha": 0.5})
    assert await bench.store.runs.get(run.id) == run
    assert (run.state, run.created_by, run.name) == (RunState.QUEUED, "ada", "nb")


async def test_a_run_goes_through_all_its_states_to_success(bench):
    run = await bench.submit()
    states = [
        event.data["state"]
        async for event in bench.engine.runs.follow(run.id)
        if event.kind == "state"
    ]
    assert states == ["queued", "starting", "running", "succeeded"]


async def test_a_success_leaves_cells_outputs_and_its_attempt(bench):
    run = await bench.ended((await bench.submit()).id)
    (attempt,) = run.attempts
    assert (attempt.attempt_no, attempt.state, attempt.exit_code) == (1, RunState.SUCCEEDED, 0)
    assert (run.cells.total, run.cells.done, run.cells.failed) == (1, 1, 0)
    assert run.environment.image_digest == "sha256:fake"
    (cell,) = await bench.engine.runs.cells(run.id)
    assert cell.state is CellState.SUCCEEDED
    notebook = json.loads(await bench.notebook(run.id))
    assert notebook["cells"][0]["outputs"][0]["text"] == "hello\n"


async def test_the_attempt_is_removed_only_after_its_end_is_committed(bench):
    run = await bench.ended((await bench.submit()).id)
    await bench.engine.stop()
    assert bench.executor.removed == [f"jb-{run.id}-1"]


async def test_a_failed_cell_is_named_and_the_rest_is_on_record_as_not_run(bench):
    async def fail(attempt: FakeAttempt) -> None:
        attempt.begin(["1/0", "never()"])
        attempt.start_cell(0, "1/0")
        error = FrameError(ename="ZeroDivisionError", evalue="division by zero")
        attempt.finish_cell(0, "1/0", error)
        await attempt.end(
            verdict="failed", cause="exception", cell=0, error=error, message="ZeroDivisionError"
        )

    bench.executor.behaviour = fail
    run = await bench.ended((await bench.submit()).id)
    assert (run.state, run.error.cell_index, run.error.ename) == (
        RunState.FAILED,
        0,
        "ZeroDivisionError",
    )
    states = [cell.state for cell in await bench.engine.runs.cells(run.id)]
    assert states == [CellState.FAILED, CellState.NOT_RUN]
    assert json.loads(await bench.notebook(run.id))["error_cell"] == 0


async def test_a_runner_that_falls_silent_leaves_its_running_cell_failed(bench):
    async def die(attempt: FakeAttempt) -> None:
        await hang(attempt)
        attempt.log("Killed")
        await attempt.end(AttemptEnding(exit_code=137, oom_killed=True), verdict=None)

    bench.executor.behaviour = die
    run = await bench.ended((await bench.submit(environment=Environment(memory_bytes=2**20))).id)
    assert run.state is RunState.FAILED
    assert "1 MiB in cell 1 of 2" in run.reason
    states = [cell.state for cell in await bench.engine.runs.cells(run.id)]
    assert states == [CellState.FAILED, CellState.NOT_RUN]
    assert [line.text for line in await bench.engine.runs.log(run.id)] == ["Killed"]


async def test_no_more_runs_are_active_than_the_limit_says(bench):
    bench.executor.behaviour = hang
    runs = [await bench.submit() for _ in range(3)]
    first, second = await bench.executor.wait_started(2)
    assert (await bench.engine.runs.get(runs[2].id)).state is RunState.QUEUED
    await first.end()
    await bench.ended(first.spec.run_id)
    await bench.executor.wait_started(2)
    assert second.spec.run_id in {run.id for run in runs}


async def test_the_queue_goes_by_priority_and_then_by_age(bench):
    await bench.engine.dispatcher.stop()
    runs = [await bench.submit(priority=priority) for priority in (0, 5, 0)]
    queued = await bench.store.runs.queued(now=bench.clock.now(), limit=10)
    assert [run.id for run in queued] == [runs[1].id, runs[0].id, runs[2].id]


async def test_a_waiting_run_is_cancelled_at_once(bench):
    await bench.engine.dispatcher.stop()
    run = await bench.submit()
    cancelled = await bench.engine.runs.cancel(run.id, user="bob")
    assert (cancelled.state, cancelled.attempts) == (RunState.CANCELLED, ())
    assert cancelled.reason == "cancelled by bob while it waited"


async def test_a_running_run_is_cancelled_by_stopping_its_attempt(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    assert (await bench.engine.runs.cancel(run.id, user="bob")).state is RunState.CANCELLING
    ended = await bench.ended(run.id)
    assert (ended.state, ended.reason) == (
        RunState.CANCELLED,
        "cancelled by bob in cell 1 of 2",
    )


async def test_a_runner_that_overstays_its_time_is_killed(bench):
    bench.executor.behaviour = hang
    run = await bench.submit(timeout_seconds=60)
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    await bench.clock.advance(60 + bench.settings.grace_seconds + 60)
    ended = await bench.ended(run.id)
    assert (ended.state, ended.reason) == (
        RunState.TIMED_OUT,
        "not done after 60 s in cell 1 of 2",
    )


async def test_an_engine_that_comes_back_in_time_loses_nothing(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    (attempt,) = bench.executor.attempts.values()
    bench.executor.away = True
    await attempt.flush()
    attempt.finish_cell(0)
    bench.executor.away = False
    await bench.clock.advance(10)
    await attempt.end()
    assert (await bench.ended(run.id)).state is RunState.SUCCEEDED


async def test_an_engine_that_stays_away_loses_its_runs(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    (attempt,) = bench.executor.attempts.values()
    bench.executor.away = True
    attempt.log("wakes the follower")
    await attempt.flush()
    await bench.clock.advance(bench.settings.engine_patience_seconds + 10)
    ended = await bench.ended(run.id)
    assert ended.state is RunState.LOST
    assert "in cell 1 of 2" in ended.reason


async def test_cancelling_twice_is_one_cancel(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    for user in ("bob", "eve"):
        await bench.engine.runs.cancel(run.id, user=user)
    assert (await bench.ended(run.id)).reason.startswith("cancelled by bob")


async def test_a_run_that_is_over_cannot_be_cancelled(bench):
    run = await bench.ended((await bench.submit()).id)
    with pytest.raises(Conflict, match="it is succeeded"):
        await bench.engine.runs.cancel(run.id, user="bob")


async def test_a_retry_keeps_the_failed_attempt_and_the_scheduled_time(bench):
    bench.executor.prepare_error = ImageNotFound("there is no image x")
    run = await bench.ended((await bench.submit()).id)
    assert (run.state, run.reason) == (RunState.FAILED, "there is no image x")
    bench.executor.prepare_error = None
    await bench.engine.runs.retry(run.id, user="ada")
    again = await bench.ended(run.id)
    assert again.state is RunState.SUCCEEDED
    assert [a.state for a in again.attempts] == [RunState.FAILED, RunState.SUCCEEDED]
    assert again.scheduled_for == run.scheduled_for


async def test_a_success_cannot_be_retried(bench):
    run = await bench.ended((await bench.submit()).id)
    with pytest.raises(Conflict, match="submit it anew"):
        await bench.engine.runs.retry(run.id, user="ada")


async def test_runs_wait_while_the_engine_is_away_and_one_of_them_says_so(bench):
    bench.executor.away = True
    first, second = await bench.submit(), await bench.submit()
    waiting = await bench.reached(first.id, lambda r: (r.reason or "").startswith("waits"))
    assert (waiting.state, waiting.attempts) == (RunState.QUEUED, ())
    events = await bench.store.records.events()
    for _ in range(20):
        await bench.clock.advance(60)
    later = [e for e in await bench.store.records.events() if e.run_id == first.id]
    assert len(later) <= len([e for e in events if e.run_id == first.id]) + 2
    assert (await bench.engine.dispatcher.why_waits(second)).startswith("waits: ")
    bench.executor.away = False
    await bench.clock.advance(60)
    for run in (first, second):
        assert (await bench.ended(run.id)).state is RunState.SUCCEEDED


async def test_deleted_runs_give_their_space_back(bench):
    run = await bench.ended((await bench.submit()).id)
    await bench.engine.runs.delete([run.id])
    before = bench.store.reclaimed
    await bench.clock.advance(10)
    assert bench.store.reclaimed == before + 1


async def test_a_secret_reaches_the_bundle_and_nothing_else(bench):
    bench.executor.behaviour = hang
    run = await bench.submit(environment=Environment(secrets=("TOKEN",)))
    (attempt,) = await bench.executor.wait_started()
    assert attempt.spec.bundle.secrets == {"TOKEN": "s3cret"}
    assert "s3cret" not in repr(attempt.spec) + repr(await bench.engine.runs.get(run.id))


async def test_the_bundle_names_what_lies_beside_and_is_not_sent(bench):
    bench.notebooks.beside = ("helper.py", "data/")
    bench.executor.behaviour = hang
    await bench.submit()
    (attempt,) = await bench.executor.wait_started()
    assert attempt.spec.bundle.settings["not_sent"] == ["helper.py", "data/"]


async def test_only_runs_that_are_over_are_deleted(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    with pytest.raises(Conflict, match="cancel it first"):
        await bench.engine.runs.delete([run.id])
    await bench.engine.runs.cancel(run.id, user="ada")
    await bench.ended(run.id)
    assert await bench.engine.runs.delete([run.id, run.id]) == 1
    with pytest.raises(NotFound):
        await bench.engine.runs.get(run.id)


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"notebook": "missing.ipynb"}, NotFound, "notebook"),
        ({"notebook": "../nb.ipynb"}, InvalidInput, "notebook"),
        ({"parameters": {"beta": 1}}, InvalidParameters, "parameters.beta"),
        ({"parameters": {"alpha": "x"}}, InvalidParameters, "parameters.alpha"),
        ({"parameters": {"alpha": float("nan")}}, InvalidParameters, "parameters.alpha"),
        ({"timeout_seconds": 0}, InvalidInput, "timeout_seconds"),
        ({"timeout_seconds": -1.0}, InvalidInput, "timeout_seconds"),
        ({"name": " "}, InvalidInput, "name"),
        ({"name": "a\nb"}, InvalidInput, "name"),
        ({"priority": 10**6}, InvalidInput, "priority"),
        ({"files": ("",)}, InvalidInput, "files"),
        ({"environment": Environment(executor="swarm")}, InvalidInput, "environment.executor"),
        ({"environment": Environment(kernel="cobol")}, UnknownKernel, "environment.kernel"),
        ({"environment": Environment(env={"A B": ""})}, InvalidInput, "environment.env.A B"),
        ({"environment": Environment(secrets=("NO",))}, InvalidInput, "environment.secrets"),
    ],
)
async def test_bad_input_names_its_field_and_stores_nothing(bench, fields, error, field):
    with pytest.raises(error) as caught:
        await bench.submit(**fields)
    assert caught.value.details["field"] == field
    assert (await bench.engine.runs.list(RunQuery())).items == ()


async def test_many_runs_of_an_absent_executor_hide_none_of_another(bench):
    other = bench.add_executor("process")
    bench.executor.away = True
    waiting = [await bench.submit() for _ in range(50)]
    run = await bench.submit(environment=Environment(executor="process"))
    assert (await bench.ended(run.id)).state is RunState.SUCCEEDED
    assert other.removed == [f"jb-{run.id}-1"]
    assert (await bench.engine.runs.get(waiting[-1].id)).state is RunState.QUEUED


@pytest.mark.parametrize(
    ("kernel", "language"), [("my-venv", "python"), ("python", ""), (None, "python"), (None, "")]
)
async def test_a_kernel_that_is_not_there_is_no_matter_where_another_fits(bench, kernel, language):
    bench.notebooks.kernel, bench.notebooks.language = kernel, language
    run = await bench.submit()
    assert (await bench.ended(run.id)).state is RunState.SUCCEEDED


@pytest.mark.parametrize(("kernel", "language"), [("julia-1.9", "julia"), ("thing", "")])
async def test_a_kernel_for_which_none_fits_is_refused_before_the_run(bench, kernel, language):
    bench.notebooks.kernel, bench.notebooks.language = kernel, language
    with pytest.raises(UnknownKernel, match="--kernel") as caught:
        await bench.submit()
    assert caught.value.details["field"] == "notebook"
    assert (await bench.engine.runs.list(RunQuery())).items == ()
