"""Stores of DuckDB in folders of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import DuckStore, open_store
from jupyter_batch.testing import FakeClock

Opener = Callable[..., Awaitable[DuckStore]]
_ZYGOTE = Path(__file__).with_name("zygote.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def open_store_in(clock: FakeClock) -> AsyncIterator[Opener]:
    """Opens the store in any folder; whatever is left open is closed after the test."""
    opened: list[DuckStore] = []

    async def open_store_in(folder: Path, **options: Any) -> DuckStore:
        store = await open_store(folder, sink=EventHub(), clock=clock, **options)
        opened.append(store)
        return store

    yield open_store_in
    for store in opened:
        await store.close()


@pytest.fixture
def open_here(folder: Path, open_store_in: Opener) -> Opener:
    """Opens the store in the folder."""
    return partial(open_store_in, folder)


@pytest.fixture
async def store(open_here: Opener) -> DuckStore:
    return await open_here()


class Zygote:
    """Makes children that die."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def __call__(self, task: str, *arguments: object, **when: Any) -> tuple[int, list[str]]:
        """Returns how the child ended (0: it lived), and the whole lines that it said."""
        order = {"task": task, "arguments": list(map(str, arguments)), **when}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        said: list[str] = []
        while True:
            line = (await self._process.stdout.readline()).decode()
            assert line, "the zygote is gone"
            # A child that dies in the middle of a line leaves it to ours.
            _, found, status = line.partition("ended ")
            if found:
                return os.waitstatus_to_exitcode(int(status)), said
            said.append(line)


@pytest.fixture
async def zygote():
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_ZYGOTE), stdin=PIPE, stdout=PIPE
    )
    yield Zygote(process)
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()
