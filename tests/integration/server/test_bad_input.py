"""Bad input gets 4xx that names the field, on every route, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Server

NO_ID = "01kdvdna02dzpj3gyrgyrjh7wv"
NOTEBOOK = {"notebook": "nb.ipynb"}
JOB = {"name": "j", "notebook": "nb.ipynb"}


def _env(**fields: Any) -> dict[str, Any]:
    return NOTEBOOK | {"environment": fields}


#: method, path, body (bytes as they are; else JSON), status, code, field
BODIES: list[tuple[str, str, Any, int, str, str | None]] = [
    ("POST", "runs", b"", 400, "bad_request", "notebook"),
    ("POST", "runs", b"no JSON", 400, "bad_request", "body"),
    ("POST", "runs", b"\xff", 400, "bad_request", "body"),
    ("POST", "runs", b'{"notebook": "nb.ipynb"', 400, "bad_request", "body"),
    (
        "POST",
        "runs",
        b'{"notebook": "nb.ipynb", "parameters": {"alpha": NaN}}',
        400,
        "bad_request",
        "body",
    ),
    ("POST", "runs", b"[" * 200_000, 400, "bad_request", "body"),
    ("POST", "runs", [], 400, "bad_request", "body"),
    ("POST", "runs", {}, 400, "bad_request", "notebook"),
    ("POST", "runs", {"notebook": 5}, 400, "bad_request", "notebook"),
    ("POST", "runs", {"notebook": ""}, 400, "bad_request", "notebook"),
    ("POST", "runs", {"notebook": "none.ipynb"}, 404, "not_found", "notebook"),
    ("POST", "runs", {"notebook": "../up.ipynb"}, 400, "bad_request", "notebook"),
    ("POST", "runs", {"notebook": "/etc/passwd"}, 400, "bad_request", "notebook"),
    ("POST", "runs", NOTEBOOK | {"nonsense": 1}, 400, "bad_request", "nonsense"),
    ("POST", "runs", NOTEBOOK | {"state": "succeeded"}, 400, "bad_request", "state"),
    (
        "POST",
        "runs",
        NOTEBOOK | {"parameters": {"beta": 1}},
        400,
        "invalid_parameters",
        "parameters.beta",
    ),
    (
        "POST",
        "runs",
        NOTEBOOK | {"parameters": {"alpha": "x"}},
        400,
        "invalid_parameters",
        "parameters.alpha",
    ),
    ("POST", "runs", NOTEBOOK | {"parameters": [1]}, 400, "bad_request", "parameters"),
    ("POST", "runs", NOTEBOOK | {"timeout_seconds": -1}, 400, "bad_request", "timeout_seconds"),
    ("POST", "runs", NOTEBOOK | {"timeout_seconds": "1"}, 400, "bad_request", "timeout_seconds"),
    ("POST", "runs", NOTEBOOK | {"name": "two\nlines"}, 400, "bad_request", "name"),
    ("POST", "runs", NOTEBOOK | {"name": " "}, 400, "bad_request", "name"),
    ("POST", "runs", NOTEBOOK | {"priority": 1001}, 400, "bad_request", "priority"),
    ("POST", "runs", NOTEBOOK | {"files": [""]}, 400, "bad_request", "files.0"),
    ("POST", "runs", NOTEBOOK | {"content": "{no JSON"}, 400, "invalid_notebook", "notebook"),
    ("POST", "runs", NOTEBOOK | {"content": 3}, 400, "bad_request", "content"),
    (
        "POST",
        "runs",
        NOTEBOOK | {"uploads": [{"path": "a", "content_base64": ""}]},
        400,
        "bad_request",
        "uploads",
    ),
    (
        "POST",
        "runs",
        NOTEBOOK | {"content": {}, "uploads": [{"path": "../a", "content_base64": ""}]},
        400,
        "bad_request",
        "uploads.0.path",
    ),
    ("POST", "runs", _env(executor="moon"), 400, "bad_request", "environment.executor"),
    ("POST", "runs", _env(cpus=-1), 400, "bad_request", "environment.cpus"),
    ("POST", "runs", _env(cpus="2"), 400, "bad_request", "environment.cpus"),
    ("POST", "runs", _env(memory_bytes=0), 400, "bad_request", "environment.memory_bytes"),
    ("POST", "runs", _env(memory_bytes=-5), 400, "bad_request", "environment.memory_bytes"),
    ("POST", "runs", _env(gpus=-2), 400, "bad_request", "environment.gpus"),
    ("POST", "runs", _env(env={"A B": "1"}), 400, "bad_request", "environment.env.A B"),
    ("POST", "runs", _env(env={"A": "\0"}), 400, "bad_request", "environment.env.A"),
    ("POST", "runs", _env(env={"A": 1}), 400, "bad_request", "environment.env"),
    ("POST", "runs", _env(secrets=["NOT_THERE"]), 400, "bad_request", "environment.secrets"),
    (
        "POST",
        "runs",
        _env(volumes=[{"source": "/a"}]),
        400,
        "bad_request",
        "environment.volumes.0.target",
    ),
    ("POST", "runs", _env(kernel="klingon"), 400, "unknown_kernel", "environment.kernel"),
    ("POST", "runs", _env(privileged=True), 400, "bad_request", "environment.privileged"),
    ("DELETE", "runs", b"", 400, "bad_request", "ids"),
    ("DELETE", "runs", {"ids": []}, 400, "bad_request", "ids"),
    ("DELETE", "runs", {"ids": "all"}, 400, "bad_request", "ids"),
    ("DELETE", "runs", {"ids": [NO_ID]}, 404, "not_found", None),
    ("DELETE", "runs", {"ids": [NO_ID] * 1001}, 400, "bad_request", "ids"),
    ("POST", f"runs/{NO_ID}/cancel", {}, 404, "not_found", None),
    ("POST", f"runs/{NO_ID}/cancel", {"force": True}, 400, "bad_request", "force"),
    ("POST", f"runs/{NO_ID}/retry", {}, 404, "not_found", None),
    ("DELETE", f"runs/{NO_ID}", b"", 404, "not_found", None),
    ("POST", "jobs", {"notebook": "nb.ipynb"}, 400, "bad_request", "name"),
    ("POST", "jobs", {"name": "j"}, 400, "bad_request", "notebook"),
    ("POST", "jobs", JOB | {"max_concurrent": 0}, 400, "bad_request", "max_concurrent"),
    ("POST", "jobs", JOB | {"notebook": "none.ipynb"}, 404, "not_found", "notebook"),
    (
        "POST",
        "jobs",
        JOB | {"parameters": {"beta": 1}},
        400,
        "invalid_parameters",
        "parameters.beta",
    ),
    ("POST", "jobs", JOB | {"content": {}}, 400, "bad_request", "content"),
    ("POST", "jobs", JOB | {"name": "x" * 201}, 400, "bad_request", "name"),
    ("PATCH", f"jobs/{NO_ID}", {"priority": 1}, 404, "not_found", None),
    ("PATCH", f"jobs/{NO_ID}", {"id": "x"}, 400, "bad_request", "id"),
    ("PATCH", f"jobs/{NO_ID}", {"name": None}, 400, "bad_request", "name"),
    ("DELETE", f"jobs/{NO_ID}", b"", 404, "not_found", None),
    ("POST", f"jobs/{NO_ID}/runs", {}, 404, "not_found", None),
    ("POST", f"jobs/{NO_ID}/runs", {"notebook": "nb.ipynb"}, 400, "bad_request", "notebook"),
    ("PUT", "runs", {}, 405, "method_not_allowed", None),
    ("POST", "health", {}, 405, "method_not_allowed", None),
    ("POST", "nowhere", {}, 404, "not_found", None),
]

#: path with arguments, status, field
QUESTIONS: list[tuple[str, int, str | None]] = [
    ("runs?limit=0", 400, "limit"),
    ("runs?limit=1001", 400, "limit"),
    ("runs?limit=ten", 400, "limit"),
    ("runs?limit=1&limit=2", 400, "limit"),
    ("runs?cursor=-1", 400, "cursor"),
    ("runs?cursor=abc", 400, "cursor"),
    ("runs?cursor=", 400, "cursor"),
    ("runs?state=done", 400, "state"),
    ("runs?state=failed,done", 400, "state"),
    ("runs?since=yesterday", 400, "since"),
    ("runs?until=2026-01-01T00:00:00", 400, "until"),
    ("runs?status=failed", 400, "status"),
    ("jobs?limit=-1", 400, "limit"),
    ("jobs?cursor=abc", 400, "cursor"),
    ("jobs?state=failed", 400, "state"),
    (f"jobs/{NO_ID}", 404, None),
    (f"jobs/{NO_ID}?x=1", 400, "x"),
    (f"jobs/{NO_ID}/runs", 404, None),
    (f"jobs/{NO_ID}/runs?state=x", 400, "state"),
    (f"runs/{NO_ID}", 404, None),
    ("runs/-1", 404, None),
    ("runs/%00", 404, None),
    (f"runs/{NO_ID}/notebook", 404, None),
    (f"runs/{NO_ID}/notebook?format=pdf", 400, "format"),
    (f"runs/{NO_ID}/notebook?attempt=0", 400, "attempt"),
    (f"runs/{NO_ID}/cells", 404, None),
    (f"runs/{NO_ID}/cells?outputs=perhaps", 400, "outputs"),
    (f"runs/{NO_ID}/logs", 404, None),
    (f"runs/{NO_ID}/logs?after=-1", 400, "after"),
    (f"runs/{NO_ID}/logs?limit=99999", 400, "limit"),
    (f"runs/{NO_ID}/artifacts", 404, None),
    (f"runs/{NO_ID}/artifacts/a/b", 404, None),
    (f"runs/{NO_ID}/artifacts/a?attempt=x", 400, "attempt"),
    (f"runs/{NO_ID}/events", 404, None),
    (f"runs/{NO_ID}/events?after=x", 400, "after"),
    ("events?after=-1", 400, "after"),
    ("events?since=1", 400, "since"),
    ("notebooks/parameters", 400, "path"),
    ("notebooks/parameters?path=", 400, "path"),
    ("notebooks/parameters?path=none.ipynb", 404, "notebook"),
    ("notebooks/parameters?path=../up.ipynb", 400, "notebook"),
    ("health?verbose=1", 400, "verbose"),
    ("openapi.json?x=1", 400, "x"),
    ("", 404, None),
    ("runs/", 404, None),
    ("runs/a/b/c", 404, None),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("method", "path", "body", "status", "code", "field"), BODIES)
async def test_a_bad_body_is_refused_and_nothing_is_stored(
    shared_server: Server,
    method: str,
    path: str,
    body: Any,
    status: int,
    code: str,
    field: str | None,
):
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await shared_server.http.request(method, path, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json()) == {"code", "message", "details"}
    assert answer.json()["details"].get("field") == field, answer.text
    assert answer.json()["message"]
    assert await shared_server.parts.everything() == (0, 0)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("path", "status", "field"), QUESTIONS)
async def test_a_bad_question_is_refused(
    shared_server: Server, path: str, status: int, field: str | None
):
    answer = await shared_server.http.get(path)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"code", "message", "details"}
    assert answer.json()["code"] == {400: "bad_request", 404: "not_found"}[status]
    assert answer.json()["details"].get("field") == field, answer.text


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
async def test_a_key_that_is_none_is_refused(shared_server: Server, key: str):
    answer = await shared_server.http.post("runs", json=NOTEBOOK, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "Idempotency-Key"
    assert await shared_server.parts.everything() == (0, 0)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30])
async def test_an_event_id_that_is_none_of_ours_is_refused(shared_server: Server, last: str):
    answer = await shared_server.http.get("events", headers={"Last-Event-ID": last})
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "Last-Event-ID"


async def test_a_job_stays_as_it_is_when_a_change_is_refused(server: Server):
    job = (await server.http.post("jobs", json=JOB)).json()
    for change in ({"parameters": {"beta": 1}}, {"notebook": "none.ipynb"}, {"priority": "x"}):
        answer = await server.http.patch(f"jobs/{job['id']}", json=change)
        assert 400 <= answer.status_code < 500
    assert (await server.http.get(f"jobs/{job['id']}")).json() == job


async def test_a_method_that_is_not_there_says_which_are(server: Server):
    answer = await server.http.put("runs", json={})
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST", "DELETE"}
    assert "PUT" not in answer.headers["Allow"]
