"""An engine over fakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from jupyter_batch.domain.requests import RunRequest
from jupyter_batch.domain.run import Run, TriggerKind
from jupyter_batch.domain.settings import Settings
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.testing import (
    FakeAlarm,
    FakeClock,
    FakeExecutor,
    FakeNotebooks,
    FakeSecrets,
    FakeStore,
)


class Bench:
    """The engine with the fakes that it runs on."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.hub = EventHub()
        self.store = FakeStore(sink=self.hub, clock=self.clock)
        self.executor = FakeExecutor()
        self.executors = {"docker": self.executor}
        self.notebooks = FakeNotebooks()
        self.secrets = FakeSecrets({"TOKEN": "s3cret"})
        self.settings = Settings(
            data_dir="/data",
            root_dir="/root",
            # Attempts of the fake that hang do not beat.
            **{"max_concurrent_runs": 2, "silence_limit_seconds": None, **settings},
        )
        self.engine = self.new_engine()

    def add_executor(self, name: str) -> FakeExecutor:
        """Adds one of that name to those that the engine has."""
        self.executors[name] = FakeExecutor(name)
        return self.executors[name]

    def new_engine(self) -> BatchEngine:
        return BatchEngine(
            store=self.store,
            executors=self.executors,
            notebooks=self.notebooks,
            secrets=self.secrets,
            clock=self.clock,
            settings=self.settings,
            hub=self.hub,
            alarm=FakeAlarm(self.clock),
        )

    async def submit(self, notebook: str = "nb.ipynb", **fields: Any) -> Run:
        request = RunRequest(notebook=notebook, **fields)
        return await self.engine.runs.submit(request, user="ada", trigger=TriggerKind.API)

    async def notebook(self, run_id: str) -> bytes:
        """Returns the executed notebook."""
        return b"".join([piece async for piece in self.engine.runs.notebook(run_id)])

    async def ended(self, run_id: str) -> Run:
        """Returns the run once it is over."""

        async def follow() -> None:
            async for _ in self.engine.runs.follow(run_id):
                pass

        await asyncio.wait_for(follow(), 5)
        return await self.engine.runs.get(run_id)

    async def reached(self, run_id: str, condition: Callable[[Run], bool]) -> Run:
        """Returns the run once it is so, looking at it after each of its events."""

        async def follow() -> Run:
            async for _ in self.engine.runs.follow(run_id):
                run = await self.engine.runs.get(run_id)
                if condition(run):
                    return run
            raise AssertionError("the run ended before")

        return await asyncio.wait_for(follow(), 5)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.engine.start()
    yield bench
    await bench.engine.stop()
