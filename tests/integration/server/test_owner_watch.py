"""An on-demand server ends when nobody needs it, and no server is culled under a run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from jupyter_batch.server.owner_watch import watch
from jupyter_batch.testing.executor import hang

from .conftest import Server


class Stopping:
    """Notes that the server was told to stop."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    def __call__(self) -> None:
        """Is what ``watch`` calls."""
        self.stopped.set()


@contextlib.asynccontextmanager
async def watching(server: Server) -> AsyncIterator[Stopping]:
    """Watches a server that may be idle for a moment only."""
    stopping = Stopping()
    task = asyncio.create_task(
        watch(server.gateway, server.app.web_app, idle_limit=0.05, stop=stopping)
    )
    yield stopping
    task.cancel()
    await asyncio.wait({task})


async def test_an_idle_owner_is_stopped(server: Server):
    async with watching(server) as stopping:
        await asyncio.wait_for(stopping.stopped.wait(), 10)


async def test_an_owner_with_a_run_is_not_stopped_before_it_is_over(server: Server):
    server.parts.executor.behaviour = hang
    await server.submit()
    (attempt,) = await server.parts.executor.wait_started()
    async with watching(server) as stopping:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stopping.stopped.wait(), 0.5)
        await attempt.end()
        await asyncio.wait_for(stopping.stopped.wait(), 10)


async def test_an_owner_with_a_listener_is_not_stopped(server: Server):
    async with server.http.stream("GET", "events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        async with watching(server) as stopping:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(stopping.stopped.wait(), 0.5)
            await answer.aclose()
            await asyncio.wait_for(stopping.stopped.wait(), 10)


async def test_a_run_counts_as_activity_of_the_server(server: Server):
    server.parts.executor.behaviour = hang
    await server.submit()
    (attempt,) = await server.parts.executor.wait_started()
    before = server.app.web_app.last_activity()
    async with watching(server), asyncio.timeout(10):
        while server.app.web_app.last_activity() == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await attempt.end()
