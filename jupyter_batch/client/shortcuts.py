"""The two calls that most people need."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from typing import Any, Unpack

from jupyter_batch.client.client import Client
from jupyter_batch.client.options import RunOptions, takes_options
from jupyter_batch.client.run import Run
from jupyter_batch.wire.owner import default_data_dir

#: One client for each data folder and process, as connections are worth keeping.
_clients: dict[tuple[int, str], Client] = {}


@takes_options
def run(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    check: bool = False,
    **options: Unpack[RunOptions],
) -> Run:
    """Runs a notebook in a container of its own and returns when it is over.

        import jupyter_batch
        run = jupyter_batch.run("report.ipynb", {"alpha": 0.5}, memory="512m", timeout="10m")
        run.state, run.error, run.notebook(), run.artifacts

    A notebook that fails makes a failed run, not an exception, unless ``check`` is true: then
    RunFailed. Raises NotFound, InvalidInput, NotAllowed before there is a run.
    """
    ended = submit(path, parameters, **options).wait()
    return ended.check() if check else ended


@takes_options
def submit(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    **options: Unpack[RunOptions],
) -> Run:
    """Queues a run of a notebook and returns at once; it goes on when this process ends."""
    return _client().runs.submit(path, parameters, **options)


def _client() -> Client:
    folder = default_data_dir()
    key = (os.getpid(), str(folder))
    if key not in _clients:
        _clients[key] = Client(data_dir=folder)
    return _clients[key]


@atexit.register
def _close() -> None:
    while _clients:
        _clients.popitem()[1].close()
