"""The example notebooks, each run by jupyter_batch in a container of its own.

Those that drive jupyter_batch themselves (03 to 06) run in an image that has its client, and
reach the server from inside of their container at the engine's bridge.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest

from jupyter_batch.client import Client, Run
from jupyter_batch.domain.settings import Settings
from jupyter_batch.executors.docker import DockerExecutor
from jupyter_batch.executors.docker.connection import find_address

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
DRIVING = [name for name in NOTEBOOKS if name[:2] in ("03", "04", "05", "06")]
IMAGE = "jupyter-batch-client:test"
NEEDED = ("httpx", "msgspec", "ipywidgets", "cronsim", "rich", "tzdata", "pandas")
TOKEN_NAME = "JUPYTER_BATCH_TOKEN"
_PATIENCE = 240


@pytest.fixture(scope="module")
def image() -> str:
    """A job image that has jupyter_batch's client as well; its layers stay with the engine."""
    asyncio.run(_build_needed())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(ROOT / "jupyter_batch", "jupyter_batch", filter=_sources_only)
        archive.add(ROOT / "README.md", "README.md")
        lines = (
            f"FROM {IMAGE}-needed\n"
            "COPY jupyter_batch /tmp/jupyter_batch\n"
            "USER root\n"
            'RUN python -c "import shutil, sysconfig; shutil.move('
            "'/tmp/jupyter_batch', sysconfig.get_path('purelib'))\"\n"
        ).encode()
        about = tarfile.TarInfo("Dockerfile")
        about.size = len(lines)
        archive.addfile(about, io.BytesIO(lines))
    engine = docker.APIClient(base_url=find_address(), version="auto")
    try:
        told = engine.build(
            fileobj=io.BytesIO(buffer.getvalue()), custom_context=True, tag=IMAGE, decode=True
        )
        assert [event["error"] for event in told if "error" in event] == []
    finally:
        engine.close()
    return IMAGE


async def _build_needed() -> None:
    settings = Settings(data_dir=os.devnull, root_dir=os.devnull)
    executor = DockerExecutor(settings, runner=b"")
    try:
        await executor.build_image(
            tag=f"{IMAGE}-needed",
            base=settings.default_image,
            requirements=NEEDED,
            progress=lambda text, share: None,
        )
    finally:
        await executor.close()


def _sources_only(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    left_out = "__pycache__" in entry.name or "/labextension" in entry.name
    entry.mtime = 0  # so that the engine knows the layer again
    return None if left_out else entry


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A Jupyter server that containers reach, with the notebooks as its root."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copytree(ROOT / "notebooks", folder / "root")
    token = secrets.token_hex(16)
    kept = folder / "secrets"
    kept.touch(0o600)
    kept.write_text(f"{TOKEN_NAME}={token}\n")
    address = _bridge()
    options = {
        "ServerApp.ip": address,
        "ServerApp.port": 0,
        "ServerApp.root_dir": folder / "root",
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.allow_remote_access": True,
        "IdentityProvider.token": token,
        "BatchExtension.secrets_file": kept,
        "BatchExtension.max_concurrent_runs": 16,
        "BatchExtension.default_cpus": 1.0,
        "BatchExtension.grace_seconds": 2.0,
    }
    own = {
        "HOME": str(folder),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_BATCH_DATA": str(folder / "data"),
    }
    command = [sys.executable, "-m", "jupyter_server", *(f"--{k}={v}" for k, v in options.items())]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        url = _wait_for(process, folder)
        with Client(url, token) as client:
            yield client
    finally:
        process.terminate()
        process.wait(60)


def _bridge() -> str:
    """Returns the address of this machine at the engine's bridge."""
    engine = docker.APIClient(base_url=find_address(), version="auto")
    try:
        (config, *_) = engine.inspect_network("bridge")["IPAM"]["Config"]
        return str(config["Gateway"])
    finally:
        engine.close()


def _wait_for(process: subprocess.Popen[bytes], folder: Path) -> str:
    deadline = time.monotonic() + _PATIENCE
    while True:
        for told in (folder / "runtime").glob("jpserver-*.json"):
            about = json.loads(told.read_text() or "{}")
            if about and httpx.get(f"{about['url']}api", trust_env=False).is_success:
                return str(about["url"])
        log = (folder / "server.log").read_text(errors="replace")
        assert process.poll() is None, log
        assert time.monotonic() < deadline, log
        time.sleep(0.2)


@pytest.fixture(scope="module")
def runs(client: Client, image: str) -> dict[str, Run]:
    """A run of each notebook, all at the same time; over."""
    root = Path(client.health()["root_dir"])
    submitted = {name: _submit(client, root / name, image) for name in NOTEBOOKS}
    return {name: run.wait(timeout=_PATIENCE) for name, run in submitted.items()}


def _submit(client: Client, path: Path, image: str) -> Run:
    if path.name not in DRIVING:
        options: dict[str, Any] = {"network": "none"}
        parameters = {"fail_at": 60} if path.name.startswith("07") else {}
    else:
        # What they run goes along: a server elsewhere does not see the container's disk.
        options = {
            "image": image,
            "files": ["01-quickstart.ipynb"],
            "env": {"JUPYTER_BATCH_URL": client.url},
            "secrets": [TOKEN_NAME],
        }
        parameters = {}
    return client.runs.submit(path, parameters, timeout=_PATIENCE, **options)


def _explanation(run: Run) -> str:
    return f"{run.reason}\n{run.error}\n{run.log()[-2000:]}"


def _kinds(run: Run) -> set[str]:
    """The media types of what a run has displayed."""
    return {
        kind
        for cell in run.notebook().cells
        for output in cell.get("outputs", ())
        for kind in output.get("data", ())
    }


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if not name.startswith("07")])
def test_each_notebook_succeeds_in_a_container(runs: dict[str, Run], name: str):
    run = runs[name]
    assert run.succeeded, _explanation(run)
    assert run.environment.executor == "docker"
    shown = "application/vnd.jupyter.widget-view+json" if "widgets" in name else "image/svg+xml"
    assert shown in _kinds(run)


def test_items_that_are_done_are_not_done_again(runs: dict[str, Run]):
    run = next(run for name, run in runs.items() if name.startswith("07"))
    assert run.state == "failed", _explanation(run)
    assert "the line broke at station 60" in str(run.reason)
    again = run.retry().wait(timeout=_PATIENCE)
    assert again.succeeded, _explanation(again)
    (made,) = [a for a in again.artifacts if a.path == "stations-2.json"]
    done = [station for station, _ in json.loads(made.read())]
    assert done == list(range(60, 101))
    assert "image/svg+xml" in _kinds(again)


def test_the_readme_names_every_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"\]\(notebooks/([\w-]+\.ipynb)\)", readme)
    assert listed == NOTEBOOKS
