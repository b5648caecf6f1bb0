"""The stores that the contract suite runs over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.ports import Store
from jupyter_batch.store import open_store
from jupyter_batch.testing import FakeClock, FakeStore


class Heard:
    """A sink that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def publish(self, events: Sequence[RunEvent]) -> None:
        self.events.extend(events)


class Kit:
    """A store with its clock and its sink."""

    def __init__(self, store: Store, clock: FakeClock, heard: Heard) -> None:
        self.store = store
        self.jobs = store.jobs
        self.runs = store.runs
        self.records = store.records
        self.clock = clock
        self.heard = heard


@pytest.fixture(params=["fake", "duckdb"])
async def kit(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kit]:
    clock, heard = FakeClock(), Heard()
    store: Store
    if request.param == "fake":
        store = FakeStore(sink=heard, clock=clock)
    else:
        store = await open_store(tmp_path / "data", sink=heard, clock=clock)
    yield Kit(store, clock, heard)
    await store.close()
