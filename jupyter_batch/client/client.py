"""The client: one object for a server's runs, jobs, sweeps and results."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Unpack

import httpx

from jupyter_batch.client.arguments.grids import Grid
from jupyter_batch.client.arguments.notebooks import local_notebook, sent_along
from jupyter_batch.client.arguments.option_docs import documented_by
from jupyter_batch.client.arguments.options import RunOptions, takes_options
from jupyter_batch.client.arguments.schedules import TRIGGER_OPTIONS, JobOptions
from jupyter_batch.client.arguments.shape_check import check_address, path_text
from jupyter_batch.client.job import Job
from jupyter_batch.client.jobs import Jobs
from jupyter_batch.client.records import Records
from jupyter_batch.client.results import Results
from jupyter_batch.client.run import Run
from jupyter_batch.client.runs import Runs
from jupyter_batch.client.server_info import ServerInfo
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.client.sweeps import Sweeps
from jupyter_batch.client.transport.addresses import base_address
from jupyter_batch.client.transport.answers import decode_answer
from jupyter_batch.client.transport.discovery import LocalOwner
from jupyter_batch.client.transport.http_client import Address, Connection, FixedAddress, Locator
from jupyter_batch.client.transport.tls import CACERT_VARIABLE, context_for_server
from jupyter_batch.domain.schedule.cron_sentence import join
from jupyter_batch.errors import InvalidSchedule, OnDemandServerWarning
from jupyter_batch.wire.owner import default_data_dir

NO_LASTING_OWNER = (
    "nobody keeps the time when this machine's on-demand server ends. Keep one with: "
    "jupyter batch serve (or leave JupyterLab open)"
)


class Client(Records, ServerInfo):
    """Connect to a server, or to the owner of this machine's data folder.

    Without ``url`` the client finds the owner of ``data_dir`` at the first request. If there is no
    owner, the client starts an on-demand server, which ends when it is idle.

    Parameters
    ----------
    url : str, optional
        Address of a Jupyter server with its base URL, as the server prints it or a browser shows
        it. The token may be part of it.
    token : str, default ""
        Token of the Jupyter server.
    data_dir : str or path-like, optional
        Data folder. Default: ``$JUPYTER_BATCH_DATA``, else ``batch`` in the Jupyter data folder.
    cacert : str or path-like, optional
        File or folder with the certificate authorities to trust. Default:
        ``$JUPYTER_BATCH_CACERT``, else those of the system.
    transport : httpx.BaseTransport, optional
        Transport for the requests, for tests.

    Raises
    ------
    InvalidInput
        ``url``, ``token`` or ``cacert`` is not valid.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str = "",
        *,
        data_dir: str | os.PathLike[str] | None = None,
        cacert: str | os.PathLike[str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._is_local = url is None
        locator: Locator
        check_address(url, token)
        if url is None:
            folder = Path(data_dir).absolute() if data_dir else default_data_dir()
            locator = LocalOwner(folder, transport=transport)
        else:
            base, own_token = base_address(url, token)
            check_address(base, own_token)
            named = os.fspath(cacert) if cacert else os.environ.get(CACERT_VARIABLE) or None
            if named:
                context_for_server(base, named)
            locator = FixedAddress(Address(url=base, token=own_token, cacert=named))
        self._connection = Connection(
            locator, transport=transport, use_proxies=not self._is_local and transport is None
        )
        self._jobs = Jobs(self._connection, self._server_path)
        self._runs = Runs(self._connection, self._name_notebook, self._jobs.id_of)
        self._sweeps = Sweeps(self._connection, self._name_notebook)
        self._results = Results(self._connection, self._runs.filters)

    @property
    def runs(self) -> Runs:
        """The runs of the server: iterate, call with filters, or take ``[0]``, ``[:10]``."""
        return self._runs

    @property
    def jobs(self) -> Jobs:
        """The jobs of the server: iterate, or take one by its name."""
        return self._jobs

    @property
    def sweeps(self) -> Sweeps:
        """The sweeps of the server: iterate, or take one by its id."""
        return self._sweeps

    @takes_options
    def run(
        self,
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
        ended = self._runs.submit(path, parameters, **options).wait()
        return ended.check() if check else ended

    @takes_options
    @documented_by(Runs.submit)
    def submit(
        self,
        path: str | os.PathLike[str],
        parameters: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> Run:
        """Queue a run of a notebook and return at once."""
        return self._runs.submit(path, parameters, **options)

    @takes_options
    @documented_by(Sweeps.create)
    def sweep(
        self,
        path: str | os.PathLike[str],
        grid: Grid,
        parameters: Mapping[str, Any] | None = None,
        *,
        max_concurrent: int | None = None,
        **options: Unpack[RunOptions],
    ) -> Sweep:
        """Queue a run of a notebook for each parameter set and return at once."""
        return self._sweeps.create(path, grid, parameters, max_concurrent=max_concurrent, **options)

    @takes_options
    def schedule(
        self,
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
        if not any(_is_given(options.get(name)) for name in (*TRIGGER_OPTIONS, "triggers")):
            examples = [f'{name}="{value}"' for name, value in TRIGGER_OPTIONS.items()]
            raise InvalidSchedule(
                f"say when: {join(examples, 'or')}; "
                "a job without a schedule is made by jobs.create(...)",
                field="triggers",
            )
        make = self._jobs.put if replace else self._jobs.create
        job = make(
            path,
            parameters,
            description=description,
            max_concurrent=max_concurrent,
            **options,
        )
        if (self.health().get("owner") or {}).get("kind") == "on_demand":
            warnings.warn(NO_LASTING_OWNER, OnDemandServerWarning, stacklevel=2)
        return job

    @documented_by(Runs.find)
    def get(self, run_id: str) -> Run:
        """Returns a run by its id, or by the beginning or the end of its id."""
        return self._runs.find(run_id)

    def parameters(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Returns the parameters that a notebook takes.

        Parameters
        ----------
        path : str or path-like
            Path of the notebook.

        Returns
        -------
        dict
            JSON Schema of the parameters and more, as ``GET notebooks/parameters`` answers.

        Raises
        ------
        NotFound
            There is no such notebook.
        InvalidNotebook
            The file is not a notebook.
        """
        named = self._server_path(path)
        content = self._connection.get("notebooks/parameters", {"path": named})
        schema: dict[str, Any] = decode_answer(content, dict)
        return schema

    def close(self) -> None:
        """Close the connections; runs continue."""
        self._connection.close()

    def __repr__(self) -> str:
        where = self._connection.known_url or "the owner on this machine"
        return f"<Client of {where}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _name_notebook(self, path: str | os.PathLike[str], files: list[str]) -> dict[str, Any]:
        """Names a notebook that the server can see; sends along one that it cannot."""
        found = local_notebook(path)
        if self._is_local:
            return {"notebook": found.as_posix(), **({"files": files} if files else {})}
        return sent_along(found, files)

    def _server_path(self, path: str | os.PathLike[str]) -> str:
        """Returns the path of a notebook that the server can read whenever it likes."""
        if not self._is_local:
            return Path(path_text(path)).as_posix()
        return local_notebook(path).as_posix()


def _is_given(value: Any) -> bool:
    # Of arrays and the like nobody can say whether they are true.
    return value is not None and not (isinstance(value, str | list | tuple) and not value)
