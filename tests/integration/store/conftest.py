"""Stores of DuckDB in folders of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.services.hub import EventHub
from jupyter_batch.store import DuckStore, open_store
from jupyter_batch.testing import FakeClock

Opener = Callable[..., Awaitable[DuckStore]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def open_here(folder: Path, clock: FakeClock) -> AsyncIterator[Opener]:
    """Opens the store in the folder; whatever is left open is closed after the test."""
    opened: list[DuckStore] = []

    async def open_here(**options: Any) -> DuckStore:
        store = await open_store(folder, sink=EventHub(), clock=clock, **options)
        opened.append(store)
        return store

    yield open_here
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_here: Opener) -> DuckStore:
    return await open_here()
