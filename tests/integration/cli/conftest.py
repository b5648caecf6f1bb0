"""Machines: a folder to work in, a data folder, and whoever owns it.

``machine`` shares its data folder with others of the module, ``fresh`` has one of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import nbformat
import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.wire.owner import read_owner

_COMMAND_SECONDS = 120
#: Of the Jupyter servers.
JUPYTER_TOKEN = "of-the-jupyter-server"


class Machine:
    """Runs the command as a user would, in a process of its own."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder = folder
        self.data = base / "data"
        config = base / "config"
        config.mkdir(exist_ok=True)
        (config / "jupyter_server_config.json").write_text(
            json.dumps({"BatchExtension": {"on_demand_idle_seconds": 20.0, "grace_seconds": 2.0}})
        )
        self.env = {
            **os.environ,
            "JUPYTER_BATCH_DATA": str(self.data),
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTER_DATA_DIR": str(base / "jupyter"),
        }

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_batch", *map(str, arguments)],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that starts the tests in the background lets its children ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=_COMMAND_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: object):
        done = self(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def notebook(self, *sources: str, parameters: str = "") -> Path:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        if parameters:
            first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
            cells.insert(0, first)
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
        path = self.folder / f"{self.folder.name}.ipynb"
        nbformat.write(notebook, path)
        return path

    @property
    def owner(self):
        return read_owner(self.data)

    def end_owner(self, sig: int = signal.SIGTERM) -> None:
        owner = self.owner
        if owner is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(owner.pid, sig)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    base = tmp_path_factory.mktemp("shared")
    yield base
    Machine(base, base).end_owner()


@pytest.fixture
def machine(tmp_path, shared):
    return Machine(tmp_path, shared)


@pytest.fixture
def fresh(tmp_path):
    machine = Machine(tmp_path, tmp_path)
    yield machine
    machine.end_owner()


@pytest.fixture
def client(machine, monkeypatch):
    """The Python API on that machine."""
    for name, value in machine.env.items():
        monkeypatch.setenv(name, value)
    with Client() as client:
        yield client


@pytest.fixture
def start_jupyter(tmp_path):
    """Starts Jupyter servers over one data folder, with ``JUPYTER_TOKEN``; ends them at the end."""
    servers = []
    env = {
        **os.environ,
        "JUPYTER_BATCH_DATA": str(tmp_path / "data"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }

    def begin(certificates: Path | None = None, name: str = ""):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser"]
        command += [f"--port={port}", f"--IdentityProvider.token={JUPYTER_TOKEN}", "--ip=127.0.0.1"]
        command += ['--ServerApp.jpserver_extensions={"jupyter_batch": True}']
        if certificates is not None:
            command += [f"--certfile={certificates / name}.pem"]
            command += [f"--keyfile={certificates / name}.key"]
        with (tmp_path / f"{port}.log").open("wb") as log:
            servers.append(subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=tmp_path))
        url = f"{'https' if certificates else 'http'}://127.0.0.1:{port}/"
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                # What it is to be trusted by is not looked at here.
                httpx.get(f"{url}api", verify=False, trust_env=False)
                if (tmp_path / "data" / "owner.json").exists():
                    return url
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise AssertionError((tmp_path / f"{port}.log").read_text())

    def command(*arguments: object, **more: str):
        whole = [sys.executable, "-m", "jupyter_batch", *map(str, arguments)]
        return subprocess.run(
            whole, env={**env, **more}, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    begin.command = command  # type: ignore[attr-defined]
    yield begin
    for server in servers:
        server.terminate()
    for server in servers:
        server.wait(30)
