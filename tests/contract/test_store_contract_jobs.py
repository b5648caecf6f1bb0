"""The contract of every store: jobs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.queries import JobQuery
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.testing import make_job


async def test_a_job_comes_back_as_it_was_added(kit):
    job = make_job(
        description="naïve ☃",
        parameters={"alpha": 0.5, "rows": [1, None, {"deep": True}]},
        environment=Environment(
            image="img", cpus=1.5, secrets=("TOKEN",), volumes=(Volume(source="/a", target="/b"),)
        ),
        files=("lib/*.py",),
        timeout_seconds=60.5,
        priority=3,
        max_concurrent=2,
    )
    assert await kit.jobs.add(job) == job
    assert await kit.jobs.get(job.id) == job
    assert await kit.jobs.find(job.name) == job


async def test_an_unknown_job_is_none(kit):
    assert await kit.jobs.get("nope") is None
    assert await kit.jobs.find("nope") is None


async def test_a_name_is_taken_once(kit):
    job = await kit.jobs.add(make_job(name="report"))
    with pytest.raises(Conflict) as caught:
        await kit.jobs.add(make_job(name="report"))
    assert caught.value.details["field"] == "name"
    assert (await kit.jobs.list(JobQuery())).items == (job,)


async def test_the_same_key_makes_one_job(kit):
    first = await kit.jobs.add(make_job(name="report"), idempotency_key="k")
    assert await kit.jobs.add(make_job(name="report"), idempotency_key="k") == first
    other = make_job(name="other", created_by="bob")
    assert await kit.jobs.add(other, idempotency_key="k") == other


async def test_jobs_are_listed_newest_first_in_pages(kit):
    jobs = [await kit.jobs.add(make_job()) for _ in range(5)]
    first = await kit.jobs.list(JobQuery(limit=3))
    assert first.items == tuple(reversed(jobs[2:]))
    rest = await kit.jobs.list(JobQuery(limit=3, after=first.next_after))
    assert rest.items == (jobs[1], jobs[0])
    assert rest.next_after is None


async def test_jobs_are_found_by_a_part_of_their_text_in_any_case(kit):
    job = await kit.jobs.add(make_job(name="Weekly Report"))
    await kit.jobs.add(make_job(name="other"))
    assert (await kit.jobs.list(JobQuery(q="wEEKly"))).items == (job,)
    assert (await kit.jobs.list(JobQuery(q="%"))).items == ()


async def test_a_change_replaces_the_job(kit):
    job = await kit.jobs.add(make_job())
    changed = await kit.jobs.update(
        job.id, lambda old: replace(old, name="new", parameters={"a": 1}, max_concurrent=4)
    )
    assert changed.name == "new"
    assert await kit.jobs.get(job.id) == changed
    assert await kit.jobs.find(job.name) is None


async def test_a_change_to_a_taken_name_changes_nothing(kit):
    job, other = await kit.jobs.add(make_job()), await kit.jobs.add(make_job())
    with pytest.raises(Conflict):
        await kit.jobs.update(job.id, lambda old: replace(old, name=other.name, priority=9))
    assert await kit.jobs.get(job.id) == job


async def test_a_change_that_raises_changes_nothing(kit):
    job = await kit.jobs.add(make_job())

    def refuse(old):
        raise Conflict("no")

    with pytest.raises(Conflict):
        await kit.jobs.update(job.id, refuse)
    assert await kit.jobs.get(job.id) == job


async def test_a_deleted_job_is_gone_and_its_name_is_free(kit):
    job = await kit.jobs.add(make_job(name="report"), idempotency_key="k")
    await kit.jobs.delete(job.id)
    assert await kit.jobs.get(job.id) is None
    again = make_job(name="report")
    assert await kit.jobs.add(again, idempotency_key="k") == again


async def test_what_is_not_there_cannot_be_changed_or_deleted(kit):
    with pytest.raises(NotFound):
        await kit.jobs.update("nope", lambda old: old)
    with pytest.raises(NotFound):
        await kit.jobs.delete("nope")
