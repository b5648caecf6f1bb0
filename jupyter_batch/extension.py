"""The Jupyter server extension: reads the settings from traits and wires all parts."""

from __future__ import annotations

import asyncio
import importlib
import os
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import Bool, Enum, Float, Int, List, Unicode, default

from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS, EXECUTOR_NAMES
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError
from jupyter_batch.server.gateway import Gateway
from jupyter_batch.server.owner_watch import watch
from jupyter_batch.server.plain_logs import keep_logs_plain
from jupyter_batch.server.routes import install
from jupyter_batch.server.secrets import FileSecrets
from jupyter_batch.services.clock import SystemClock
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.wire.owner import OwnerKind, default_data_dir, read_owner

_MIB = 1024 * 1024
_GIB = 1024 * _MIB
#: Imported only when an engine is put together.
_HEAVY = (
    *(kind.implementation.partition(":")[0] for kind in EXECUTOR_KINDS.values()),
    "jupyter_batch.notebook.notebooks",
    "jupyter_batch.runner.pack",
    "jupyter_batch.store",
)
_WILDCARDS = ("", "*", "0.0.0.0", "::")


class BatchExtension(ExtensionApp):
    """Runs notebooks in containers of their own; ``c.BatchExtension.<setting> = ...``."""

    name = "jupyter_batch"
    description = "Runs parameterized notebooks in containers of their own."
    #: Whether there was something wrong when it started.
    failed = False
    #: Whether it ended as soon as it had started, because another process had the store.
    another_owns = False

    owner_kind = Enum(
        ["jupyter", "on_demand", "serve"],
        "jupyter",
        help="Kind of owner that this server is; headless servers set it.",
    ).tag(config=True)

    data_dir = Unicode(help="Folder of the store.").tag(config=True)
    root_dir = Unicode(help="Folder that notebook paths are relative to.").tag(config=True)
    max_concurrent_runs = Int(
        None,
        allow_none=True,
        help="Number of runs that may be active at once; None for the number of CPUs.",
    ).tag(config=True)
    max_concurrent_runs_per_user = Int(
        None,
        allow_none=True,
        help="Number of runs of one user that may be active at once; None for no limit.",
    ).tag(config=True)
    default_executor = Unicode(
        EXECUTOR_NAMES[0],
        help="Executor of runs that name none; ``jupyter batch run --help`` lists all.",
    ).tag(config=True)
    allowed_executors = List(
        Unicode(), list(EXECUTOR_NAMES), help="Executors that runs may name."
    ).tag(config=True)
    default_image = Unicode("jupyter-batch-job:latest", help="Image of runs that name none.").tag(
        config=True
    )
    allowed_images = List(
        Unicode(), ["*"], help="Images that runs may name, as shell patterns."
    ).tag(config=True)
    pull_policy = Enum(
        ["if_absent", "always", "never"],
        "if_absent",
        help="``if_absent`` (pull an image that is not there), ``always`` or ``never``.",
    ).tag(config=True)
    allowed_volumes = List(
        Unicode(),
        [],
        help="Host folders and named volumes that runs may mount, as shell patterns. "
        "None by default.",
    ).tag(config=True)
    allowed_networks = List(Unicode(), ["bridge", "none"], help="Networks that runs may name.").tag(
        config=True
    )
    default_network = Unicode("bridge", help="Network of runs that name none.").tag(config=True)
    docker_host = Unicode(
        None,
        allow_none=True,
        help="Address of the container engine; None for that of ``DOCKER_HOST``.",
    ).tag(config=True)
    default_cpus = Float(2.0, help="CPUs of runs that name none.").tag(config=True)
    max_cpus = Float(
        None, allow_none=True, help="CPUs that a run may ask for; None for no limit."
    ).tag(config=True)
    default_memory_bytes = Int(2 * _GIB, help="Memory of runs that name none.").tag(config=True)
    max_memory_bytes = Int(
        None, allow_none=True, help="Memory that a run may ask for; None for no limit."
    ).tag(config=True)
    max_pids = Int(1024, help="Processes and threads in one container.").tag(config=True)
    allow_gpus = Bool(True, help="If true, runs may ask for GPUs.").tag(config=True)
    grace_seconds = Float(
        10.0, help="Time that a notebook has to clean up when it is cancelled or out of time."
    ).tag(config=True)
    heartbeat_seconds = Float(
        5.0, help="Interval at which a running attempt reports its memory and CPU."
    ).tag(config=True)
    silence_limit_seconds = Float(
        300.0,
        allow_none=True,
        help="Time without a message from a runner after which its attempt ends as lost, while its container runs; None for no limit.",
    ).tag(config=True)
    engine_patience_seconds = Float(
        600.0, help="Time without an answer from an engine after which its runs are lost."
    ).tag(config=True)
    default_timeout_seconds = Float(
        None, allow_none=True, help="Time limit of runs that name none; None for no limit."
    ).tag(config=True)
    max_output_bytes = Int(
        1 * _GIB, help="Bytes of outputs and log of one attempt. Further output is cut and counted."
    ).tag(config=True)
    max_artifact_bytes = Int(256 * _MIB, help="Artifacts of one attempt in all.").tag(config=True)
    max_bundle_bytes = Int(512 * _MIB, help="Notebook and files of one run.").tag(config=True)
    max_body_bytes = Int(64 * _MIB, help="Body of one HTTP request.").tag(config=True)
    secrets_file = Unicode(
        None,
        allow_none=True,
        help='File with secrets, ``NAME=value`` or ``NAME="several lines"``, readable by its user only; '
        "None for none.",
    ).tag(config=True)
    keep_runs = Int(
        None,
        allow_none=True,
        min=1,
        help="Number of finished runs of each job that are kept; None for all. "
        "A job may say otherwise.",
    ).tag(config=True)
    keep_days = Float(
        None,
        allow_none=True,
        min=0.0,
        help="Days that finished runs are kept; None for ever. The newest success of a job is always kept.",
    ).tag(config=True)
    on_time_seconds = Float(
        60.0,
        min=0.0,
        help="Delay up to which a scheduled time counts as on time: it runs, regardless of its job's policy for missed times.",
    ).tag(config=True)
    on_demand_idle_seconds = Float(
        60.0, help="Idle time after which an on-demand server ends."
    ).tag(config=True)

    @default("data_dir")
    def _default_data_dir(self) -> str:
        return str(default_data_dir())

    @default("root_dir")
    def _default_root_dir(self) -> str:
        return str(self.serverapp.root_dir) if self.serverapp is not None else os.getcwd()

    def batch_settings(self) -> Settings:
        """Returns the settings as the frozen value that all parts receive."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in Settings.__struct_fields__}
        for name in ("data_dir", "root_dir"):
            fields[name] = str(Path(fields[name]).expanduser().absolute())
        # Converting checks the types and turns lists into tuples.
        return msgspec.convert(fields, Settings)

    def initialize_handlers(self) -> None:
        """Adds our routes to the server."""
        server = self._server()
        settings = self.batch_settings()
        self.gateway = Gateway(
            open_engine=lambda: open_engine(settings),
            url=lambda: local_url(server),
            data_dir=Path(settings.data_dir),
            root_dir=settings.root_dir,
            max_body_bytes=settings.max_body_bytes,
            kind=cast("OwnerKind", self.owner_kind),
            certificate=_certificate(server),
        )
        install(server.web_app, self.gateway)
        keep_logs_plain(self.log)

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Opens the store, or becomes a gateway to its owner; other requests are served meanwhile."""
        try:
            is_owner = await self.gateway.open()
        except BatchError as error:
            self.log.error("jupyter_batch cannot start: %s (%s)", error.message, error.code)
            self.failed, is_owner = True, False
        except Exception:
            # A headless owner that cannot serve must not stay and hold the store.
            self.log.exception("jupyter_batch cannot start")
            self.failed, is_owner = True, False
        else:
            self.log.info("jupyter_batch: owner of %s: %s", self.data_dir, is_owner)
        if self.owner_kind != "jupyter" and not is_owner:
            self.another_owns = not self.failed
            serverapp.stop()
            return
        idle_limit = self.on_demand_idle_seconds if self.owner_kind == "on_demand" else None
        self._watching = asyncio.create_task(
            watch(self.gateway, serverapp.web_app, idle_limit=idle_limit, stop=serverapp.stop)
        )

    async def stop_extension(self) -> None:
        """Closes the store; attempts run on, and the next owner adopts them."""
        watching: asyncio.Task[None] | None = getattr(self, "_watching", None)
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})
        if hasattr(self, "gateway"):
            await self.gateway.close()

    def current_activity(self) -> int | None:
        """Returns how many runs are active, so that an idle server is not shut down under them."""
        engine = self.gateway.engine
        return (engine.dispatcher.active if engine is not None else 0) or None

    def _server(self) -> ServerApp:
        assert self.serverapp is not None
        return self.serverapp


