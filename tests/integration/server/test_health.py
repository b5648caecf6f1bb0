"""``health``: 503 with the reason while runs are not served, and 200 again afterwards."""

from __future__ import annotations

from typing import Any

from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS
from jupyter_batch.errors import StoreError, StoreFull

from .conftest import Server


async def test_each_executor_says_what_it_is_and_which_options_have_an_effect(server: Server):
    executors = (await server.http.get("health")).json()["executors"]
    assert executors.keys() <= EXECUTOR_KINDS.keys()
    for name, answer in executors.items():
        kind = EXECUTOR_KINDS[name]
        assert answer["ok"]
        assert answer["label"] == kind.label
        assert answer["summary"] == kind.summary
        assert answer["options"] == [*kind.options]


async def test_a_store_that_cannot_be_written_is_said(server: Server):
    server.parts.store.memory.troubles.append(StoreFull("no space is left"))
    answer = await server.http.get("health")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_serving")
    assert "no space is left" in answer.json()["message"]
    assert (await server.http.get("health")).status_code == 200


async def test_a_queue_that_is_not_served_is_said(server: Server):
    queued = server.parts.store.runs.queued

    async def refuse(**options: Any) -> Any:
        raise StoreError("INT128 out of range")

    server.parts.store.runs.queued = refuse  # type: ignore[method-assign]
    server.engine.dispatcher.wake()
    await server.parts.clock.advance(1)
    answer = await server.http.get("health")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_serving")
    assert "INT128" in answer.json()["message"]
    server.parts.store.runs.queued = queued  # type: ignore[method-assign]
    await server.parts.clock.advance(10)
    assert (await server.http.get("health")).status_code == 200
    run = await server.submit()
    assert (await server.ended(run["id"])).state == "succeeded"


async def test_schedules_that_are_not_kept_are_said(server: Server):
    triggers = server.parts.store.jobs.triggers

    async def refuse() -> Any:
        raise StoreError("INT128 out of range")

    server.parts.store.jobs.triggers = refuse  # type: ignore[method-assign]
    server.engine.scheduler._is_stale = True
    await server.parts.clock.advance(120)
    answer = await server.http.get("health")
    assert answer.status_code == 503
    assert "schedules" in answer.json()["message"]
    server.parts.store.jobs.triggers = triggers  # type: ignore[method-assign]
    await server.parts.clock.advance(120)
    assert (await server.http.get("health")).status_code == 200


async def test_a_loop_that_has_died_is_said(server: Server):
    task = server.engine.dispatcher._loop
    assert task is not None
    task.cancel()
    await server.parts.clock.advance(1)
    answer = await server.http.get("health")
    assert answer.status_code == 503
    assert "not served any more" in answer.json()["message"]
