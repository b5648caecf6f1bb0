"""Runs over HTTP."""

from __future__ import annotations

import asyncio
import json
import re

from jupyter_batch.server.identity import system_user
from jupyter_batch.testing.executor import hang, succeed

from .conftest import MAX_BODY_BYTES, Server

FIELDS_OF_A_RUN = {
    "id",
    "job_id",
    "name",
    "state",
    "reason",
    "trigger",
    "scheduled_for",
    "created_at",
    "started_at",
    "finished_at",
    "created_by",
    "notebook",
    "parameters",
    "environment",
    "attempts",
    "cells",
    "error",
    "artifacts",
}
FIELDS_OF_AN_ATTEMPT = {
    "attempt_no",
    "state",
    "reason",
    "container_id",
    "exit_code",
    "started_at",
    "finished_at",
    "peak_memory_bytes",
    "cpu_seconds",
}


async def test_a_run_goes_in_and_its_record_comes_out(server: Server):
    submitted = await server.http.post(
        "runs", json={"notebook": "nb.ipynb", "parameters": {"alpha": 0.5}, "name": "mine"}
    )
    assert submitted.status_code == 201
    run_id = submitted.json()["id"]
    assert submitted.headers["Location"] == f"/a%40b/batch/runs/{run_id}"
    await server.ended(run_id)
    run = (await server.http.get(f"runs/{run_id}")).json()
    assert set(run) >= FIELDS_OF_A_RUN
    assert run["name"] == "mine"
    assert run["state"] == "succeeded"
    assert run["trigger"] == "api"
    assert set(run["notebook"]) == {"path", "sha256", "root"}
    assert run["parameters"] == {"alpha": 0.5}
    assert run["environment"]["image_digest"] == "sha256:fake"
    assert [set(a) for a in run["attempts"]] == [FIELDS_OF_AN_ATTEMPT]
    assert run["cells"] == {"total": 1, "done": 1, "failed": 0}
    assert run["error"] is None
    assert run["artifacts"] == []
    for name in ("created_at", "scheduled_for", "started_at", "finished_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", run[name]), name


