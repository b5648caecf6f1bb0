"""The whole: a real owner in a process of its own, reached as people reach it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_batch.client import Client, Run
from jupyter_batch.wire.owner import read_owner

SECRET = "open-sesame-4711"

#: Nothing here takes as long unless it hangs.
_PATIENCE = 180


class Whole:
    """An owner with a folder of notebooks, and a client of it."""

    def __init__(self, folder: Path, executor: str, **settings: Any) -> None:
        self.folder = folder
        self.executor = executor
        self.data = folder / "data"
        config = folder / "config"
        config.mkdir(parents=True)
        secrets = config / "secrets"
        secrets.touch(0o600)
        secrets.write_text(f"TOKEN={SECRET}\n")
        settings = {
            "grace_seconds": 3.0,
            "heartbeat_seconds": 1.0,
            "max_concurrent_runs": 2,
            "secrets_file": str(secrets),
            **settings,
        }
        (config / "jupyter_server_config.json").write_text(json.dumps({"BatchExtension": settings}))
        self.env = {
            **os.environ,
            "JUPYTER_BATCH_DATA": str(self.data),
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        }
        self._add_kernel(folder / "jupyter" / "kernels" / "shell")
        self.log = (folder / "owner.log").open("wb")
        self.start()
        self.client = Client(data_dir=self.data)

    def _add_kernel(self, folder: Path) -> None:
        """Adds a kernel of shell commands to those that this machine has."""
        program = Path(__file__).parents[2] / "integration" / "runner" / "shell_kernel.py"
        spec = {
            "argv": [sys.executable, str(program), "-f", "{connection_file}"],
            "display_name": "Shell",
            "language": "bash",
        }
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec))

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_batch.headless", "--data", str(self.data)],
            env=self.env,
            stdout=self.log,
            stderr=self.log,
        )

    def notebook(self, *sources: str, name: str = "nb", parameters: str = "") -> Path:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        if parameters:
            tags = {"tags": ["parameters"]}
            cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata=tags))
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.folder / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
        return path

    def submit(self, *sources: str, parameters: dict[str, Any] | None = None, **options) -> Run:
        given = options.pop("cell", "")
        path = self.notebook(*sources, parameters=given)
        options.setdefault("executor", self.executor)
        return self.client.runs.submit(path, parameters, **options)

    def run(self, *sources: str, **options) -> Run:
        return self.submit(*sources, **options).wait(timeout=_PATIENCE)

    def close(self) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="session")
def in_docker(tmp_path_factory) -> Iterator[Whole]:
    yield from new_whole(tmp_path_factory, "docker")


@pytest.fixture(scope="session")
def in_process(tmp_path_factory) -> Iterator[Whole]:
    yield from new_whole(tmp_path_factory, "process")


@pytest.fixture(params=[pytest.param("in_docker", marks=pytest.mark.docker), "in_process"])
def whole(request: pytest.FixtureRequest) -> Whole:
    made: Whole = request.getfixturevalue(request.param)
    return made


def new_whole(tmp_path_factory, executor: str, **settings: Any) -> Iterator[Whole]:
    """Yields an owner with these settings, and closes it."""
    whole = Whole(tmp_path_factory.mktemp(executor) / "home", executor, **settings)
    try:
        wait_for_owner(whole)
        yield whole
    finally:
        whole.close()


def wait_for_owner(whole: Whole) -> None:
    """Returns once the owner has left its address."""
    for _ in range(600):
        if whole.process.poll() is not None:
            raise AssertionError((whole.folder / "owner.log").read_text())
        owner = read_owner(whole.data)
        if owner is not None and owner.pid == whole.process.pid:
            return
        try:
            whole.process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the owner left no address")
