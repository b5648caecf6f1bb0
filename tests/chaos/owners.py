"""The owners of one data folder, in processes of their own, as people have them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from jupyter_batch.client.transport.discovery import LocalOwner
from jupyter_batch.wire.owner import OwnerInfo, read_owner

PATIENCE = 90.0
#: Opens all of the Jupyter servers.
TOKEN = "token-of-the-servers"


class Gateways:
    """Jupyter servers over one data folder: one is the owner, the others stand by.

    ``environment`` is what clients need who may start an on-demand server.
    """

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.data, self.root = folder / "data", folder / "notebooks"
        self.root.mkdir(parents=True)
        config = folder / "config"
        config.mkdir()
        server = {
            "ip": "127.0.0.1",
            "port": 0,
            "open_browser": False,
            "allow_root": True,
            "root_dir": str(self.root),
            "jpserver_extensions": {"jupyter_batch": True},
        }
        told = {"data_dir": str(self.data), "root_dir": str(self.root), **settings}
        (config / "jupyter_server_config.json").write_text(
            json.dumps(
                {
                    "ServerApp": server,
                    "IdentityProvider": {"token": TOKEN},
                    "BatchExtension": told,
                }
            )
        )
        self.environment = {
            "JUPYTER_BATCH_DATA": str(self.data),
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTER_DATA_DIR": str(folder / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self._local = LocalOwner(self.data, may_start=False)
        self._logs: dict[int, Path] = {}

    def start_server(self) -> subprocess.Popen[bytes]:
        """Starts one more Jupyter server."""
        return self._start("-m", "jupyter_server")

    def start_serve(self) -> subprocess.Popen[bytes]:
        """Starts what ``jupyter batch serve`` starts."""
        command = ["-m", "jupyter_batch.headless", "--data", str(self.data)]
        return self._start(*command, "--root", str(self.root))

    def start_command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts ``jupyter batch`` with arguments."""
        return self._start("-m", "jupyter_batch", *arguments)

    def await_log(self, process: subprocess.Popen[bytes], text: str) -> None:
        """Returns once a process has said a text."""
        deadline = time.monotonic() + PATIENCE
        log = self._logs[process.pid]
        while text not in log.read_text():
            if time.monotonic() > deadline or process.poll() is not None:
                raise AssertionError(f"{text!r} has not come: {log.read_text()}")
            time.sleep(0.05)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        path = self.folder / f"server-{sum(1 for _ in self.folder.glob('server-*'))}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                start_new_session=True,
            )
        self.processes.append(process)
        self._logs[process.pid] = path
        return process

    def keep(self, count: int) -> None:
        """Starts servers in the place of those that have died; returns when they answer."""
        self.processes = [one for one in self.processes if one.poll() is None]
        fresh = [self.start_server() for _ in range(count - len(self.processes))]
        for process in fresh:
            self.url_of(process)

    def owner(self, *, not_the: OwnerInfo | None = None) -> OwnerInfo:
        """Returns the owner that answers, once there is one (and not the one that was)."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = read_owner(self.data)
            if found is not None and (not_the is None or found.token != not_the.token):
                answering = self._local.find()
                if answering is not None and answering.token == found.token:
                    return answering
            time.sleep(0.02)
        raise AssertionError(f"no owner has come within {PATIENCE:g} s; logs in {self.folder}")

    def url_of(self, process: subprocess.Popen[bytes]) -> str:
        """Returns where a Jupyter server answers, once it does."""
        file = self.folder / "runtime" / f"jpserver-{process.pid}.json"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                return str(json.loads(file.read_text())["url"])
            time.sleep(0.05)
        raise AssertionError(f"no server has come within {PATIENCE:g} s; logs in {self.folder}")

    def end_owner(self, how: signal.Signals = signal.SIGKILL) -> OwnerInfo | None:
        """Sends a signal to whoever is the owner now; returns who that was."""
        owner = read_owner(self.data)
        if owner is None:
            return None
        with contextlib.suppress(psutil.Error):
            psutil.Process(owner.pid).send_signal(how)
        return owner

    def close(self) -> None:
        """Ends all that work on this data folder."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
        owner = read_owner(self.data)
        if owner is not None:
            with contextlib.suppress(psutil.Error):
                on_demand = psutil.Process(owner.pid)
                on_demand.terminate()
                on_demand.wait(30)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
