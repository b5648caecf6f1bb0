"""FakeOwner and a real server answer the same requests alike, in the shapes of openapi.json."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from jupyter_batch.server.openapi import document
from jupyter_batch.server.routes import ROUTES
from jupyter_batch.testing.executor import FakeAttempt
from jupyter_batch.testing.owner import FakeOwner
from tests.integration.server.conftest import starting

DOCUMENT = document(tuple(ROUTES.items()), "/")
DAILY = {"kind": "cron", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}

Send = Callable[..., Awaitable[httpx.Response]]


class Owner:
    """An owner, fake or real; every answer is compared with its description."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """Returns the JSON of an answer."""
        response = await self._send(method, path, **options)
        assert response.status_code == status, response.text
        described = _operation(method, path)["responses"]
        content = described.get(str(status), described["default"]).get("content")
        if content is None:
            assert response.content == b""
            return None
        schema = {**content["application/json"]["schema"], "components": DOCUMENT["components"]}
        errors = [
            error.message for error in Draft202012Validator(schema).iter_errors(response.json())
        ]
        assert errors == []
        return response.json()

    async def submit(self, **fields: Any) -> dict[str, Any]:
        """Returns a new run."""
        answer: dict[str, Any] = await self.ask(
            "POST", "runs", 201, json={"notebook": "nb.ipynb", **fields}
        )
        return answer

    async def create_job(self, **fields: Any) -> dict[str, Any]:
        """Returns a new job."""
        body = {"name": "nightly", "notebook": "nb.ipynb", **fields}
        answer: dict[str, Any] = await self.ask("POST", "jobs", 201, json=body)
        return answer


def _operation(method: str, path: str) -> dict[str, Any]:
    for template, methods in DOCUMENT["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template.removeprefix("/"))
        if method.lower() in methods and re.fullmatch(pattern, path):
            operation: dict[str, Any] = methods[method.lower()]
            return operation
    raise AssertionError(f"{method} {path} is not described")


async def _go_on(attempt: FakeAttempt) -> None:
    """Leaves an attempt running until it is stopped."""


@pytest.fixture(params=["fake", "server"])
async def owner(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Owner]:
    if request.param == "fake":
        fake = FakeOwner()
        fake.properties = {"alpha": {"type": "number"}}
        headers = {"Authorization": "token secret"}
        with httpx.Client(transport=fake, base_url="http://owner/batch/", headers=headers) as http:
            yield Owner(lambda *args, **more: asyncio.to_thread(http.request, *args, **more))
        return
    async with starting(tmp_path) as start:
        server = await start(settings={"max_concurrent_runs": 1})
        server.parts.executor.behaviour = _go_on
        yield Owner(server.http.request)


async def test_a_run_is_submitted_shown_and_listed(owner: Owner) -> None:
    run = await owner.submit(name="mine", parameters={"alpha": 0.5})
    assert (run["name"], run["notebook"]["path"]) == ("mine", "nb.ipynb")
    assert (run["parameters"], run["job_id"]) == ({"alpha": 0.5}, None)
    other = await owner.submit()
    shown = await owner.ask("GET", f"runs/{run['id']}")
    assert shown["id"] == run["id"]
    listed = await owner.ask("GET", "runs")
    assert [one["id"] for one in listed["items"]] == [other["id"], run["id"]]
    found = await owner.ask("GET", "runs", params={"q": "mine"})
    assert [one["id"] for one in found["items"]] == [run["id"]]


async def test_a_list_has_pages(owner: Owner) -> None:
    runs = [(await owner.submit())["id"] for _ in range(3)]
    first = await owner.ask("GET", "runs", params={"limit": 2})
    assert [one["id"] for one in first["items"]] == runs[:0:-1]
    rest = await owner.ask("GET", "runs", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [one["id"] for one in rest["items"]] == runs[:1]
    assert rest["next_cursor"] is None


async def test_the_same_key_makes_one_run(owner: Owner) -> None:
    options = {"json": {"notebook": "nb.ipynb"}, "headers": {"Idempotency-Key": "k" * 20}}
    first = await owner.ask("POST", "runs", 201, **options)
    again = await owner.ask("POST", "runs", 201, **options)
    assert again["id"] == first["id"]


async def test_a_run_has_records(owner: Owner) -> None:
    run = (await owner.submit())["id"]
    for part in ("cells", "outputs", "logs", "results"):
        assert (await owner.ask("GET", f"runs/{run}/{part}"))["items"] == []
    rows = await owner.ask("GET", "results")
    assert [row["run_id"] for row in rows["items"]] == [run]


async def test_wrong_parameters_are_refused_by_name(owner: Owner) -> None:
    described = await owner.ask("GET", "notebooks/parameters", params={"path": "nb.ipynb"})
    assert set(described["schema"]["properties"]) == {"alpha"}
    for parameters, field in (({"alpha": "x"}, "parameters.alpha"), ({"b": 1}, "parameters.b")):
        body = {"notebook": "nb.ipynb", "parameters": parameters}
        error = await owner.ask("POST", "runs", 400, json=body)
        assert (error["code"], error["details"]["field"]) == ("invalid_parameters", field)


@pytest.mark.parametrize("path", ["runs/x1", "jobs/x1", "sweeps/x1", "jobs/x1/upcoming"])
async def test_what_is_not_there_is_not_found(owner: Owner, path: str) -> None:
    assert (await owner.ask("GET", path, 404))["code"] == "not_found"


async def test_a_run_is_cancelled_and_then_deleted(owner: Owner) -> None:
    await owner.submit()
    run = (await owner.submit())["id"]
    assert (await owner.ask("DELETE", f"runs/{run}", 409))["code"] == "conflict"
    assert (await owner.ask("POST", f"runs/{run}/cancel", json={}))["state"] == "cancelled"
    assert (await owner.ask("POST", f"runs/{run}/cancel", 409, json={}))["code"] == "conflict"
    await owner.ask("DELETE", f"runs/{run}", 204)
    await owner.ask("GET", f"runs/{run}", 404)


async def test_a_job_is_made_changed_and_deleted(owner: Owner) -> None:
    job = await owner.create_job(description="each night")
    error = await owner.ask("POST", "jobs", 409, json={"name": "nightly", "notebook": "nb.ipynb"})
    assert error["details"]["field"] == "name"
    changed = await owner.ask("PATCH", f"jobs/{job['id']}", json={"parameters": {"alpha": 2}})
    assert (changed["parameters"], changed["description"]) == ({"alpha": 2}, "each night")
    assert (await owner.ask("GET", f"jobs/{job['id']}"))["parameters"] == {"alpha": 2}
    found = await owner.ask("GET", "jobs", params={"q": "night"})
    assert [one["id"] for one in found["items"]] == [job["id"]]
    assert (await owner.ask("GET", "jobs", params={"q": "other"}))["items"] == []
    await owner.ask("DELETE", f"jobs/{job['id']}", 204)
    await owner.ask("GET", f"jobs/{job['id']}", 404)


async def test_a_job_is_run_and_paused(owner: Owner) -> None:
    job = (await owner.create_job())["id"]
    run = await owner.ask("POST", f"jobs/{job}/runs", 201, json={"parameters": {"alpha": 3}})
    assert (run["job_id"], run["name"], run["parameters"]) == (job, "nightly", {"alpha": 3})
    listed = await owner.ask("GET", "runs", params={"job_id": job})
    assert [one["id"] for one in listed["items"]] == [run["id"]]
    paused = await owner.ask("POST", f"jobs/{job}/pause", json={"reason": "holidays"})
    assert paused["paused"] is True
    assert re.fullmatch("paused by .+: holidays", paused["paused_reason"])
    resumed = await owner.ask("POST", f"jobs/{job}/resume", json={})
    assert (resumed["paused"], resumed["paused_reason"]) == (False, None)


async def test_a_schedule_has_instants_and_is_backfilled(owner: Owner) -> None:
    job = (await owner.create_job(triggers=[DAILY]))["id"]
    upcoming = await owner.ask("GET", f"jobs/{job}/upcoming", params={"count": 2})
    assert len(upcoming["instants"]) == 2
    assert "06:00" in upcoming["sentence"]
    body = {"from": "2025-12-01T00:00:00+01:00", "to": "2025-12-04T00:00:00+01:00"}
    report = await owner.ask("POST", f"jobs/{job}/backfill", json=body)
    assert report["made"] == 3


async def test_a_sweep_is_made_listed_and_cancelled(owner: Owner) -> None:
    body = {"notebook": "nb.ipynb", "name": "s", "grid": {"alpha": [1, 2]}, "max_concurrent": 1}
    sweep = await owner.ask("POST", "sweeps", 201, json=body)
    assert (sweep["name"], sweep["runs"], sweep["max_concurrent"]) == ("s", 2, 1)
    runs = await owner.ask("GET", "runs", params={"sweep_id": sweep["id"]})
    assert [(one["sweep"]["index"], one["trigger"]) for one in runs["items"]] == [
        (1, "sweep"),
        (0, "sweep"),
    ]
    listed = await owner.ask("GET", "sweeps")
    assert [one["id"] for one in listed["items"]] == [sweep["id"]]
    assert (await owner.ask("DELETE", f"sweeps/{sweep['id']}", 409))["code"] == "conflict"
    await owner.ask("POST", f"sweeps/{sweep['id']}/cancel", json={})


async def test_health_names_the_owner(owner: Owner) -> None:
    health = await owner.ask("GET", "health")
    assert {"version", "owner", "root_dir"} <= set(health)
    assert {"pid", "kind", "started_at"} <= set(health["owner"])
