"""Bodies that would take long to read keep nobody waiting."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from .conftest import Server

pytestmark = pytest.mark.slow
MIB = 1024 * 1024


def lists(size: int) -> bytes:
    return b'{"notebook":"nb.ipynb","parameters":{"x":[' + b"[]," * (size // 3) + b"[]]}}"


def names(size: int) -> bytes:
    pairs = b",".join(b'"k%d":0' % n for n in range(size // 10))
    return b'{"notebook":"nb.ipynb","parameters":{' + pairs + b"}}"


def outputs(size: int) -> bytes:
    return b'{"notebook":"nb.ipynb","content":{"cells":[' + b"[]," * (size // 3) + b"[]]}}"


def text(size: int) -> bytes:
    return json.dumps({"notebook": "nb.ipynb", "parameters": {"x": "a,[" * (size // 3)}}).encode()


async def longest_pause(server: Server, path: str, body: bytes) -> tuple[float, int]:
    """Returns how long the loop did nothing else while a body was served, and the status."""
    longest = 0.0
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        last = time.perf_counter()
        while not done.is_set():
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    watching = asyncio.create_task(watch())
    answer = await server.http.post(path, content=body, timeout=120)
    done.set()
    await watching
    return longest, answer.status_code


@pytest.mark.parametrize("make", [lists, names, outputs, text])
@pytest.mark.parametrize("path", ["runs", "jobs", "runs/check", "sweeps", "imports/runs"])
async def test_the_loop_goes_on_whatever_is_in_a_body(server: Server, make, path: str):
    """As it does for a body of the same size that is one text without anything in it."""
    server.gateway.max_body_bytes = 64 * MIB
    size = 24 * MIB
    plain = json.dumps({"notebook": "nb.ipynb", "parameters": {"x": "a" * size}}).encode()
    usual, _ = await longest_pause(server, path, plain)
    pause, status = await longest_pause(server, path, make(size))
    assert 200 <= status < 500
    assert pause < max(6 * usual, 0.5)


async def test_many_of_them_at_once(server: Server):
    server.gateway.max_body_bytes = 64 * MIB
    usual, _ = await longest_pause(server, "runs", lists(MIB))
    found = await asyncio.gather(*(longest_pause(server, "runs", lists(8 * MIB)) for _ in range(4)))
    assert {status for _, status in found} == {413}
    assert max(pause for pause, _ in found) < max(10 * usual, 1.0)
