"""An error anywhere in the life of one run ends that run and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.requests import JobRequest
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.schedule.trigger import IntervalTrigger
from jupyter_batch.errors import ExecutorError, StoreError
from jupyter_batch.testing import FakeAttempt
from jupyter_batch.testing.executor import hang, succeed

FAULTS = {
    "a fault": lambda: RuntimeError("INT128 out of range"),
    "an error of the store": lambda: StoreError("the store could not do it: INT128"),
    "an error of the executor": lambda: ExecutorError("cannot do it"),
}
#: Each step: the object that does it, its method, and where it is said which run it is for.
STEPS: dict[str, tuple[Callable[[Any], Any], str, Callable[..., str]]] = {
    "it is prepared": (lambda b: b.executor, "prepare", lambda environment, _: environment.image),
    "its notebook is read": (lambda b: b.store.runs, "frozen", lambda run_id: run_id),
    "what earlier attempts have done is read": (
        lambda b: b.store.records,
        "done_items",
        lambda run_id, **_: run_id,
    ),
    "its secrets are read": (lambda b: b.secrets, "get", lambda names, **_: names[:1]),
    "it is started": (lambda b: b.executor, "start", lambda spec: spec.run_id),
    "it is looked how far it is recorded": (
        lambda b: b.store.records,
        "watermark",
        lambda run_id, _: run_id,
    ),
    "it is followed": (lambda b: b.executor, "follow", lambda handle: handle.run_id),
    "it is recorded": (lambda b: b.store.records, "record", lambda r, _=None: r.run_id),
    "its end is awaited": (lambda b: b.executor, "wait", lambda handle: handle.run_id),
    "what it has left is read": (lambda b: b.executor, "kept", lambda handle, _: handle.run_id),
    "it is removed": (lambda b: b.executor, "remove", lambda handle: handle.run_id),
    "it is written": (lambda b: b.store.runs, "update", lambda run_id, *_, **__: run_id),
    "it is looked up": (lambda b: b.store.runs, "get", lambda run_id: run_id),
}


def break_step(bench: Any, step: str, run: Run, fault: Callable[[], Exception]) -> list[str]:
    """Makes one step of one run raise, always; returns a list that tells when it has."""
    find, name, key = STEPS[step]
    target = find(bench)
    works = getattr(target, name)
    raised: list[str] = []
    marks = (run.id, run.environment.image, run.environment.secrets[:1])

    def is_it(*args: Any, **options: Any) -> bool:
        mark = key(*args, **options)
        if mark and mark in marks:
            raised.append(step)
            return True
        return False

    if name == "follow":

        async def follow(handle: Any) -> Any:
            if is_it(handle):
                raise fault()
            async for items in works(handle):
                yield items

        setattr(target, name, follow)
        return raised

    async def work(*args: Any, **options: Any) -> Any:
        if is_it(*args, **options):
            raise fault()
        return await works(*args, **options)

    setattr(target, name, work)
    return raised


async def fail_without_a_word(attempt: FakeAttempt) -> None:
    """Ends with no last word, so that what it has left is looked for."""
    attempt.begin(["x"])
    await attempt.end(verdict=None)


@pytest.mark.parametrize("behaviour", [succeed, fail_without_a_word])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
async def test_a_run_that_raises_at_a_step_touches_no_other(bench, step, fault, behaviour):
    await bench.engine.dispatcher.stop()
    bad = await bench.submit(environment=Environment(image="bad", secrets=("TOKEN",)))

    async def behave(attempt: FakeAttempt) -> None:
        await (behaviour if attempt.spec.run_id == bad.id else succeed)(attempt)

    bench.executor.behaviour = behave
    raised = break_step(bench, step, bad, FAULTS[fault])
    bench.engine.dispatcher.start()
    good = await bench.submit()
    assert (await bench.ended(good.id)).state is RunState.SUCCEEDED
    await bench.clock.advance(120)
    again = await bench.submit()
    assert (await bench.ended(again.id)).state is RunState.SUCCEEDED
    assert raised or (
        behaviour is succeed and step in ("its end is awaited", "what it has left is read")
    )
    kept = bench.store.memory.runs[bad.id]
    # Of a run whose row cannot be written nothing can be on record.
    assert kept.state.is_terminal or step == "it is written", kept
    if kept.state in (RunState.FAILED, RunState.LOST):
        assert kept.reason
    assert bench.engine.dispatcher.trouble is None
    assert bench.engine.dispatcher.active == 0


async def test_twenty_runs_that_cannot_be_claimed_keep_nobody_waiting(bench):
    await bench.engine.dispatcher.stop()
    bad = [await bench.submit() for _ in range(25)]
    broken = {run.id for run in bad}
    update = bench.store.runs.update

    async def refuse(run_id: str, *args: Any, **options: Any) -> Run:
        if run_id in broken:
            raise RuntimeError("INT128 out of range")
        run: Run = await update(run_id, *args, **options)
        return run

    bench.store.runs.update = refuse
    good = await bench.submit()
    bench.engine.dispatcher.start()
    for _ in range(20):
        await bench.clock.advance(5)
    assert bench.store.memory.runs[good.id].state is RunState.SUCCEEDED
    told = await bench.engine.runs.get(bad[0].id)
    assert "INT128" in (told.reason or "")
    # Once they can be claimed they run.
    broken.clear()
    for _ in range(20):
        await bench.clock.advance(60)
    states = {bench.store.memory.runs[run.id].state for run in bad}
    assert states == {RunState.SUCCEEDED}


@pytest.mark.parametrize("step", ["list", "follow", "get"])
async def test_a_run_that_cannot_be_taken_over_keeps_no_other_from_it(bench, step):
    bench.executor.behaviour = hang
    runs = [await bench.submit() for _ in range(2)]
    for run in runs:
        await bench.reached(run.id, lambda r: r.state is RunState.RUNNING)
    bad, good = runs
    await bench.engine.dispatcher.stop()
    target = bench.store.runs if step == "get" else bench.executor
    works = getattr(target, step)
    failures = 2 if step == "list" else 10**6

    async def fail(key: Any) -> Any:
        nonlocal failures
        if (step == "list" or key == bad.id) and failures:
            failures -= 1
            raise RuntimeError("no")
        return await works(key)

    async def fail_to_follow(handle: Any) -> Any:
        if handle.run_id == bad.id:
            raise RuntimeError("no")
        async for items in works(handle):
            yield items

    setattr(target, step, fail_to_follow if step == "follow" else fail)
    engine = bench.engine = bench.new_engine()
    starting = asyncio.create_task(engine.start())
    for _ in range(10):
        await bench.clock.advance(2)
    await asyncio.wait_for(starting, 10)
    for attempt in list(bench.executor.attempts.values()):
        await attempt.end()
    await bench.clock.advance(10)
    states = {run.id: bench.store.memory.runs[run.id].state for run in runs}
    assert states[good.id] is RunState.SUCCEEDED
    assert states[bad.id] is (RunState.SUCCEEDED if step == "list" else RunState.LOST)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_trigger_that_cannot_be_dealt_with_keeps_no_other_from_it(bench, fault):
    every = (IntervalTrigger(interval_seconds=600),)
    jobs = [
        await bench.engine.jobs.create(
            JobRequest(name=name, notebook="nb.ipynb", triggers=every), user="ada"
        )
        for name in ("bad", "good")
    ]
    bad, good = (job.id for job in jobs)
    add_all = bench.store.runs.add_all
    is_broken = True

    async def refuse(runs: Any, steps: Any) -> Any:
        if is_broken and any(new.run.job_id == bad for new in runs):
            raise FAULTS[fault]()
        return await add_all(runs, steps)

    bench.store.runs.add_all = refuse
    for _ in range(40):
        await bench.clock.advance(60)
    made = [run.job_id for run in bench.store.memory.runs.values()]
    assert (made.count(bad), made.count(good)) == (0, 4)
    is_broken = False
    for _ in range(11):
        await bench.clock.advance(60)
    made = [run.job_id for run in bench.store.memory.runs.values()]
    assert made.count(bad) >= 1
    assert made.count(good) == 5
