"""A real Jupyter server over real HTTP; its engine runs on fakes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

from jupyter_batch.domain.run import Run
from jupyter_batch.domain.settings import Settings
from jupyter_batch.server.gateway import Gateway
from jupyter_batch.server.port import PortKeeper
from jupyter_batch.server.routes import install
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

JUPYTER_TOKEN = "jupyter-token"
MAX_BODY_BYTES = 256 * 1024


class QuietServer(PortKeeper):
    """A server that leaves the signals and the runtime folder of the tests alone."""

    def init_signal(self) -> None:
        """Sets no handlers."""

    def write_server_info_file(self) -> None:
        """Writes nothing."""


class Parts:
    """The parts of an engine."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.clock = FakeClock()
        self.hub = EventHub()
        self.store = FakeStore(sink=self.hub, clock=self.clock)
        self.executor = FakeExecutor()
        self.notebooks = FakeNotebooks()
        self.settings = Settings(
            data_dir=str(data_dir), root_dir="/", **{"max_concurrent_runs": 4, **settings}
        )

    async def open(self) -> BatchEngine:
        """Puts an engine together."""
        return BatchEngine(
            store=self.store,
            executors={"docker": self.executor},
            notebooks=self.notebooks,
            secrets=FakeSecrets({"TOKEN": "s3cret"}),
            clock=self.clock,
            settings=self.settings,
            hub=self.hub,
            alarm=FakeAlarm(self.clock),
        )

    async def everything(self) -> tuple[int, int]:
        """Returns how many runs and jobs are stored."""
        from jupyter_batch.domain.queries import JobQuery, RunQuery

        runs = await self.store.runs.list(RunQuery(limit=1000))
        jobs = await self.store.jobs.list(JobQuery(limit=1000))
        return len(runs.items), len(jobs.items)


class Server:
    """A running server, and a client of it."""

    def __init__(self, app: ServerApp, gateway: Gateway, parts: Parts) -> None:
        self.app = app
        self.gateway = gateway
        self.parts = parts
        self.url = app.connection_url
        self.http = httpx.AsyncClient(
            base_url=f"{self.url}batch/",
            headers={"Authorization": f"token {JUPYTER_TOKEN}"},
            trust_env=False,
            timeout=20,
        )

    @property
    def engine(self) -> BatchEngine:
        assert self.gateway.engine is not None
        return self.gateway.engine

    async def submit(self, **fields: Any) -> dict[str, Any]:
        """Submits a run and returns it."""
        answer = await self.http.post("runs", json={"notebook": "nb.ipynb", **fields})
        assert answer.status_code == 201, answer.text
        run: dict[str, Any] = answer.json()
        return run

    async def ended(self, run_id: str) -> Run:
        """Returns the run once it is over."""

        async def follow() -> None:
            async for _ in self.engine.runs.follow(run_id):
                pass

        await asyncio.wait_for(follow(), 10)
        return await self.engine.runs.get(run_id)


StartServer = Callable[..., Awaitable[Server]]


@contextlib.asynccontextmanager
async def starting(folder: Path) -> AsyncIterator[StartServer]:
    """Gives a function that starts servers on a folder, and stops them in the end."""
    data_dir = folder / "batch"
    data_dir.mkdir()
    async with contextlib.AsyncExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name in ("CONFIG", "DATA", "RUNTIME"):
            environment.setenv(f"JUPYTER_{name}_DIR", str(folder / name.lower()))

        async def start(
            *,
            parts: Parts | None = None,
            open_engine: Callable[[], Awaitable[BatchEngine]] | None = None,
            config: dict[str, Any] | None = None,
            settings: dict[str, Any] | None = None,
            root_dir: str = "/home/ada/work",
        ) -> Server:
            parts = parts or Parts(data_dir, **(settings or {}))
            server = _new_server(parts, open_engine or parts.open, config or {}, data_dir, root_dir)
            stack.push_async_callback(_stop, server)
            await server.gateway.open()
            return server

        yield start


@pytest.fixture
async def start_server(tmp_path: Path) -> AsyncIterator[StartServer]:
    """Starts servers, and stops them in the end."""
    async with starting(tmp_path) as start:
        yield start


@pytest.fixture
async def server(start_server: StartServer) -> Server:
    """One server that is the owner."""
    return await start_server()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for all tests of a module, for tests that leave nothing behind."""
    async with starting(tmp_path_factory.mktemp("shared")) as start:
        yield await start()


def _new_server(
    parts: Parts,
    open_engine: Callable[[], Awaitable[BatchEngine]],
    config: dict[str, Any],
    data_dir: Path,
    root_dir: str,
) -> Server:
    base = {
        "ServerApp": {
            "base_url": "/a%40b/",
            "port": 0,
            "ip": "127.0.0.1",
            "open_browser": False,
            "root_dir": str(data_dir),
            "log_level": "ERROR",
        },
        "IdentityProvider": {"token": JUPYTER_TOKEN},
    }
    merged = Config(base)
    merged.merge(Config(config))
    app = QuietServer(config=merged)
    app.initialize(argv=[], find_extensions=False)
    gateway = Gateway(
        open_engine=open_engine,
        url=lambda: app.connection_url,
        data_dir=data_dir,
        root_dir=root_dir,
        max_body_bytes=MAX_BODY_BYTES,
    )
    gateway.patience_seconds = 0.0
    install(app.web_app, gateway)
    return Server(app, gateway, parts)


async def _stop(server: Server) -> None:
    await server.http.aclose()
    await server.gateway.close()
    server.app.http_server.stop()
    await server.app.http_server.close_all_connections()
    server.app.session_manager.close()
    server.app.kernel_manager.context.destroy()


class Denying(Authorizer):
    """Allows only reading."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        """Says no to all but reading."""
        return action == "read" and resource == "batch"


async def read_events(
    answer: httpx.Response, *, until: Callable[[dict[str, Any]], bool] | None = None
) -> list[dict[str, Any]]:
    """Reads a stream to its end, or up to the event that is waited for."""
    events: list[dict[str, Any]] = []
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "data" in fields:
            event = {**json.loads(fields["data"]), "sse": dict(fields)}
            events.append(event)
            if until is not None and until(event):
                return events
        fields = {}
    return events


def sources(count: int) -> Sequence[str]:
    """Returns that many cells."""
    return [f"print({number})" for number in range(count)]
