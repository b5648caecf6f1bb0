"""The records of runs, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.server.records import MAX_OUTPUT_BYTES, safe_media_type
from jupyter_batch.testing.executor import FakeAttempt

from .conftest import Server

BIG = "x" * 1_000_000
FILES = {
    "plot.png": b"\x89PNG",
    "deep/er/page.html": b"<script>alert(1)</script>",
    'odd "name";\u00e9.bin': b"\x00" * 700_000,
    "empty.txt": b"",
}


async def _leave_much(attempt: FakeAttempt) -> None:
    attempt.begin(["print(1)", "print(2)"])
    for number in (0, 1):
        attempt.start_cell(number)
        attempt.print(number, f"cell {number}\n")
        attempt.finish_cell(number)
    attempt.print(1, BIG, no=1)
    for number in range(1, 6):
        attempt.log(f"line {number}")
    for path, content in FILES.items():
        attempt.emit(
            frames.ArtifactChunk,
            path=path,
            data=base64.b64encode(content).decode(),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    await attempt.end()


@pytest.fixture
async def run_id(server: Server) -> str:
    server.parts.executor.behaviour = _leave_much
    run_id: str = (await server.submit())["id"]
    assert (await server.ended(run_id)).state == "succeeded"
    return run_id


async def test_the_executed_notebook_is_given_whole(server: Server, run_id: str):
    answer = await server.http.get(f"runs/{run_id}/notebook")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-ipynb+json"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(answer.content) > len(BIG)
    assert len(answer.json()["cells"]) == 2


async def test_the_frozen_notebook_is_given_as_it_was(server: Server, run_id: str):
    answer = await server.http.get(f"runs/{run_id}/notebook", params={"input": "true"})
    assert answer.content == server.parts.notebooks.files["nb.ipynb"]


async def test_the_notebook_as_a_page_has_no_power_over_the_server(server: Server, run_id: str):
    answer = await server.http.get(f"runs/{run_id}/notebook", params={"format": "html"})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.content.startswith(b"<html>")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-same-origin" not in policy


async def test_cells_come_without_outputs_unless_they_are_asked_for(server: Server, run_id: str):
    cells = (await server.http.get(f"runs/{run_id}/cells")).json()["items"]
    assert [cell["cell_index"] for cell in cells] == [0, 1]
    assert all("outputs" not in cell for cell in cells)
    answer = await server.http.get(f"runs/{run_id}/cells", params={"outputs": "true"})
    texts = [[o["text"] for o in cell["outputs"]] for cell in answer.json()["items"]]
    assert texts == [["cell 0\n"], ["cell 1\n", BIG]]


async def test_outputs_beyond_the_limit_are_counted(server: Server):
    async def leave_too_much(attempt: FakeAttempt) -> None:
        attempt.begin(["print()"])
        attempt.start_cell(0)
        attempt.print(0, "y" * (MAX_OUTPUT_BYTES - 100_000), no=0)
        attempt.print(0, "z" * 200_000, no=1)
        attempt.print(0, "small", no=2)
        attempt.finish_cell(0)
        await attempt.end()

    server.parts.executor.behaviour = leave_too_much
    run_id = (await server.submit())["id"]
    await server.ended(run_id)
    answer = await server.http.get(f"runs/{run_id}/cells", params={"outputs": "true"})
    (cell,) = answer.json()["items"]
    assert [output["text"][:5] for output in cell["outputs"]] == ["yyyyy", "small"]
    assert cell["outputs_omitted"] == 1


async def test_outputs_come_by_cell_and_while_it_is_running(server: Server):
    async def print_and_wait(attempt: FakeAttempt) -> None:
        attempt.begin(["print()"])
        attempt.start_cell(0)
        attempt.print(0, "so far\n")
        await attempt.flush()

    server.parts.executor.behaviour = print_and_wait
    run_id = (await server.submit())["id"]
    async with server.http.stream("GET", f"runs/{run_id}/events") as events:
        async for line in events.aiter_lines():
            if line == "event: output":
                break
    answer = await server.http.get(f"runs/{run_id}/outputs", params={"cell": "0"})
    (item,) = answer.json()["items"]
    assert (item["cell_index"], item["output"]["text"]) == (0, "so far\n")
    answer = await server.http.get(f"runs/{run_id}/outputs", params={"cell": "1"})
    assert answer.json() == {"items": [], "omitted": 0, "next_cursor": None}
    refused = await server.http.get(f"runs/{run_id}/outputs", params={"cell": "-1"})
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "cell")


async def test_the_log_is_read_in_pages(server: Server, run_id: str):
    texts: list[str] = []
    after: int | None = 0
    while after is not None:
        answer = await server.http.get(f"runs/{run_id}/logs", params={"after": after, "limit": 2})
        page = answer.json()
        texts += [line["text"] for line in page["items"]]
        after = page["next_after"]
    assert texts == [f"line {number}" for number in range(1, 6)]


async def test_artifacts_are_given_byte_for_byte_to_be_saved(server: Server, run_id: str):
    listed = (await server.http.get(f"runs/{run_id}/artifacts")).json()["items"]
    assert {a["path"]: a["size_bytes"] for a in listed} == {
        path: len(content) for path, content in FILES.items()
    }
    for path, content in FILES.items():
        answer = await server.http.get(f"runs/{run_id}/artifacts/{path}")
        assert answer.status_code == 200, path
        assert answer.content == content
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_an_artifact_is_never_a_page_of_the_servers(server: Server, run_id: str):
    answer = await server.http.get(f"runs/{run_id}/artifacts/deep/er/page.html")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    picture = await server.http.get(f"runs/{run_id}/artifacts/plot.png")
    assert picture.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/javascript",
        "application/xml",
        "text/plain; x=<",
        "text/plain\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_media_types_that_a_browser_would_run_are_not_given(media_type: str):
    assert safe_media_type(media_type) == "application/octet-stream"


async def test_a_run_with_no_attempt_has_empty_records(server: Server):
    server.parts.executor.away = True
    run_id = (await server.submit())["id"]
    for what in ("cells", "logs", "artifacts"):
        answer = await server.http.get(f"runs/{run_id}/{what}")
        assert (answer.status_code, answer.json()["items"]) == (200, []), what
    notebook = await server.http.get(f"runs/{run_id}/notebook")
    assert json.loads(notebook.content)["cells"] == []
