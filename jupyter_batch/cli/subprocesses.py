"""Runs tasks of the executors or the store in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.client.transport.answers import error_named
from jupyter_batch.client.transport.discovery import LocalOwner
from jupyter_batch.domain.executor_kinds import DOCKER
from jupyter_batch.errors import BatchError, ExecutorError
from jupyter_batch.wire.owner import default_data_dir

_MODULE = "jupyter_batch.executors.image_build.build_command"

#: Takes a sentence and the share that is done, where it is known.
Tell = Callable[[str, float | None], None]


def ask(
    task: str,
    *,
    data_dir: Path,
    more: Sequence[str] = (),
    on_progress: Tell,
    module: str = _MODULE,
) -> dict[str, Any]:
    """Returns the answer of the task; raises its error as the same class."""
    command = [sys.executable, "-P", "-m", module, task, "--data", str(data_dir), *more]
    # Into a file: what pip and others say there may be more than a pipe holds.
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said = msgspec.json.decode(line)
                if said["kind"] == "progress":
                    on_progress(said["message"], said.get("share"))
                elif said["kind"] == "error":
                    raise error_named(said["code"], said["message"], said["details"])
                else:
                    answer: dict[str, Any] = said
                    return answer
        log.seek(0)
        trouble = log.read().decode(errors="replace").strip()
    last = trouble.splitlines()[-1:] or [f"exit code {process.returncode}"]
    raise ExecutorError(f"{task} could not be done: {last[0]}", log=trouble)


def folder_of(data: str | None) -> Path:
    """Returns the data folder of a command."""
    return Path(os.path.expanduser(data)).absolute() if data else default_data_dir()


def of_the_owner(data_dir: Path) -> list[str]:
    """Returns arguments that ask the engine, and about the image, that a living owner uses."""
    from jupyter_batch.client.client import Client

    if LocalOwner(data_dir).find() is None:
        return []
    with Client(data_dir=data_dir) as client:
        try:
            health = client.health()
        except BatchError:
            return []
    arguments = ["--image", health["default_image"]] if "default_image" in health else []
    address = health.get("executors", {}).get(DOCKER.name, {}).get("facts", {}).get("address")
    if address and address != os.environ.get("DOCKER_HOST"):
        arguments += ["--docker-host", address]
    return arguments
