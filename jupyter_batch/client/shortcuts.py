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
    """Run a notebook in a container of its own and wait for its end.

    A notebook that fails makes a failed run, not an exception, unless ``check`` is true.

    Parameters
    ----------
    path : str or path-like
        Path of the notebook.
    parameters : dict, optional
        Values for the notebook's parameters.
    check : bool, default False
        If true, raise RunFailed unless the run succeeds.
    **options : RunOptions
        Options of the run, see RunOptions.

    Returns
    -------
    Run
        The finished run.

    Raises
    ------
    NotFound
        There is no such notebook.
    InvalidInput
        A parameter, an option or the notebook is not valid.
    NotAllowed
        The server's settings do not allow the run.
    RunFailed
        ``check`` is true and the run did not succeed.

    Examples
    --------
    >>> run = jb.run("report.ipynb", {"alpha": 0.5}, memory="512m", timeout="10m")
    >>> run.state, run.parameters
    (<RunState.SUCCEEDED: 'succeeded'>, {'alpha': 0.5})
    """
    return default_client().run(path, parameters, check=check, **options)


@takes_options
def submit(
    path: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    **options: Unpack[RunOptions],
) -> Run:
    """Queue a run of a notebook and return at once.

    The run continues when this process ends. In a notebook or other code on an event loop,
    ``await run`` waits for its end without blocking.

    Parameters
    ----------
    path : str or path-like
        Path of the notebook.
    parameters : dict, optional
        Values for the notebook's parameters.
    **options : RunOptions
        Options of the run, see RunOptions.

    Returns
    -------
    Run
        The queued run.

    Raises
    ------
    NotFound
        There is no such notebook.
    InvalidInput
        A parameter, an option or the notebook is not valid.
    NotAllowed
        The server's settings do not allow the run.

    Examples
    --------
    >>> run = jb.submit("report.ipynb", {"alpha": 0.5})
    >>> run.wait(timeout=60).succeeded
    True
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
    """Make a job that runs on a schedule: give ``cron``, ``every``, ``at`` or ``triggers``.

    Parameters
    ----------
    path : str or path-like
        Path of the notebook.
    parameters : dict, optional
        Values for the notebook's parameters.
    replace : bool, default False
        If true, change the job that has this name already.
    description : str, default ""
        Description for people.
    max_concurrent : int, optional
        Number of the job's runs that may be active at once. Default: no limit.
    **options : JobOptions
        Options of the job and its runs, see JobOptions.

    Returns
    -------
    Job
        The saved job.

    Raises
    ------
    Conflict
        A job has this name already and ``replace`` is false.
    InvalidSchedule
        There is no schedule, or it is not valid.
    NotFound
        There is no such notebook.
    InvalidInput
        A parameter, an option or the notebook is not valid.
    NotAllowed
        The server's settings do not allow the job.

    Warns
    -----
    OnDemandServerWarning
        No long-running server is there to keep the schedule.

    Examples
    --------
    >>> job = jb.schedule("report.ipynb", name="nightly", cron="30 2 * * *", retries=3)
    >>> job.sentence
    'every day at 02:30, UTC'
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
    """Queue a run of a notebook for each parameter set and return at once.

    Either all runs are queued or none.

    Parameters
    ----------
    path : str or path-like
        Path of the notebook.
    grid : dict of lists, list of dicts or DataFrame
        The parameter sets: each combination of the lists, each dict, or each row.
    parameters : dict, optional
        Values for parameters that all runs share.
    max_concurrent : int, optional
        Number of the sweep's runs that may be active at once. Default: no limit.
    **options : RunOptions
        Options of the runs, see RunOptions.

    Returns
    -------
    Sweep
        The queued sweep.

    Raises
    ------
    InvalidParameters
        A parameter set is not valid; the details have its ``index`` and ``field``.
    TooLarge
        There are more than 10,000 parameter sets.
    NotFound
        There is no such notebook.
    InvalidInput
        An option or the notebook is not valid.
    NotAllowed
        The server's settings do not allow the runs.

    Examples
    --------
    >>> sweep = jb.sweep("report.ipynb", {"alpha": [0.1, 0.2], "n": range(3)}, max_concurrent=4)
    >>> len(sweep), sweep.wait().counts
    (6, {<RunState.SUCCEEDED: 'succeeded'>: 6})
    >>> sweep.table()["alpha"]
    [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]
    """
    return default_client().sweep(path, grid, parameters, max_concurrent=max_concurrent, **options)


def results(
    job: str | Job | None = None, *, limit: int | None = None, **options: Unpack[ResultOptions]
) -> Any:
    """Returns a DataFrame with a row for each run, newest first.

    Columns: ``run_id``, ``name``, ``state``, ``scheduled_for``, ``started_at``, ``finished_at``
    (UTC), ``duration_seconds``, one for each parameter, and one for each value that ``jb.record``
    kept in the newest attempt. A parameter or result with the name of another column is called
    ``parameters.<name>`` or ``results.<name>``. A data frame or a long value is shown as an object
    whose ``load()`` fetches it.

    Parameters
    ----------
    job : str or Job, optional
        Job of the runs, its name or its id. Default: all runs.
    limit : int, optional
        Number of rows at most. Default: all.
    **options : ResultOptions
        Which runs: ``state``, ``sweep``, ``since``, ``until`` and ``q``, as in ``jb.runs(...)``.

    Returns
    -------
    pandas.DataFrame
        A row for each run. ``Client.results_table`` returns the same without pandas.

    Raises
    ------
    NotFound
        There is no such job.
    InvalidInput
        An option is not valid.
    BatchError
        pandas is not installed.
    """
    return default_client().results(job, limit=limit, **options)


def sql(query: str, *, limit: int | None = None, timeout: float | None = None) -> Any:
    """Returns a DataFrame with the answer to a SELECT over all records.

    The query is in DuckDB's SQL, over the views ``runs``, ``attempts``, ``cells``, ``outputs``,
    ``parameters``, ``results`` and ``events``; ``DESCRIBE runs`` shows the columns of a view.
    Times are in UTC.

    Parameters
    ----------
    query : str
        A SELECT, for example ``"SELECT state, count(*) FROM runs GROUP BY ALL"``.
    limit : int, optional
        Number of rows at most, up to 100,000.
    timeout : float, optional
        Time limit in seconds, up to 300. Default: 30.

    Returns
    -------
    pandas.DataFrame
        The answer. ``Client.sql_table`` returns the same without pandas.

    Raises
    ------
    InvalidQuery
        The query is wrong, or does more than read the views.
    QueryStopped
        The query took too long or needed too much memory, or was interrupted.
    InvalidInput
        ``limit`` or ``timeout`` is out of range.
    BatchError
        pandas is not installed.

    Warns
    -----
    UserWarning
        There are more rows than the answer has.
    """
    return default_client().sql(query, limit=limit, timeout=timeout)


def get(run_id: str) -> Run:
    """Returns a run by its id, or by the beginning or the end of its id.

    Parameters
    ----------
    run_id : str
        Id of the run, a part of it, or ``"last"`` for the newest run.

    Returns
    -------
    Run
        The run.

    Raises
    ------
    NotFound
        There is no such run.
    InvalidInput
        Several runs have an id like this.

    Examples
    --------
    >>> jb.get("last").name
    'evening'
    """
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
