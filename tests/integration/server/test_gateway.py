"""Servers that are not the owner hand requests on to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from jupyter_batch.errors import StoreDamaged, StoreLocked
from jupyter_batch.server.owner_watch import watch
from jupyter_batch.server.proxy import VERSION_HEADER
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.testing.executor import hang
from jupyter_batch.wire.owner import OWNER_FILE, OwnerInfo, read_owner, write_owner

from .conftest import MAX_BODY_BYTES, Parts, Server, StartServer, read_events


class Lock:
    """Opens one engine at a time, as the database's lock does."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.taken = False
        self.opened = 0

    async def open(self) -> BatchEngine:
        """Opens the engine, or raises StoreLocked."""
        if self.taken:
            raise StoreLocked("another process has it")
        self.taken = True
        self.opened += 1
        return await self.parts.open()


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "batch")


@pytest.fixture
def lock(parts: Parts) -> Lock:
    return Lock(parts)


@pytest.fixture
async def owner(start_server: StartServer, parts: Parts, lock: Lock) -> Server:
    return await start_server(parts=parts, open_engine=lock.open)


@pytest.fixture
async def gateway(start_server: StartServer, parts: Parts, lock: Lock, owner: Server) -> Server:
    """A second server on the same data folder, with a base url of its own."""
    return await start_server(
        parts=parts, open_engine=lock.open, config={"ServerApp": {"base_url": "/second/"}}
    )


