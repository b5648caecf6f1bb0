"""The calls that most people need, on the server that one usually works with."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from typing import Any, Unpack

from jupyter_batch.client.arguments.grids import Grid
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
def run(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    check: bool = False,
    **options: Unpack[RunOptions],
) -> Run:
    """Runs a notebook in a container of its own and returns when it is over.

    >>> run = jb.run("report.ipynb", {"alpha": 0.5}, memory="512m", timeout="10m")
    >>> run.state, run.parameters
    (<RunState.SUCCEEDED: 'succeeded'>, {'alpha': 0.5})

    A notebook that fails makes a failed run, not an exception, unless ``check`` is true: then
    RunFailed. Raises NotFound, InvalidInput, NotAllowed before there is a run.
    """
    return default_client().run(path, parameters, check=check, **options)


@takes_options
def submit(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    **options: Unpack[RunOptions],
) -> Run:
    """Queues a run of a notebook and returns at once; it goes on when this process ends.

    >>> run = jb.submit("report.ipynb", {"alpha": 0.5})
    >>> run.wait(timeout=60).succeeded
    True

    In a notebook or other code on an event loop, ``await run`` waits and blocks nothing.
    """
    return default_client().submit(path, parameters, **options)


@takes_options
def schedule(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    replace: bool = False,
    description: str = "",
    max_concurrent: int | None = None,
    **options: Unpack[JobOptions],
) -> Job:
    """Makes a job that runs by itself: ``cron``, ``every``, ``at`` or ``triggers`` say when.

    >>> job = jb.schedule("report.ipynb", name="nightly", cron="30 2 * * *", retries=3)
    >>> job.sentence
    'every day at 02:30, UTC'

    Where the name is taken it raises Conflict, or with ``replace`` changes that job. Warns where
    nobody will keep the time. Raises InvalidSchedule, and what ``submit`` raises.
    """
    return default_client().schedule(
        path,
        parameters,
        replace=replace,
        description=description,
        max_concurrent=max_concurrent,
        **options,
    )


@takes_options
def sweep(
    path: str | os.PathLike[str],
    grid: Grid,
    parameters: Mapping[str, Any] | None = None,
    *,
    max_concurrent: int | None = None,
    **options: Unpack[RunOptions],
) -> Sweep:
    """Queues a run of a notebook for each parameter set, all or none, and returns at once.

    ``grid`` is a dict of lists (a run for each combination), a list of dicts (a run for each) or
    a DataFrame (a run for each row); ``parameters`` are what all runs share.

    >>> sweep = jb.sweep("report.ipynb", {"alpha": [0.1, 0.2], "n": range(3)}, max_concurrent=4)
    >>> len(sweep), sweep.wait().counts
    (6, {<RunState.SUCCEEDED: 'succeeded'>: 6})
    >>> sweep.table()["alpha"]
    [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]

    ``sweep.cancel()`` ends all of it, ``sweep.retry()`` tries only the failed runs again. Raises
    InvalidParameters with the ``index`` and the ``field`` of a bad set, TooLarge, and what
    ``submit`` raises.
    """
    return default_client().sweep(path, grid, parameters, max_concurrent=max_concurrent, **options)


def results(
    job: str | Job | None = None, *, limit: int | None = None, **options: Unpack[ResultOptions]
) -> Any:
    """Returns a DataFrame with a row for each run, newest first.

    Columns: ``run_id``, ``name``, ``state``, ``scheduled_for``, ``started_at``, ``finished_at``,
    ``duration_seconds``, one for each parameter and one for each value that ``jb.record`` has
    kept in the newest attempt. A parameter or result with the name of another column is
    ``parameters.<name>`` or ``results.<name>``. In the place of a data frame, or of a value that
    is long, stands an object whose ``load()`` fetches it.

    ``job`` is a job, its name or its id; ``state``, ``sweep``, ``since``, ``until`` and ``q``
    choose as in ``jb.runs(...)``. Needs pandas; ``Client().results_table(...)`` does not.
    """
    return default_client().results(job, limit=limit, **options)


def sql(query: str, *, limit: int | None = None, timeout: float | None = None) -> Any:
    """Returns a DataFrame with the answer to a SELECT over all that is on record.

        jb.sql("SELECT state, count(*), avg(duration_seconds) FROM runs GROUP BY ALL")

    DuckDB's SQL over the views ``runs``, ``attempts``, ``cells``, ``outputs``, ``parameters``,
    ``results`` and ``events``; ``DESCRIBE runs`` tells a view's columns, instants are in UTC.
    What is not a read of these is refused (InvalidQuery). At most 100,000 rows are answered, with
    a warning where there are more. A query ends after ``timeout`` seconds (30 by default), when
    it needs too much memory (QueryStopped), or when it is interrupted here. Needs pandas;
    ``Client().sql_table(...)`` does not.
    """
    return default_client().sql(query, limit=limit, timeout=timeout)


def get(run_id: str) -> Run:
    """Returns a run by its id, by the beginning or the end of one, or ``last`` for the newest.

    >>> jb.get("last").name
    'evening'

    Raises NotFound; InvalidInput where it may be one of several.
    """
    return default_client().get(run_id)


def use(client: Client | None) -> None:
    """Makes a client the one that these functions, ``jb.runs`` and the like talk to.

    None goes back to the usual one: the server in ``JUPYTER_BATCH_URL``, with the token in
    ``JUPYTER_BATCH_TOKEN``, else the owner on this machine.

    >>> jb.use(jb.Client(url="https://hub.example.org/user/ada/", token="..."))
    >>> jb.use(None)
    """
    if client is not None and not isinstance(client, Client):
        raise InvalidInput(f"use(Client(url=..., token=...)), not {client!r}", field="client")
    _used[:] = [] if client is None else [client]


def default_client() -> Client:
    """Returns the client that the module's functions talk to."""
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
