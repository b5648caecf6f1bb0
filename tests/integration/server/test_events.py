"""Event streams over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_batch.testing.executor import FakeAttempt, hang

from .conftest import Server, read_events


async def _running(server: Server) -> tuple[str, FakeAttempt]:
    server.parts.executor.behaviour = hang
    run_id = (await server.submit())["id"]
    return run_id, (await server.parts.executor.wait_started())[0]


def _is(kind: str, **data: Any) -> Any:
    return lambda e: e["kind"] == kind and all(e["data"].get(k) == v for k, v in data.items())


async def test_a_stream_tells_the_past_then_the_present_and_ends_with_the_run(server: Server):
    run_id, attempt = await _running(server)
    async with server.http.stream("GET", f"runs/{run_id}/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        past = await read_events(answer, until=_is("cell_started"))
        attempt.print(0, "live\n")
        attempt.finish_cell(0)
        await attempt.end()
        # httpx streams are read once; the rest is read by a second request below.
    assert [e["data"]["state"] for e in past if e["kind"] == "state"][:2] == ["queued", "starting"]
    last = past[-1]["sse"]["id"]
    headers = {"Last-Event-ID": last}
    async with server.http.stream("GET", f"runs/{run_id}/events", headers=headers) as answer:
        rest = await read_events(answer)
    assert rest[-1]["data"]["state"] == "succeeded"
    assert "live\n" in str(rest[0]["data"]) or any("live" in str(e["data"]) for e in rest)
    assert all(int(e["sse"]["id"]) > int(last) for e in rest)


async def test_an_event_has_its_id_its_kind_and_its_data(server: Server):
    run_id = (await server.submit())["id"]
    await server.ended(run_id)
    async with server.http.stream("GET", f"runs/{run_id}/events") as answer:
        told = await read_events(answer)
    assert {e["sse"]["event"] for e in told} == {e["kind"] for e in told}
    assert [int(e["sse"]["id"]) for e in told] == [e["event_id"] for e in told]
    assert all(e["run_id"] == run_id for e in told)
    assert all(e["at"].endswith("Z") for e in told)


@pytest.mark.parametrize("way", ["header", "argument"])
async def test_a_stream_goes_on_where_it_was(server: Server, way: str):
    run_id = (await server.submit())["id"]
    await server.ended(run_id)
    async with server.http.stream("GET", f"runs/{run_id}/events") as answer:
        told = await read_events(answer)
    middle = str(told[2]["event_id"])
    asked: dict[str, Any] = (
        {"headers": {"Last-Event-ID": middle}} if way == "header" else {"params": {"after": middle}}
    )
    async with server.http.stream("GET", f"runs/{run_id}/events", **asked) as answer:
        rest = await read_events(answer)
    assert [e["event_id"] for e in rest] == [e["event_id"] for e in told[3:]]


async def test_who_knows_all_of_a_run_that_is_over_need_not_come_back(server: Server):
    run_id = (await server.submit())["id"]
    await server.ended(run_id)
    async with server.http.stream("GET", f"runs/{run_id}/events") as answer:
        last = (await read_events(answer))[-1]["sse"]["id"]
    answer = await server.http.get(f"runs/{run_id}/events", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_stream_of_all_runs_tells_from_now_on(server: Server):
    await server.ended((await server.submit())["id"])
    async with server.http.stream("GET", "events") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 1000"
        run_id = (await server.submit(name="second"))["id"]
        async for line in lines:
            if line.startswith("data: "):
                assert run_id in line
                assert '"output"' not in line
                if '"succeeded"' in line and '"kind":"state"' in line:
                    break


async def test_the_stream_of_all_runs_goes_on_where_it_was(server: Server):
    first = (await server.submit())["id"]
    await server.ended(first)
    second = (await server.submit())["id"]
    await server.ended(second)
    done = _is("state", state="succeeded")
    async with server.http.stream("GET", "events", params={"after": 0}) as answer:
        told = await read_events(answer, until=lambda e: done(e) and e["run_id"] == second)
    last = next(e for e in told if done(e) and e["run_id"] == first)["sse"]["id"]
    async with server.http.stream("GET", "events", headers={"Last-Event-ID": last}) as answer:
        rest = await read_events(answer, until=done)
    assert {e["run_id"] for e in rest} == {second}
    assert rest[0]["position"] == int(last) + 1


async def test_a_listener_that_goes_away_is_forgotten(server: Server):
    run_id, _ = await _running(server)
    async with server.http.stream("GET", f"runs/{run_id}/events") as answer:
        await read_events(answer, until=_is("cell_started"))
        assert server.engine.hub.listeners == 1
    # The server hears of it in the course of its loop.
    async with asyncio.timeout(5):
        while server.engine.hub.listeners:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_slow_listener_does_not_make_the_server_remember_all(server: Server):
    run_id, attempt = await _running(server)
    total = 3000
    async with server.http.stream("GET", f"runs/{run_id}/events") as answer:
        stream = answer.aiter_raw()
        await anext(stream)
        for number in range(total):
            attempt.print(0, f"{number} " + "x" * 20_000, no=number)
        attempt.finish_cell(0)
        await attempt.end()
        ended = asyncio.create_task(server.ended(run_id))
        assert (await ended).state == "succeeded"
        (subscription,) = server.engine.hub._subscriptions
        assert len(subscription._events) <= 1000
        seen = b"".join([piece async for piece in stream])
    assert seen.count(b"event: output\n") == total
    assert b'"state":"succeeded"' in seen[-2000:]


async def test_a_silent_stream_is_kept_alive(server: Server):
    server.gateway.keep_alive_seconds = 0.01
    async with server.http.stream("GET", "events") as answer:
        async for line in answer.aiter_lines():
            if line.startswith(": keep-alive"):
                break


async def test_streams_end_when_the_server_stops(server: Server):
    async with server.http.stream("GET", "events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await server.gateway.close()
        rest = [line async for line in lines]
    assert [line for line in rest if line] == []