async def test_the_owner_leaves_its_address_to_its_user_only(owner: Server, tmp_path: Path):
    left = read_owner(tmp_path / "batch")
    assert left is not None
    assert (left.url, left.token, left.pid) == (owner.url, owner.gateway.token, os.getpid())
    assert left.kind == "jupyter"
    mode = (tmp_path / "batch" / OWNER_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_a_request_is_answered_by_the_owner(owner: Server, gateway: Server):
    assert gateway.gateway.engine is None
    answer = await gateway.http.post(
        "runs", json={"notebook": "nb.ipynb"}, headers={"Idempotency-Key": "k"}
    )
    run = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/second/batch/runs/{run['id']}"
    await owner.ended(run["id"])
    at_door = await gateway.http.get(f"runs/{run['id']}")
    at_owner = await owner.http.get(f"runs/{run['id']}")
    assert at_door.content == at_owner.content
    again = await gateway.http.post(
        "runs", json={"notebook": "nb.ipynb"}, headers={"Idempotency-Key": "k"}
    )
    assert again.json()["id"] == run["id"]


async def test_errors_come_through_as_they_are(gateway: Server, owner: Server):
    for method, path in [
        ("GET", "runs?limit=abc"),
        ("GET", "runs/none"),
        ("POST", "runs"),
        ("GET", "runs?q=%C3%BC%26x&status=1"),
    ]:
        theirs = await owner.http.request(method, path)
        answer = await gateway.http.request(method, path)
        assert (answer.status_code, answer.json()) == (theirs.status_code, theirs.json())


async def test_each_method_is_handed_on(gateway: Server):
    job = (await gateway.http.post("jobs", json={"name": "j", "notebook": "nb.ipynb"})).json()
    changed = await gateway.http.patch(f"jobs/{job['id']}", json={"priority": 3})
    assert changed.json()["priority"] == 3
    deleted = await gateway.http.delete(f"jobs/{job['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")


async def test_a_door_asks_its_own_authorizer(
    start_server: StartServer, parts: Parts, lock: Lock, owner: Server
):
    gateway = await start_server(
        parts=parts,
        open_engine=lock.open,
        config={"ServerApp": {"authorizer_class": f"{__package__}.conftest.Denying"}},
    )
    assert (await gateway.http.get("runs")).status_code == 200
    assert (await gateway.http.post("runs", json={"notebook": "nb.ipynb"})).status_code == 403
    gateway.http.headers["Authorization"] = "token wrong"
    gateway.http.cookies.clear()
    assert (await gateway.http.get("runs")).status_code == 403


async def test_a_stream_comes_through_as_it_happens(owner: Server, gateway: Server, parts: Parts):
    parts.executor.behaviour = hang
    run_id = (await gateway.submit())["id"]
    (attempt,) = await parts.executor.wait_started()
    async with gateway.http.stream("GET", f"runs/{run_id}/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        past = await read_events(answer, until=lambda e: e["kind"] == "cell_started")
    assert past
    last = {"Last-Event-ID": past[-1]["sse"]["id"]}
    async with gateway.http.stream("GET", f"runs/{run_id}/events", headers=last) as answer:
        await attempt.end()
        rest = await read_events(answer)
    assert rest[-1]["data"]["state"] == "succeeded"


async def test_a_listener_at_a_door_that_goes_away_is_forgotten_by_the_owner(
    owner: Server, gateway: Server
):
    async with gateway.http.stream("GET", "events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        assert owner.engine.hub.listeners == 1
    async with asyncio.timeout(5):
        while owner.engine.hub.listeners:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_streams_through_a_door_end_when_its_server_stops(owner: Server, gateway: Server):
    async with gateway.http.stream("GET", "events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await gateway.gateway.close()
        with contextlib.suppress(httpx.RemoteProtocolError):
            assert [line async for line in lines if line] == []
    assert owner.gateway.engine is not None


async def test_a_stream_through_a_door_is_broken_off_when_the_owner_stops(
    owner: Server, gateway: Server
):
    async with gateway.http.stream("GET", "events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await owner.gateway.close()
        with contextlib.suppress(httpx.RemoteProtocolError):
            assert [line async for line in lines if line] == []


async def test_a_large_answer_comes_through_whole(owner: Server, gateway: Server, parts: Parts):
    content = b'{"cells": []}' + b" " * (8 * 1024 * 1024)
    parts.notebooks.files["nb.ipynb"] = content
    run_id = (await gateway.submit())["id"]
    answer = await gateway.http.get(f"runs/{run_id}/notebook", params={"input": "true"})
    assert answer.content == content
    assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_door_refuses_a_body_that_is_too_large_itself(owner: Server, gateway: Server):
    answer = await gateway.http.post("runs", content=b" " * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_door_becomes_the_owner_when_the_owner_has_gone(
    owner: Server, gateway: Server, lock: Lock, tmp_path: Path
):
    await owner.gateway.close()
    lock.taken = False
    assert read_owner(tmp_path / "batch") is None
    assert (await gateway.http.get("runs")).status_code == 200
    left = read_owner(tmp_path / "batch")
    assert left is not None
    assert left.token == gateway.gateway.token
    assert lock.opened == 2


async def test_a_door_becomes_the_owner_when_the_owner_has_died_and_left_its_file(
    start_server: StartServer, parts: Parts, lock: Lock, tmp_path: Path
):
    _leave_file(tmp_path, "http://127.0.0.1:9/")
    lock.taken = True
    gateway = await start_server(parts=parts, open_engine=lock.open)
    answer = await gateway.http.get("runs")
    assert (answer.status_code, answer.json()["code"]) == (503, "owner_unavailable")
    lock.taken = False
    many = await asyncio.gather(*(gateway.http.get("runs") for _ in range(5)))
    assert {answer.status_code for answer in many} == {200}
    assert lock.opened == 1


async def test_a_door_that_nobody_asks_takes_over_by_itself(
    owner: Server, gateway: Server, lock: Lock, tmp_path: Path
):
    watching = asyncio.create_task(
        watch(gateway.gateway, gateway.app.web_app, idle_limit=None, stop=lambda: None)
    )
    await owner.gateway.close()
    lock.taken = False
    async with asyncio.timeout(20):
        while gateway.gateway.engine is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    watching.cancel()
    await asyncio.wait({watching})
    left = read_owner(tmp_path / "batch")
    assert left is not None
    assert left.token == gateway.gateway.token


async def test_what_keeps_a_door_from_taking_over_is_logged_once(
    start_server: StartServer, parts: Parts, lock: Lock, owner: Server, caplog
):
    broken = False

    async def open_engine() -> BatchEngine:
        if broken:
            raise StoreDamaged("the file is not a store")
        return await lock.open()

    gateway = await start_server(parts=parts, open_engine=open_engine)
    broken = True
    assert not await gateway.gateway.fail_over()
    assert not await gateway.gateway.fail_over()
    told = [r for r in caplog.records if "Cannot take over" in r.message]
    assert len(told) == 1
    assert "the file is not a store" in told[0].getMessage()
    broken = False
    assert not await gateway.gateway.fail_over()
    assert gateway.gateway.trouble is None


async def test_a_request_between_two_owners_waits_for_the_next(
    owner: Server, gateway: Server, lock: Lock
):
    await owner.gateway.close()  # its lock is still held, as by one that is just coming up
    gateway.gateway.patience_seconds = 20.0
    asked = asyncio.create_task(gateway.http.get("runs"))
    await asyncio.wait({asked}, timeout=0.5)
    assert not asked.done()
    lock.taken = False
    assert (await asked).status_code == 200


async def test_a_request_that_an_ending_owner_refuses_goes_to_the_next(
    owner: Server, gateway: Server, lock: Lock, parts: Parts
):
    may_close = asyncio.Event()

    async def close() -> None:
        await may_close.wait()

    parts.executor.close = close  # type: ignore[method-assign]
    closing = asyncio.create_task(owner.gateway.close())
    try:
        await asyncio.wait({closing}, timeout=0.05)
        refused = await owner.http.get("runs")
        assert (refused.status_code, VERSION_HEADER in refused.headers) == (503, False)
        gateway.gateway.patience_seconds = 20.0
        job = {"name": "j", "notebook": "nb.ipynb"}
        asked = asyncio.create_task(gateway.http.post("jobs", json=job))
        await asyncio.wait({asked}, timeout=0.5)
        assert not asked.done()
    finally:
        may_close.set()
        await closing
    lock.taken = False
    assert (await asked).status_code == 201


async def test_a_stranger_at_the_owners_address_is_not_taken_for_it(
    start_server: StartServer, parts: Parts, lock: Lock, tmp_path: Path
):
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    stranger = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with stranger:
        port = stranger.sockets[0].getsockname()[1]
        _leave_file(tmp_path, f"http://127.0.0.1:{port}/")
        lock.taken = True
        gateway = await start_server(parts=parts, open_engine=lock.open)
        answer = await gateway.http.get("runs")
    assert (answer.status_code, answer.json()["code"]) == (503, "owner_unavailable")


async def test_two_doors_do_not_hand_a_request_to_and_fro(
    start_server: StartServer, parts: Parts, lock: Lock, tmp_path: Path
):
    lock.taken = True
    first = await start_server(parts=parts, open_engine=lock.open)
    second = await start_server(parts=parts, open_engine=lock.open)
    info = first.gateway.introduction()
    write_owner(tmp_path / "batch", info)
    answer = await second.http.get("runs")
    assert (answer.status_code, answer.json()["code"]) == (503, "owner_unavailable")


async def test_what_keeps_the_store_from_opening_is_told_until_it_is_mended(
    start_server: StartServer, parts: Parts
):
    broken = True

    async def open_engine() -> BatchEngine:
        if broken:
            raise StoreDamaged("the file is not a store")
        return await parts.open()

    with pytest.raises(StoreDamaged):
        await start_server(parts=parts, open_engine=open_engine)
    broken = False
    server = await start_server(parts=parts, open_engine=open_engine)
    assert (await server.http.get("runs")).status_code == 200


async def test_an_engine_that_does_not_start_lets_go_of_the_store(
    start_server: StartServer, parts: Parts
):
    async def open_engine() -> BatchEngine:
        engine = await parts.open()

        async def fail() -> None:
            raise RuntimeError("no")

        engine.start = fail  # type: ignore[method-assign]
        return engine

    with pytest.raises(RuntimeError):
        await start_server(parts=parts, open_engine=open_engine)
    assert parts.executor.closed


def _leave_file(tmp_path: Path, url: str) -> None:
    owner = OwnerInfo(
        url=url,
        token="stale",
        pid=1,
        kind="on_demand",
        version="0",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    write_owner(tmp_path / "batch", owner)
