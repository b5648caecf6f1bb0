"""The calls that most people need, on the server that one usually works with."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from typing import Any, Unpack

from jupyter_batch.client.arguments.grids import Grid
from jupyter_batch.client.arguments.option_docs import documented_by
from jupyter_batch.client.arguments.options import RunOptions, takes_options
from jupyter_batch.client.arguments.schedules import JobOptions
from jupyter_batch.client.client import Client
from jupyter_batch.client.job import Job
from jupyter_batch.client.results import ResultOptions
from jupyter_batch.client.run import Run
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.owner import default_data_dir

#: One client for each process and place, as connections are worth keeping.
_clients: dict[tuple[int, str, str], Client] = {}
#: The one that ``use`` has named.
_used: list[Client] = []


@takes_options
@documented_by(Client.run)
def run(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    check: bool = False,
    **options: Unpack[RunOptions],
) -> Run:
    """Run a notebook in a container of its own and wait for its end."""
    return default_client().run(path, parameters, check=check, **options)


@takes_options
@documented_by(Client.submit)
def submit(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    **options: Unpack[RunOptions],
) -> Run:
    """Queue a run of a notebook and return at once."""
    return default_client().submit(path, parameters, **options)


@takes_options
@documented_by(Client.schedule)
def schedule(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    replace: bool = False,
    description: str = "",
    max_concurrent: int | None = None,
    **options: Unpack[JobOptions],
) -> Job:
    """Make a job that runs on a schedule: give ``cron``, ``every``, ``at`` or ``triggers``."""
    return default_client().schedule(
        path,
        parameters,
        replace=replace,
        description=description,
        max_concurrent=max_concurrent,
        **options,
    )


@takes_options
@documented_by(Client.sweep)
def sweep(
    path: str | os.PathLike[str],
    grid: Grid,
    parameters: Mapping[str, Any] | None = None,
    *,
    max_concurrent: int | None = None,
    **options: Unpack[RunOptions],
) -> Sweep:
    """Queue a run of a notebook for each parameter set and return at once."""
    return default_client().sweep(path, grid, parameters, max_concurrent=max_concurrent, **options)


@documented_by(Client.results)
def results(
    job: str | Job | None = None, *, limit: int | None = None, **options: Unpack[ResultOptions]
) -> Any:
    """Returns a DataFrame with a row for each run, newest first."""
    return default_client().results(job, limit=limit, **options)


@documented_by(Client.sql)
def sql(query: str, *, limit: int | None = None, timeout: float | None = None) -> Any:
    """Returns a DataFrame with the answer to a SELECT over all records."""
    return default_client().sql(query, limit=limit, timeout=timeout)


@documented_by(Client.get)
def get(run_id: str) -> Run:
    """Returns a run by its id, or by the beginning or the end of its id."""
    return default_client().get(run_id)


def use(client: Client | None) -> None:
    """Set the client that the functions of this module, ``jb.runs`` and ``jb.jobs`` use.

    Parameters
    ----------
    client : Client or None
        The client. None restores the default: the server in ``JUPYTER_BATCH_URL`` with the token
        in ``JUPYTER_BATCH_TOKEN``, else the owner on this machine.

    Raises
    ------
    InvalidInput
        ``client`` is not a Client.

    Examples
    --------
    >>> jb.use(jb.Client(url="https://hub.example.org/user/ada/", token="..."))
    >>> jb.use(None)
    """
    if client is not None and not isinstance(client, Client):
        raise InvalidInput(f"use(Client(url=..., token=...)), not {client!r}", field="client")
    _used[:] = [] if client is None else [client]


def default_client() -> Client:
    """Returns the client that the functions of this module use.

    Returns
    -------
    Client
        The client that ``use`` has set, else the default client of this process.
    """
    if _used:
        return _used[0]
    url, folder = os.environ.get("JUPYTER_BATCH_URL", ""), default_data_dir()
    key = (os.getpid(), url, str(folder))
    if key not in _clients:
        token = os.environ.get("JUPYTER_BATCH_TOKEN", "")
        _clients[key] = Client(url, token) if url else Client(data_dir=folder)
    return _clients[key]


@atexit.register
def _close() -> None:
    while _clients:
        _clients.popitem()[1].close()
