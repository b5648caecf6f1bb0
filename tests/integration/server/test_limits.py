"""Large bodies, faults, and clients that go away."""

from __future__ import annotations

import asyncio
import json
import logging
import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.errors import StoreFull

from .conftest import MAX_BODY_BYTES, Server

HUNDRED_MB = 100 * 1024 * 1024


async def _pieces(total: int) -> AsyncIterator[bytes]:
    piece = b" " * 1024 * 1024
    for _ in range(total // len(piece)):
        yield piece


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_has_come(server: Server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.app.port)
    head = (
        "POST /a%40b/batch/runs HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: token jupyter-token\r\nContent-Length: {HUNDRED_MB}\r\n\r\n"
    )
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.readuntil(b"}}"), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    body = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert body["code"] == "too_large"
    assert body["details"] == {"field": "body", "limit": MAX_BODY_BYTES}


@pytest.mark.parametrize("length", [{"Content-Length": str(HUNDRED_MB)}, {}])
async def test_a_hundred_megabytes_are_refused_without_being_kept(
    server: Server, length: dict[str, str]
):
    tracemalloc.start()
    try:
        answer = await server.http.post("runs", content=_pieces(HUNDRED_MB), headers=length)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert peak < 20 * 1024 * 1024
    assert await server.parts.everything() == (0, 0)
    assert (await server.http.get("runs")).status_code == 200


async def test_a_fault_is_told_by_its_id_in_the_log_only(
    server: Server, caplog: pytest.LogCaptureFixture
):
    async def fail() -> None:
        raise RuntimeError("the password is swordfish")

    server.engine.health = fail  # type: ignore[method-assign, assignment]
    answer = await server.http.get("health")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "swordfish" not in answer.text
    log_id = answer.json()["details"]["log_id"]
    (record,) = [r for r in caplog.records if log_id in r.getMessage()]
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None


async def test_an_error_of_ours_keeps_its_words_and_status(server: Server):
    async def fail() -> None:
        raise StoreFull("there is no space left")

    server.engine.health = fail  # type: ignore[method-assign, assignment]
    answer = await server.http.get("health")
    assert answer.status_code == 507
    assert answer.json() == {
        "code": "store_full",
        "message": "there is no space left",
        "details": {},
    }


async def test_an_answer_that_breaks_in_the_middle_is_not_taken_for_whole(server: Server):
    async def artifact(*_: object) -> tuple[Artifact, AsyncIterator[bytes]]:
        async def slices() -> AsyncIterator[bytes]:
            yield b"half"
            raise StoreFull("the rest cannot be read")

        return Artifact(path="a", size_bytes=8, sha256="", media_type="text/plain"), slices()

    server.engine.runs.artifact = artifact  # type: ignore[method-assign, assignment]
    with pytest.raises(httpx.RemoteProtocolError):
        await server.http.get("runs/r/artifacts/a")
    assert (await server.http.get("health")).status_code == 200


async def test_a_client_that_goes_away_in_the_middle_is_no_fault(
    server: Server, caplog: pytest.LogCaptureFixture
):
    server.parts.notebooks.files["nb.ipynb"] = b'{"cells": []}' + b" " * (32 * 1024 * 1024)
    run_id = (await server.submit())["id"]
    url = f"runs/{run_id}/notebook?input=true"
    async with server.http.stream("GET", url) as answer:
        async for _ in answer.aiter_raw():
            break
    assert (await server.http.get(f"runs/{run_id}")).status_code == 200
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_others_are_served_while_a_large_notebook_is_sent(server: Server):
    size = 64 * 1024 * 1024
    server.parts.notebooks.files["nb.ipynb"] = b'{"cells": []}' + b" " * size
    run_id = (await server.submit())["id"]
    got = 0
    async with server.http.stream("GET", f"runs/{run_id}/notebook?input=true") as answer:
        async for piece in answer.aiter_raw():
            got += len(piece)
            if got == len(piece):
                assert (await server.http.get("health")).status_code == 200
    assert got == size + 13
