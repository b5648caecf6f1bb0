"""Machines: a folder to work in, a data folder, and whoever owns it.

``machine`` shares its data folder with others of the module, ``fresh`` has one of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.wire.owner import read_owner

_COMMAND_SECONDS = 120


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
