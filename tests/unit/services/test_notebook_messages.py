"""Results, items and progress: from frames to the record."""

from __future__ import annotations

import json
import time

from jupyter_batch.domain import frames
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.frames import ItemFailure
from jupyter_batch.domain.run import RunState
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.testing import FakeAttempt, hang

NOW = time.time()


def say_result(attempt: FakeAttempt, name: str, body: str, *, more: bool = False) -> None:
    attempt.emit(frames.Result, name=name, type="json", body=body, more=more, told_at=attempt.at)


async def test_results_are_on_record_and_told(bench):
    async def behaviour(attempt: FakeAttempt) -> None:
        attempt.begin(["x"])
        say_result(attempt, "small", "[1]")
        say_result(attempt, "large", '["' + "a" * 9000, more=True)
        say_result(attempt, "other", "2")
        say_result(attempt, "large", 'b"]')
        await attempt.end()

    bench.executor.behaviour = behaviour
    run = await bench.ended((await bench.submit()).id)
    found = {r.name: r for r in await bench.store.records.results(run.id, 1)}
    assert (found["small"].value, found["other"].value) == ("[1]", "2")
    assert (found["large"].value, found["large"].size) == (None, 9005)
    text = await bench.store.records.document(run.id, 1, found["large"].document)
    assert json.loads(text) == ["a" * 9000 + "b"]
    told = [e.data async for e in bench.engine.runs.follow(run.id) if e.kind == "result"]
    assert [(data["name"], data["value"]) for data in told] == [
        ("small", [1]),
        ("other", 2),
        ("large", None),
    ]


async def test_progress_is_in_the_run_and_told_as_it_happens(bench):
    bench.executor.behaviour = hang
    run = await bench.submit()
    (attempt,) = await bench.executor.wait_started()
    subscription = bench.hub.subscribe(run.id)
    attempt.emit(
        frames.ProgressFrame, name="x", data={"processed": 3, "total": 10, "odd": "ignored"}
    )
    attempt.emit(
        frames.Items, name="x", done=("1", "2"), failed=(ItemFailure(key="3", error="E: no"),)
    )
    await attempt.end()
    ended = await bench.ended(run.id)
    (progress,) = ended.progress
    assert (progress.name, progress.processed, progress.total) == ("x", 3, 10)
    events = {event.kind: event for event in await subscription.take()}
    subscription.close()
    assert events["progress"].data["processed"] == 3
    assert events["items"].data["failed"] == ({"key": "3", "error": "E: no"},)
    kept = [e.kind for e in await bench.store.records.events(run_id=run.id)]
    assert "items" in kept
    assert "progress" not in kept


async def test_a_retry_is_told_what_is_done(bench):
    async def first(attempt: FakeAttempt) -> None:
        attempt.begin(["x"])
        attempt.emit(frames.Items, name="x", done=('"a"', '"b"'))
        await attempt.end(verdict="failed", cause="exception")

    bench.executor.behaviour = first
    run = await bench.ended((await bench.submit()).id)
    bench.executor.behaviour = hang
    await bench.engine.runs.retry(run.id, user="ada")
    attempt = (await bench.executor.wait_started())[-1]
    assert attempt.spec.bundle.settings["done_items"] == {"x": ('"a"', '"b"')}
    await attempt.end()
    assert (await bench.ended(run.id)).progress == ()


async def test_what_a_killed_runner_did_not_pass_on_is_found(bench):
    told = b'["d","x","a"]\n["p",0,{"name":"x","processed":1,"total":9}]\n'
    untold = (
        b'["d","x","b"]\n["d","x","s3cret"]\n["result",'
        + str(NOW).encode()
        + b',"loss","json",["s3cret",1]]\n["d","x","torn'
    )

    async def behaviour(attempt: FakeAttempt) -> None:
        attempt.begin(["x"])
        attempt.start_cell(0)
        attempt.emit(frames.Items, name="x", done=('"a"',))
        attempt.emit(
            frames.ProgressFrame, name="x", data={"processed": 1, "total": 9}, spool=len(told)
        )
        attempt.kept["spool"] = told + untold
        await attempt.end(AttemptEnding(exit_code=137), verdict=None)

    bench.executor.behaviour = behaviour
    run = await bench.submit(environment=Environment(secrets=("TOKEN",)))
    run = await bench.ended(run.id)
    assert run.state is RunState.LOST
    assert await bench.store.records.done_items(run.id, before=2) == {"x": ('"a"', '"b"', '"***"')}
    assert run.progress[0].processed == 3
    (result,) = await bench.store.records.results(run.id, 1)
    assert (result.name, json.loads(result.value)) == ("loss", ["***", 1])
