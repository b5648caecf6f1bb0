"""Jobs over HTTP."""

from __future__ import annotations

from typing import Any

from .conftest import Server


async def _make(server: Server, **fields: Any) -> dict[str, Any]:
    answer = await server.http.post(
        "jobs", json={"name": "nightly", "notebook": "nb.ipynb"} | fields
    )
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] = answer.json()
    assert answer.headers["Location"].endswith(f"/batch/jobs/{job['id']}")
    return job


async def test_a_job_is_made_read_changed_and_deleted(server: Server):
    job = await _make(server, description="each night", max_concurrent=1, priority=2)
    assert (await server.http.get(f"jobs/{job['id']}")).json() == job
    changed = await server.http.patch(
        f"jobs/{job['id']}", json={"name": "daily", "parameters": {"alpha": 2}}
    )
    assert changed.status_code == 200
    assert changed.json()["name"] == "daily"
    assert changed.json()["parameters"] == {"alpha": 2}
    assert changed.json()["description"] == "each night"
    deleted = await server.http.delete(f"jobs/{job['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await server.http.get(f"jobs/{job['id']}")).status_code == 404


async def test_a_name_is_taken_once(server: Server):
    await _make(server)
    answer = await server.http.post("jobs", json={"name": "nightly", "notebook": "nb.ipynb"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert await server.parts.everything() == (0, 1)


async def test_the_same_key_makes_one_job(server: Server):
    body, headers = {"name": "a", "notebook": "nb.ipynb"}, {"Idempotency-Key": "k"}
    first = await server.http.post("jobs", json=body, headers=headers)
    second = await server.http.post("jobs", json=body, headers=headers)
    assert first.json() == second.json()


async def test_a_job_is_run_now_with_other_parameters(server: Server):
    job = await _make(server, parameters={"alpha": 1})
    answer = await server.http.post(f"jobs/{job['id']}/runs", json={"parameters": {"alpha": 9}})
    assert answer.status_code == 201
    run = answer.json()
    assert (run["job_id"], run["name"], run["parameters"]) == (job["id"], "nightly", {"alpha": 9})
    assert answer.headers["Location"].endswith(f"/batch/runs/{run['id']}")
    plain = await server.http.post(f"jobs/{job['id']}/runs")
    assert plain.json()["parameters"] == {"alpha": 1}
    listed = (await server.http.get(f"jobs/{job['id']}/runs")).json()
    assert [r["id"] for r in listed["items"]] == [plain.json()["id"], run["id"]]


async def test_the_runs_of_a_job_outlive_it(server: Server):
    job = await _make(server)
    run = (await server.http.post(f"jobs/{job['id']}/runs")).json()
    await server.http.delete(f"jobs/{job['id']}")
    listed = await server.http.get(f"jobs/{job['id']}/runs", params={"state": "skipped"})
    assert listed.json() == {"items": [], "next_cursor": None}
    listed = await server.http.get(f"jobs/{job['id']}/runs")
    assert [r["id"] for r in listed.json()["items"]] == [run["id"]]


async def test_jobs_are_listed_by_name(server: Server):
    for name in ("alpha", "beta", "alphabet"):
        await _make(server, name=name)
    page = (await server.http.get("jobs", params={"q": "ALPHA", "limit": 1})).json()
    assert [job["name"] for job in page["items"]] == ["alphabet"]
    rest = (
        await server.http.get("jobs", params={"q": "alpha", "cursor": page["next_cursor"]})
    ).json()
    assert [job["name"] for job in rest["items"]] == ["alpha"]
    assert rest["next_cursor"] is None
