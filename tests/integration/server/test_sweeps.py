"""``sweeps`` over HTTP."""

from __future__ import annotations

import pytest

from jupyter_batch.testing import hang

from .conftest import Server

NO_ID = "01kdvdna02dzpj3gyrgyrjh7wv"
SWEEP = {"notebook": "nb.ipynb"}


async def made(server: Server, **fields):
    answer = await server.http.post("sweeps", json=SWEEP | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_grid_makes_a_run_for_each_combination(server: Server):
    server.parts.notebooks.properties["n"] = {"type": "integer"}
    answer = await server.http.post(
        "sweeps",
        json=SWEEP | {"grid": {"alpha": [0.1, 0.2], "n": [1, 2, 3]}, "name": "g"},
        headers={"Idempotency-Key": "once"},
    )
    sweep = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/batch/sweeps/{sweep['id']}")
    assert set(sweep) == {
        "id",
        "name",
        "notebook",
        "state",
        "counts",
        "created_at",
        "created_by",
        "finished_at",
        "max_concurrent",
        "runs",
    }
    assert (sweep["name"], sweep["runs"], sum(sweep["counts"].values())) == ("g", 6, 6)
    again = await server.http.post(
        "sweeps",
        json=SWEEP | {"grid": {"alpha": [0.1, 0.2], "n": [1, 2, 3]}, "name": "g"},
        headers={"Idempotency-Key": "once"},
    )
    assert again.json()["id"] == sweep["id"]
    runs = (await server.http.get("runs", params={"sweep_id": sweep["id"]})).json()["items"]
    assert [run["parameters"] for run in runs[::-1]][:4] == [
        {"alpha": 0.1, "n": 1},
        {"alpha": 0.1, "n": 2},
        {"alpha": 0.1, "n": 3},
        {"alpha": 0.2, "n": 1},
    ]
    assert runs[0]["sweep"] == {"id": sweep["id"], "index": 5, "max_concurrent": None}
    for run in runs:
        await server.ended(run["id"])
    over = (await server.http.get(f"sweeps/{sweep['id']}")).json()
    assert (over["state"], over["counts"]) == ("succeeded", {"succeeded": 6})


async def test_sweeps_are_listed_page_by_page(server: Server):
    ids = [(await made(server, parameter_sets=[{}]))["id"] for _ in range(3)]
    first = (await server.http.get("sweeps", params={"limit": 2})).json()
    rest = (await server.http.get("sweeps", params={"cursor": first["next_cursor"]})).json()
    assert [s["id"] for s in [*first["items"], *rest["items"]]] == ids[::-1]
    assert rest["next_cursor"] is None


async def test_cancel_retry_and_delete(server: Server):
    server.parts.executor.behaviour = hang
    sweep = await made(server, parameter_sets=[{}] * 6)
    path = f"sweeps/{sweep['id']}"
    await server.parts.executor.wait_started(4)
    assert (await server.http.delete(path)).status_code == 409
    cancelled = await server.http.post(f"{path}/cancel")
    assert cancelled.json()["counts"]["cancelled"] == 2
    for run in (await server.http.get("runs", params={"sweep_id": sweep["id"]})).json()["items"]:
        await server.ended(run["id"])
    assert (await server.http.post(f"{path}/cancel")).status_code == 409
    assert (await server.http.post(f"{path}/retry")).json()["code"] == "conflict"
    again = await server.http.post(f"{path}/retry", json={"states": ["cancelled"]})
    assert again.json()["state"] in ("queued", "running")
    await server.http.post(f"{path}/cancel")
    for run in (await server.http.get("runs", params={"sweep_id": sweep["id"]})).json()["items"]:
        await server.ended(run["id"])
    assert (await server.http.delete(path)).status_code == 204
    assert (await server.http.get(path)).status_code == 404
    assert (await server.parts.everything())[0] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "field"),
    [
        ("POST", "sweeps", SWEEP, 400, "bad_request", "parameter_sets"),
        ("POST", "sweeps", SWEEP | {"grid": {}, "parameter_sets": []}, 400, "bad_request", "grid"),
        ("POST", "sweeps", SWEEP | {"parameter_sets": []}, 400, "bad_request", "parameter_sets"),
        ("POST", "sweeps", SWEEP | {"parameter_sets": {}}, 400, "bad_request", "parameter_sets"),
        ("POST", "sweeps", SWEEP | {"parameter_sets": [3]}, 400, "bad_request", "parameter_sets.0"),
        (
            "POST",
            "sweeps",
            SWEEP | {"parameter_sets": [{}] * 10_001},
            413,
            "too_large",
            "parameter_sets",
        ),
        (
            "POST",
            "sweeps",
            SWEEP | {"parameter_sets": [{}, {"alpha": "x"}]},
            400,
            "invalid_parameters",
            "parameter_sets.1.alpha",
        ),
        ("POST", "sweeps", SWEEP | {"grid": {"alpha": []}}, 400, "bad_request", "grid.alpha"),
        ("POST", "sweeps", SWEEP | {"grid": {"alpha": 1}}, 400, "bad_request", "grid"),
        (
            "POST",
            "sweeps",
            SWEEP | {"grid": {"beta": [1]}},
            400,
            "invalid_parameters",
            "grid.beta",
        ),
        (
            "POST",
            "sweeps",
            SWEEP | {"grid": {"alpha": [1]}, "max_concurrent": 0},
            400,
            "bad_request",
            "max_concurrent",
        ),
        ("POST", f"sweeps/{NO_ID}/retry", {"states": ["no"]}, 400, "bad_request", "states"),
        (
            "POST",
            f"sweeps/{NO_ID}/retry",
            {"states": ["succeeded"]},
            400,
            "bad_request",
            "states",
        ),
        ("POST", f"sweeps/{NO_ID}/retry", {}, 404, "not_found", None),
        ("POST", f"sweeps/{NO_ID}/cancel", {}, 404, "not_found", None),
        ("DELETE", f"sweeps/{NO_ID}", None, 404, "not_found", None),
        ("GET", f"sweeps/{NO_ID}", None, 404, "not_found", None),
        ("GET", "sweeps?limit=0", None, 400, "bad_request", "limit"),
        ("GET", "sweeps?state=failed", None, 400, "bad_request", "state"),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    server: Server, method, path, body, status, code, field
):
    answer = await server.http.request(method, path, json=body)
    error = answer.json()
    assert (answer.status_code, error["code"]) == (status, code), error
    assert str(error["details"].get("field", field)).startswith(str(field))
    assert await server.parts.everything() == (0, 0)
    assert (await server.http.get("sweeps")).json()["items"] == []
