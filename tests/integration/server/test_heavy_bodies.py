"""Bodies that would take long to read keep nobody waiting."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from pathlib import Path

import pytest

from jupyter_batch.domain.imported_notebook import MAX_CELLS_AND_OUTPUTS
from jupyter_batch.notebook.notebooks import DiskNotebooks
from jupyter_batch.store.store import open_store

from .conftest import Parts, Server, StartServer

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


def executed(*outputs: bytes) -> bytes:
    """Returns the body of an import of a notebook with a cell of these outputs."""
    cell = b'{"cell_type":"code","source":"1","metadata":{},"execution_count":1,"outputs":['
    notebook = b'{"nbformat":4,"nbformat_minor":4,"metadata":{},"cells":[' + cell
    facts = (
        b'{"name":"x","notebook":"x.ipynb","state":"succeeded","created_at":"2025-01-01T00:00:00Z"'
    )
    return facts + b',"content":' + notebook + b",".join(outputs) + b"]}]}}"


def shown(values: bytes) -> bytes:
    return b'{"output_type":"display_data","metadata":{},"data":{"a/json":[' + values + b"0]}}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (executed(shown(b"[]," * 2_000_000)), 201),
        (executed(shown(b'{"a":1},' * 1_000_000)), 201),
        (executed(*[shown(b"")] * (MAX_CELLS_AND_OUTPUTS // 2)), 201),
        (executed(*[shown(b"")] * (2 * MAX_CELLS_AND_OUTPUTS)), 400),
    ],
    ids=["lists", "objects", "outputs", "too-many-outputs"],
)
async def test_the_loop_goes_on_while_a_notebook_is_imported(
    start_server: StartServer, tmp_path: Path, body: bytes, status: int
):
    parts = Parts(tmp_path / "batch")
    parts.notebooks = DiskNotebooks(parts.settings)  # type: ignore[assignment]
    store = await open_store(tmp_path / "batch", sink=parts.hub, clock=parts.clock)
    parts.store = store  # type: ignore[assignment]
    server = await start_server(parts=parts)
    server.gateway.max_body_bytes = 64 * MIB
    plain = json.dumps({"notebook": "nb.ipynb", "parameters": {"x": "a" * len(body)}}).encode()
    # As an owner does. A full collection of what all tests have loaded takes a second.
    gc.freeze()
    usual, _ = await longest_pause(server, "imports/runs", plain)
    pause, answered = await longest_pause(server, "imports/runs", body)
    gc.unfreeze()
    assert answered == status
    # A million values took more than a second.
    assert pause < max(6 * usual, 0.5)
