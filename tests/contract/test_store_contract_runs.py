"""The contract of every store: runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.run import Attempt, NotebookRef, RunState, TriggerKind
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.testing import AT, make_frozen, make_run

LATER = AT + timedelta(seconds=90, microseconds=123456)


async def add(kit, **fields):
    return await kit.runs.add(make_run(**fields), make_frozen())


async def move(kit, run, *states, reason=None):
    for state in states:
        run = await kit.runs.update(
            run.id, lambda old, to=state: old.move_to(to, at=LATER, reason=reason), at=LATER
        )
    return run


async def ids(kit, **query):
    return [run.id for run in (await kit.runs.list(RunQuery(**query))).items]


async def test_a_run_comes_back_as_it_was_added(kit):
    run = make_run(
        job_id="j",
        name="naïve ☃",
        trigger=TriggerKind.SCHEDULE,
        trigger_id="t",
        scheduled_for=LATER,
        not_before=LATER,
        parameters={"alpha": 0.5, "name": "quote ' \" \n", "rows": [None, True]},
        environment=Environment(image="img", env={"A": "b"}, network="none"),
        files=("lib/*.py", "data/x.csv"),
        timeout_seconds=1.5,
        priority=-3,
    )
    assert await kit.runs.add(run, make_frozen()) == run
    assert await kit.runs.get(run.id) == run


async def test_a_run_that_has_been_through_much_comes_back(kit):
    run = await add(kit)
    after = replace(
        run,
        state=RunState.FAILED,
        reason="cell 3 raised",
        started_at=AT,
        finished_at=LATER,
        environment=Environment(image_digest="sha256:1"),
        attempts=(
            Attempt(attempt_no=1, state=RunState.LOST, reason="the engine went away"),
            Attempt(
                attempt_no=2,
                state=RunState.FAILED,
                container_id="c",
                exit_code=1,
                started_at=AT,
                finished_at=LATER,
                peak_memory_bytes=5_000_000_000,
                cpu_seconds=1.25,
            ),
        ),
        cells=CellCount(total=9, done=3, failed=1),
        error=CellError(cell_index=2, ename="E", evalue="no", traceback=("a", "\x1b[31mb")),
        artifacts=(
            Artifact(path="z/b.csv", size_bytes=3, sha256="s", media_type="text/csv"),
            Artifact(path="a.csv", size_bytes=4, sha256="t", media_type="x/y", attempt_no=2),
        ),
    )
    assert await kit.runs.update(run.id, lambda _: after, at=LATER) == after
    assert await kit.runs.get(run.id) == after
    assert (await kit.runs.list(RunQuery())).items == (after,)


async def test_an_attempt_can_be_changed_and_artifacts_replaced(kit):
    run = await add(kit)
    one = Attempt(attempt_no=1, state=RunState.STARTING)
    artifact = Artifact(path="a", size_bytes=3, sha256="s", media_type="x/y")
    run = await kit.runs.update(
        run.id, lambda old: replace(old.with_attempt(one), artifacts=(artifact,)), at=AT
    )
    two = replace(one, state=RunState.FAILED, exit_code=3)
    run = await kit.runs.update(
        run.id, lambda old: replace(old.with_attempt(two), artifacts=()), at=AT
    )
    assert await kit.runs.get(run.id) == run
    assert run.attempts == (two,)


async def test_what_is_frozen_comes_back_to_the_byte(kit):
    frozen = make_frozen(
        bytes(range(256)) * 10_000,
        files=(FrozenFile(path="lib/a.py", content=b""), FrozenFile(path="b", content=b"\0\r\n")),
    )
    run = await kit.runs.add(make_run(), frozen)
    same = await kit.runs.add(make_run(), frozen)
    assert await kit.runs.frozen(run.id) == frozen
    assert await kit.runs.frozen(same.id) == frozen


async def test_an_unknown_run_is_none_or_not_found(kit):
    assert await kit.runs.get("nope") is None
    with pytest.raises(NotFound):
        await kit.runs.update("nope", lambda run: run, at=AT)
    with pytest.raises(NotFound):
        await kit.runs.frozen("nope")


async def test_an_id_is_taken_once(kit):
    run = await add(kit)
    with pytest.raises(Conflict):
        await kit.runs.add(run, make_frozen())


async def test_the_same_key_makes_one_run(kit):
    first = await kit.runs.add(make_run(), make_frozen(), idempotency_key="k")
    assert await kit.runs.add(make_run(), make_frozen(), idempotency_key="k") == first
    other = make_run(created_by="bob")
    assert await kit.runs.add(other, make_frozen(), idempotency_key="k") == other
    assert len(await ids(kit)) == 2


async def test_a_change_that_raises_changes_nothing(kit):
    run = await add(kit)
    heard = len(kit.heard.events)
    with pytest.raises(Conflict):
        await move(kit, run, RunState.RUNNING)
    assert await kit.runs.get(run.id) == run
    assert len(kit.heard.events) == heard


async def test_runs_are_listed_newest_first_in_pages(kit):
    runs = [await add(kit) for _ in range(5)]
    first = await kit.runs.list(RunQuery(limit=2))
    assert first.items == (runs[4], runs[3])
    second = await kit.runs.list(RunQuery(limit=2, after=first.next_after))
    assert second.items == (runs[2], runs[1])
    third = await kit.runs.list(RunQuery(limit=2, after=second.next_after))
    assert third.items == (runs[0],)
    assert third.next_after is None


async def test_a_page_that_ends_the_list_has_no_next(kit):
    await add(kit)
    await add(kit)
    assert (await kit.runs.list(RunQuery(limit=2))).next_after is None


async def test_lists_are_filtered(kit):
    one = await add(kit, job_id="a", name="Alpha", created_at=AT)
    two = await add(kit, job_id="a", name="beta", created_at=LATER)
    three = await add(kit, job_id="b", notebook=NotebookRef(path="x/Deep.ipynb", sha256="s"))
    await move(kit, three, RunState.STARTING, RunState.RUNNING)
    await move(kit, two, RunState.CANCELLED)
    assert await ids(kit, job_id="a") == [two.id, one.id]
    assert await ids(kit, states=(RunState.RUNNING,)) == [three.id]
    active = (RunState.RUNNING, RunState.QUEUED)
    assert await ids(kit, states=active) == sorted([three.id, one.id], reverse=True)
    assert await ids(kit, since=LATER) == [two.id]
    assert two.id not in await ids(kit, until=LATER)
    assert await ids(kit, q="ALPHA") == [one.id]
    assert await ids(kit, q="deep.ipynb") == [three.id]
    assert await ids(kit, q=two.id.upper()) == [two.id]
    assert await ids(kit, q="_") == []
    assert await ids(kit, job_id="a", states=(RunState.RUNNING,)) == []


async def test_queued_runs_come_by_priority_then_age_when_it_is_time(kit):
    low = await add(kit, priority=-1)
    old = await add(kit)
    new = await add(kit)
    high = await add(kit, priority=5)
    waiting = await add(kit, priority=9, not_before=LATER)
    started = await add(kit, priority=9)
    await move(kit, started, RunState.STARTING)
    queued = await kit.runs.queued(now=AT, limit=10)
    assert queued == (high, old, new, low)
    assert await kit.runs.queued(now=AT, limit=2) == (high, old)
    assert (await kit.runs.queued(now=LATER, limit=1)) == (waiting,)


async def test_the_next_instant_at_which_a_queued_run_may_start(kit):
    assert await kit.runs.next_not_before() is None
    now = kit.clock.now()
    await add(kit, not_before=now - timedelta(seconds=5))
    await add(kit, not_before=now + timedelta(seconds=50))
    soon = await add(kit, not_before=now + timedelta(seconds=5))
    assert await kit.runs.next_not_before() == now + timedelta(seconds=5)
    await move(kit, soon, RunState.CANCELLED)
    assert await kit.runs.next_not_before() == now + timedelta(seconds=50)


async def test_active_runs_and_counts_follow_the_states(kit):
    runs = [await add(kit) for _ in range(4)]
    await move(kit, runs[0], RunState.STARTING)
    await move(kit, runs[1], RunState.STARTING, RunState.RUNNING)
    await move(kit, runs[2], RunState.STARTING, RunState.RUNNING, RunState.SUCCEEDED)
    active = await kit.runs.active()
    assert {run.id for run in active} == {runs[0].id, runs[1].id}
    counts = await kit.runs.count()
    assert {state: count for state, count in counts.items() if count} == {
        RunState.QUEUED: 1,
        RunState.STARTING: 1,
        RunState.RUNNING: 1,
        RunState.SUCCEEDED: 1,
    }


async def test_a_retried_run_is_queued_again(kit):
    run = await add(kit)
    await move(kit, run, RunState.STARTING, RunState.FAILED, RunState.QUEUED)
    assert [queued.id for queued in await kit.runs.queued(now=AT, limit=5)] == [run.id]


async def test_deleted_runs_are_gone_from_everywhere(kit):
    kept, gone = await add(kit), await kit.runs.add(make_run(), make_frozen(), idempotency_key="k")
    assert await kit.runs.delete([gone.id, "nope", gone.id]) == 1
    assert await kit.runs.get(gone.id) is None
    assert await ids(kit) == [kept.id]
    assert (await kit.runs.count())[RunState.QUEUED] == 1
    assert await kit.runs.queued(now=AT, limit=5) == (kept,)
    with pytest.raises(NotFound):
        await kit.runs.frozen(gone.id)
    with pytest.raises(NotFound):
        await kit.records.events(run_id=gone.id)
    assert {event.run_id for event in await kit.records.events()} == {kept.id}
    again = make_run()
    assert await kit.runs.add(again, make_frozen(), idempotency_key="k") == again


async def test_deleting_none_deletes_none(kit):
    assert await kit.runs.delete([]) == 0
