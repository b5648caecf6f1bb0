"""A JupyterLab of its own, and what tests do in it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import nbformat

from tests.panel.tools import build_bundle

ROOT = Path(__file__).parents[3]
SCREENSHOTS = Path(__file__).parent / "screenshots"
TOKEN = "browser-tests"
_PATIENCE = 90.0
_QUIET = {"fetchNews": "false", "checkForUpdates": False}


def free_port() -> int:
    """Returns a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Lab:
    """JupyterLab with the extension, in folders of its own; can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.executor = "docker"
        self.notebooks = folder / "notebooks"
        self.data = folder / "batch"
        self.notebooks.mkdir(parents=True)
        #: The panel as it stands here, whatever was installed.
        self.shared = folder / "shared"
        (self.shared / "labextensions").mkdir(parents=True)
        (self.shared / "labextensions" / "jupyter-batch").symlink_to(build_bundle())
        #: Of the server's process.
        self.env: dict[str, str] = {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.secrets = folder / "secrets"
        self.secrets.touch(mode=0o600)
        self.secrets.write_text("API_KEY=nor-this-one\nDB_PASSWORD=never-to-be-seen\n")
        settings = folder / "config/lab/user-settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(_QUIET))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server; returns when it answers. Runs are processes where no engine is."""
        self._start()
        docker = self.api("GET", "health")["executors"]["docker"]
        if self.executor == "docker" and docker["facts"].get("image_present") != "yes":
            self.executor = "process"
            self.stop()
            self._start()

    def _start(self) -> None:
        own: dict[str, Path | str] = {
            "HOME": self.folder / "home",
            "JUPYTER_CONFIG_DIR": self.folder / "config",
            "JUPYTER_DATA_DIR": self.folder / "data",
            "JUPYTER_RUNTIME_DIR": self.folder / "runtime",
            "JUPYTER_BATCH_DATA": self.data,
            "JUPYTER_PATH": self.shared,
            **self.env,
        }
        options = {
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.notebooks,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
            "IdentityProvider.token": TOKEN,
            "BatchExtension.default_executor": self.executor,
            "BatchExtension.secrets_file": self.secrets,
            "BatchExtension.max_concurrent_runs": 2,
            "BatchExtension.heartbeat_seconds": 1.0,
            "BatchExtension.grace_seconds": 3.0,
        }
        with (self.folder / "lab.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())],
                env={**os.environ, **{name: str(path) for name, path in own.items()}},
                cwd=self.notebooks,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the server as Ctrl-C would; what runs goes on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(_PATIENCE)
            self.process = None

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Asks the server for what a test has no need to do by hand."""
        request = urllib.request.Request(
            f"{self.url}batch/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
                return json.load(response)
        except HTTPError as error:
            error.add_note(error.read().decode())
            raise

    def settings(self, plugin: str, values: dict[str, Any]) -> None:
        """Sets settings of JupyterLab's as the settings editor would."""
        request = urllib.request.Request(
            f"{self.url}lab/api/settings/{plugin}",
            method="PUT",
            data=json.dumps({"raw": json.dumps(values)}).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=_PATIENCE).close()

    def run(self, notebook: str, **fields: Any) -> dict[str, Any]:
        """Submits a run."""
        return dict(self.api("POST", "runs", {"notebook": notebook, **fields}))

    def stream_to_the_end(self, run_id: str) -> None:
        """Waits until a run is over: its stream ends then."""
        request = urllib.request.Request(
            f"{self.url}batch/runs/{run_id}/events", headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
            response.read()

    def notebook(self, name: str, *sources: str, parameters: str = "", title: str = "") -> str:
        """Writes a notebook; returns its path as the server names it."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        if parameters:
            tags = {"tags": ["parameters"]}
            cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata=tags))
        if title:
            cells.insert(0, nbformat.v4.new_markdown_cell(f"# {title}"))
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": spec, "language_info": {"name": "python"}}
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata=metadata), self.notebooks / name
        )
        return name

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.api("GET", "health")
                return
            except (URLError, ConnectionError, TimeoutError):
                assert self.process is not None
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "lab.log").read_text(errors="replace")
                    raise RuntimeError(f"JupyterLab does not answer:\n{log[-4000:]}") from None
                time.sleep(0.2)