async def test_a_list_is_walked_by_its_cursor(server: Server):
    made = [(await server.submit(name=f"run {number}"))["id"] for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    pages = 0
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await server.http.get("runs", params=params)).json()
        assert set(page) == {"items", "next_cursor"}
        seen += [run["id"] for run in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if cursor is None:
            break
    assert pages == 3
    assert seen == made[::-1]


async def test_a_list_is_filtered(server: Server):
    good = await server.submit(name="good one")
    await server.ended(good["id"])
    await server.parts.clock.advance(60)
    server.parts.executor.behaviour = hang
    stuck = await server.submit(name="stuck")
    await server.parts.executor.wait_started()

    async def ids(**params: str) -> list[str]:
        answer = await server.http.get("runs", params=params)
        return [run["id"] for run in answer.json()["items"]]

    assert await ids(state="succeeded") == [good["id"]]
    assert await ids(state="succeeded,failed", q="GOOD") == [good["id"]]
    assert await ids(q="nothing of the kind") == []
    assert await ids(until=good["created_at"]) == []
    assert await ids(since=stuck["created_at"]) == [stuck["id"]]
    assert await ids(job_id="none") == []


async def test_a_list_of_many_long_runs_is_whole(server: Server):
    server.parts.notebooks.properties = {"text": {"type": "string"}}
    for number in range(8):
        await server.submit(parameters={"text": str(number) * 100_000})
    items = (await server.http.get("runs")).json()["items"]
    assert [run["parameters"]["text"][0] for run in items] == list("76543210")


async def test_the_same_key_makes_one_run(server: Server):
    headers = {"Idempotency-Key": "k1"}
    body = {"notebook": "nb.ipynb"}
    first = await server.http.post("runs", json=body, headers=headers)
    second = await server.http.post("runs", json=body, headers=headers)
    other = await server.http.post("runs", json=body, headers={"Idempotency-Key": "k2"})
    assert first.json()["id"] == second.json()["id"] != other.json()["id"]
    assert second.status_code == 201
    assert await server.parts.everything() == (2, 0)


async def test_who_is_known_only_by_the_shared_token_is_the_user_of_the_system(server: Server):
    assert (await server.submit())["created_by"] == system_user()


async def test_a_person_at_a_button_is_on_record(server: Server):
    assert (await server.submit(trigger="manual"))["trigger"] == "manual"


async def test_a_run_is_cancelled_and_retried(server: Server):
    server.parts.executor.behaviour = hang
    run_id = (await server.submit())["id"]
    await server.parts.executor.wait_started()
    cancelled = await server.http.post(f"runs/{run_id}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json()["state"] == "cancelling"
    assert (await server.ended(run_id)).state == "cancelled"
    again = await server.http.post(f"runs/{run_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    server.parts.executor.behaviour = succeed
    retried = await server.http.post(f"runs/{run_id}/retry", json={})
    assert retried.status_code == 200
    assert (await server.ended(run_id)).state == "succeeded"
    assert len((await server.http.get(f"runs/{run_id}")).json()["attempts"]) == 2


async def test_runs_are_deleted_one_by_one_and_many_at_once(server: Server):
    ids = [(await server.submit())["id"] for _ in range(4)]
    for run_id in ids:
        await server.ended(run_id)
    one = await server.http.delete(f"runs/{ids[0]}")
    assert (one.status_code, one.content) == (204, b"")
    many = await server.http.request("DELETE", "runs", json={"ids": ids[1:3]})
    assert many.json() == {"deleted": 2}
    gone = await server.http.get(f"runs/{ids[0]}")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert await server.parts.everything() == (1, 0)


async def test_a_run_that_is_not_over_is_not_deleted(server: Server):
    server.parts.executor.behaviour = hang
    run_id = (await server.submit())["id"]
    await server.parts.executor.wait_started()
    answer = await server.http.delete(f"runs/{run_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await server.http.get(f"runs/{run_id}")).status_code == 200


async def test_a_notebook_that_the_server_does_not_see_comes_along(server: Server):
    run = await server.submit(
        notebook="far/away.ipynb",
        content={"cells": [], "metadata": {}},
        uploads=[{"path": "lib/a.py", "content_base64": "eD0x"}],
    )
    frozen = await server.parts.store.runs.frozen(run["id"])
    assert json.loads(frozen.content) == {"cells": [], "metadata": {}}
    assert [(file.path, file.content) for file in frozen.files] == [("lib/a.py", b"x=1")]


async def test_a_body_of_the_largest_size_is_taken(server: Server):
    body = json.dumps({"notebook": "nb.ipynb"}).encode()
    body += b" " * (MAX_BODY_BYTES - len(body))
    answer = await server.http.post("runs", content=body)
    assert answer.status_code == 201


async def test_a_wait_is_answered_by_the_end_of_the_run(server: Server):
    server.parts.executor.behaviour = hang
    run_id = (await server.submit())["id"]
    waiting = asyncio.create_task(server.http.get(f"runs/{run_id}", params={"wait_seconds": "60"}))
    (attempt,) = await server.parts.executor.wait_started()
    await attempt.end()
    assert (await waiting).json()["state"] == "succeeded"


async def test_a_wait_that_is_too_short_tells_how_the_run_is(server: Server):
    server.parts.executor.behaviour = hang
    run_id = (await server.submit())["id"]
    await server.parts.executor.wait_started()
    waiting = asyncio.create_task(server.http.get(f"runs/{run_id}", params={"wait_seconds": "1"}))
    while not waiting.done():
        await server.parts.clock.advance(0.5)
        await asyncio.sleep(0.01)
    assert (await waiting).json()["state"] in ("starting", "running")


async def test_what_cannot_be_waited_for_is_refused(server: Server):
    nobody = await server.http.get("runs/nosuchrun", params={"wait_seconds": "1"})
    assert nobody.status_code == 404
    too_long = await server.http.get("runs/nosuchrun", params={"wait_seconds": "61"})
    assert (too_long.status_code, too_long.json()["details"]["field"]) == (400, "wait_seconds")
