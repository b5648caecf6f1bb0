from __future__ import annotations

import asyncio

import pytest

from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput, NotFound


@pytest.fixture
def made(owner):
    return [owner.add_run(name=f"r{n}").id for n in range(450)][::-1]


def pages(owner):
    return sum(request.url.path.endswith("/runs") for request in owner.requests)


def test_nothing_is_asked_for_until_it_is_looked_at(owner, remote, made):
    runs = remote.runs(state="queued")
    repr(runs)
    assert owner.requests == []
    assert next(iter(runs)).id == made[0]
    assert pages(owner) == 1


def test_every_pass_is_new(owner, client, made):
    runs = client.runs()
    assert [run.id for run in runs] == made
    newest = owner.add_run().id
    assert next(iter(runs)).id == newest


def test_places_and_parts(owner, client, made):
    runs = client.runs
    assert runs[0].id == made[0]
    assert runs[249].id == made[249]
    assert [run.id for run in runs[5:8]] == made[5:8]
    assert [run.id for run in runs[:4][1:]] == made[1:4]
    assert [run.id for run in runs[440:]] == made[440:]
    assert list(runs[3:3]) == []
    assert [run.id for run in client.runs(limit=3)[1:9]] == made[1:3]
    assert runs().first().id == made[0]
    assert client.runs(q="none").first() is None


def test_a_small_part_is_a_small_request(owner, client, made):
    list(client.runs[:4])
    assert owner.requests[-1].url.params["limit"] == "4"


def test_a_place_beyond_the_end_is_an_index_error(client, made):
    with pytest.raises(IndexError):
        client.runs[450]


@pytest.mark.parametrize("index", [-1, slice(-3, None), slice(None, -1), slice(0, 9, 2), True, 1.5])
def test_a_place_that_would_need_the_whole_list_is_refused(owner, client, index):
    with pytest.raises(InvalidInput, match="newest first"):
        client.runs[index]
    assert owner.requests == []


async def test_a_list_is_read_while_the_loop_goes_on(client, made):
    assert [run.id async for run in client.runs()] == made
    assert [run.id async for run in client.runs[:3]] == made[:3]


async def test_runs_are_awaited_together_on_a_loop_that_goes_on(owner, client, notebook):
    owner.plan = [{"state": RunState.RUNNING}] * 3 + [{"state": RunState.SUCCEEDED}]
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    other = asyncio.create_task(count())
    runs = [client.submit(notebook) for _ in range(30)]
    assert all(run.succeeded for run in await asyncio.gather(*runs))
    other.cancel()
    assert turns > 20


async def test_calls_that_wait_work_on_a_running_loop(owner, client, notebook):
    owner.plan = [{"state": RunState.SUCCEEDED}]
    assert client.run(notebook).succeeded


def test_runs_are_found_by_their_job(owner, client, notebook):
    job = client.jobs.create(notebook, name="nightly")
    run = job.trigger()
    owner.add_run()
    for named in (job, "nightly", job.id):
        assert [found.id for found in client.runs(job=named)] == [run.id]
    assert [found.id for found in job.runs()] == [run.id]
    with pytest.raises(NotFound, match="there is no job 'daily'"):
        client.runs(job="daily")


def test_a_run_is_named_by_a_part_of_its_id(client, made):
    assert client.get(made[3][-8:]).id == made[3]
    assert client.runs[made[3]].id == made[3]
    assert client.get("last").id == made[0]
    with pytest.raises(InvalidInput, match="may be one of 450 runs"):
        client.get(made[0][:4])
    with pytest.raises(NotFound):
        client.get("nothing")
