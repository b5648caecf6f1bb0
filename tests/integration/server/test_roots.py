"""Servers with different root folders over one data folder: each names notebooks from its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.server.proxy import NAMED_FROM

from .conftest import Parts, Server, StartServer
from .test_gateway import Lock

OWNERS, GATEWAYS = "/home/ada/first", "/home/ada/second"
NOTEBOOKS = {
    f"{OWNERS}/nb.ipynb": b'{"cells": [], "of": "the owner"}',
    f"{GATEWAYS}/nb.ipynb": b'{"cells": [], "of": "the gateway"}',
    f"{OWNERS}/deep/other.ipynb": b'{"cells": []}',
}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = Parts(tmp_path / "batch")
    parts.notebooks.files = dict(NOTEBOOKS)
    return parts


@pytest.fixture
async def servers(start_server: StartServer, parts: Parts) -> tuple[Server, Server]:
    """The owner, and a gateway beside it."""
    lock = Lock(parts)
    owner = await start_server(parts=parts, open_engine=lock.open, root_dir=OWNERS)
    gateway = await start_server(parts=parts, open_engine=lock.open, root_dir=GATEWAYS)
    assert gateway.gateway.engine is None
    return owner, gateway


async def get(server: Server, path: str) -> dict[str, Any]:
    answer = await server.http.get(path)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def made(server: Server, path: str, **body: Any) -> dict[str, Any]:
    answer = await server.http.post(path, json={"notebook": "nb.ipynb", **body})
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    return run


async def test_a_run_is_of_the_notebook_of_the_door_that_was_asked(servers, parts):
    owner, gateway = servers
    run = await made(gateway, "runs")
    frozen = await parts.store.runs.frozen(run["id"])
    assert frozen.content == NOTEBOOKS[f"{GATEWAYS}/nb.ipynb"]
    assert (run["notebook"]["path"], run["notebook"]["root"]) == ("nb.ipynb", GATEWAYS)
    seen = (await get(owner, f"runs/{run['id']}"))["notebook"]
    assert (seen["path"], seen["root"]) == (f"{GATEWAYS}/nb.ipynb", OWNERS)
    (listed,) = (await get(owner, "runs"))["items"]
    assert listed["notebook"] == seen


async def test_a_job_keeps_its_notebook_whoever_is_asked(servers, parts):
    owner, gateway = servers
    job = await made(gateway, "jobs", name="nightly")
    assert job["notebook"] == "nb.ipynb"
    (seen,) = (await get(owner, "jobs"))["items"]
    assert seen["notebook"] == f"{GATEWAYS}/nb.ipynb"
    for server in servers:
        run = (await server.http.post(f"jobs/{job['id']}/runs", json={})).json()
        frozen = await parts.store.runs.frozen(run["id"])
        assert frozen.content == NOTEBOOKS[f"{GATEWAYS}/nb.ipynb"]


async def test_a_job_is_changed_from_elsewhere_and_keeps_its_notebook(servers, parts):
    owner, gateway = servers
    job = await made(gateway, "jobs", name="nightly")
    name = (await get(owner, f"jobs/{job['id']}"))["notebook"]
    changes = {"notebook": name, "priority": 3, "parameters": {"alpha": 1}}
    check = await owner.http.post(f"jobs/check?job_id={job['id']}", json={"name": "n"} | changes)
    assert check.status_code == 204, check.text
    answer = await owner.http.patch(f"jobs/{job['id']}", json=changes)
    assert (answer.status_code, answer.json()["notebook"]) == (200, name)
    changed = await get(gateway, f"jobs/{job['id']}")
    assert (changed["notebook"], changed["priority"]) == ("nb.ipynb", 3)


async def test_a_job_is_given_a_notebook_of_where_it_is_changed(servers):
    owner, gateway = servers
    job = await made(gateway, "jobs", name="nightly")
    changes = {"notebook": "deep/other.ipynb"}
    answer = await owner.http.patch(f"jobs/{job['id']}", json=changes)
    assert answer.json()["notebook"] == "deep/other.ipynb"
    there = (await get(gateway, f"jobs/{job['id']}"))["notebook"]
    assert there == f"{OWNERS}/deep/other.ipynb"


async def test_a_sweep_and_its_runs_are_of_the_notebook_of_the_door(servers, parts):
    owner, gateway = servers
    sweep = await made(gateway, "sweeps", grid={"alpha": [1, 2]})
    assert sweep["notebook"]["path"] == "nb.ipynb"
    assert (await get(owner, f"sweeps/{sweep['id']}"))["notebook"]["path"] == f"{GATEWAYS}/nb.ipynb"
    runs = (await get(gateway, f"runs?sweep_id={sweep['id']}"))["items"]
    assert {run["notebook"]["path"] for run in runs} == {"nb.ipynb"}
    frozen = await parts.store.runs.frozen(runs[0]["id"])
    assert frozen.content == NOTEBOOKS[f"{GATEWAYS}/nb.ipynb"]


async def test_each_door_tells_its_own_root_and_reads_its_own_notebooks(servers, parts):
    owner, gateway = servers
    assert (await get(owner, "health"))["root_dir"] == OWNERS
    assert (await get(gateway, "health"))["root_dir"] == GATEWAYS
    await get(owner, "notebooks/parameters?path=deep/other.ipynb")
    answer = await gateway.http.get("notebooks/parameters?path=deep/other.ipynb")
    assert answer.status_code == 404


async def test_only_a_door_names_notebooks_from_elsewhere(servers):
    owner, _ = servers
    headers = {NAMED_FROM: GATEWAYS}
    run = (await owner.http.post("runs", json={"notebook": "nb.ipynb"}, headers=headers)).json()
    assert run["notebook"]["root"] == OWNERS


async def test_a_client_with_the_owner_s_token_names_any_notebook_by_its_whole_path(servers, parts):
    owner, gateway = servers
    token = {"Authorization": f"token {owner.gateway.token}"}
    for path, seen in [
        (f"{GATEWAYS}/nb.ipynb", f"{GATEWAYS}/nb.ipynb"),
        (f"{OWNERS}/nb.ipynb", "nb.ipynb"),
    ]:
        body = {"notebook": path, "name": path[-20:]}
        job = (await owner.http.post("jobs", json=body, headers=token)).json()
        assert job["notebook"] == seen
        run = (await owner.http.post("runs", json=body, headers=token)).json()
        assert run["notebook"]["path"] == seen
        frozen = await parts.store.runs.frozen(run["id"])
        assert frozen.content == NOTEBOOKS[path]
    (first, _) = (await get(gateway, "jobs"))["items"][::-1]
    assert first["notebook"] == "nb.ipynb"


async def test_a_user_of_a_server_names_nothing_outside_of_its_root(servers):
    owner, gateway = servers
    for server, path in [(owner, f"{GATEWAYS}/nb.ipynb"), (gateway, f"{OWNERS}/nb.ipynb")]:
        answer = await server.http.post("runs", json={"notebook": path})
        assert answer.status_code == 400
        assert answer.json()["details"]["field"] == "notebook"


async def test_what_a_caller_has_sent_along_is_a_mere_label(servers):
    owner, gateway = servers
    run = await made(gateway, "runs", notebook="mine.ipynb", content={"cells": []})
    assert (await get(owner, f"runs/{run['id']}"))["notebook"]["path"] == "mine.ipynb"