async def open_engine(settings: Settings) -> BatchEngine:
    """Builds an engine over the store of a data folder; raises StoreLocked, StoreError."""
    # They take a second to import: in a thread, so that the server's start does not wait.
    await asyncio.to_thread(lambda: [importlib.import_module(name) for name in _HEAVY])
    from jupyter_batch.executors.frame_keys import FrameKeys
    from jupyter_batch.executors.registry import open_executors
    from jupyter_batch.notebook.notebooks import DiskNotebooks
    from jupyter_batch.runner.pack import zipapp_bytes
    from jupyter_batch.store import open_store

    await asyncio.to_thread(_check_locks, Path(settings.data_dir))
    hub, clock = EventHub(), SystemClock()
    store = await open_store(Path(settings.data_dir), sink=hub, clock=clock)
    try:
        runner = await asyncio.to_thread(zipapp_bytes)
        keys = FrameKeys(Path(settings.data_dir))
        return BatchEngine(
            store=store,
            executors=open_executors(settings, runner=runner, keys=keys),
            notebooks=DiskNotebooks(settings),
            secrets=FileSecrets(settings.secrets_file),
            clock=clock,
            settings=settings,
            hub=hub,
        )
    except BaseException:
        await store.close()
        raise


def _check_locks(data_dir: Path) -> None:
    """Raises StoreLocked where there is an owner, StoreError where locks do not work.

    Some network file systems grant a lock to everybody; then only the owner itself can tell.
    """
    from jupyter_batch.client.transport.discovery import LocalOwner, is_alive
    from jupyter_batch.store.duckdb.errors import no_locks_error
    from jupyter_batch.store.duckdb.lock import FolderLock

    owner = read_owner(data_dir)
    if owner is None or owner.pid == os.getpid():
        return
    lock = FolderLock(data_dir)
    try:
        if is_alive(owner) and LocalOwner(data_dir).find() is not None:
            raise no_locks_error(data_dir, f"process {owner.pid} owns it and did not keep us out")
    finally:
        lock.release()


def _certificate(server: ServerApp) -> str:
    """Returns the server's own certificate as PEM text; empty without TLS."""
    certfile = _certfile(server)
    if not certfile:
        return ""
    # The client loads httpx, for which the start of a server without TLS need not wait.
    from jupyter_batch.client.transport.tls import leaf_of

    return leaf_of(certfile)


def _certfile(server: ServerApp) -> str:
    """Returns the file of the server's certificate; empty where it speaks no TLS."""
    return str(server.certfile or (server.ssl_options or {}).get("certfile") or "")


def local_url(server: ServerApp) -> str:
    """Returns the address at which processes of this machine reach the server."""
    url = server.connection_url
    if _certfile(server) and url.startswith("http://"):
        # Jupyter looks at one of the two ways to name a certificate only.
        url = url.replace("http://", "https://", 1)
    if server.ip in _WILDCARDS:
        host = urlsplit(url).hostname or ""
        url = url.replace(f"//{host}", "//127.0.0.1", 1)
    return url if url.endswith("/") else f"{url}/"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Returns the extension's entry points for Jupyter Server."""
    return [{"module": "jupyter_batch.extension", "app": BatchExtension}]
