"""The way in: one object that knows a server's runs and jobs."""

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
from jupyter_batch.client.arguments.options import RunOptions, takes_options
from jupyter_batch.client.arguments.schedules import JobOptions
from jupyter_batch.client.arguments.shape_check import check_address, path_text
from jupyter_batch.client.arguments.values import pandas_module
from jupyter_batch.client.backup import save_backup
from jupyter_batch.client.job import Job
from jupyter_batch.client.jobs import Jobs
from jupyter_batch.client.results import ResultOptions, Results, sql_frame, sql_table
from jupyter_batch.client.run import Run
from jupyter_batch.client.runs import Runs
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.client.sweeps import Sweeps
from jupyter_batch.client.tables import Table
from jupyter_batch.client.transport.addresses import base_address
from jupyter_batch.client.transport.answers import decode_answer
from jupyter_batch.client.transport.discovery import LocalOwner
from jupyter_batch.client.transport.http_client import Address, Connection, FixedAddress, Locator
from jupyter_batch.client.transport.tls import CACERT_VARIABLE, context_for_server
from jupyter_batch.domain.backup import BackupManifest
from jupyter_batch.errors import InvalidSchedule, OnDemandServerWarning
from jupyter_batch.wire.owner import default_data_dir

NOBODY_KEEPS_TIME = (
    "nobody keeps the time when this machine's on-demand server ends. Keep one with: "
    "jupyter batch serve (or leave JupyterLab open)"
)


class Client:
    """Talks to the owner of this machine's data folder, or to a server that is named.

    Without ``url`` it finds the owner of ``data_dir`` (``$JUPYTER_BATCH_DATA``, else ``batch`` in
    the Jupyter data directory) when the first request is made; with no owner, it starts a passing
    one, which ends by itself when it is idle. ``url`` is a Jupyter server's, with its base url, or
    what it prints or a browser shows: the base url and the token are taken out of that. Over TLS
    it is trusted by the authorities of the system, or by those in the file or folder ``cacert``
    (``$JUPYTER_BATCH_CACERT``).
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
        """Submits and finds runs: iterate, call with filters, or take ``[0]``, ``[:10]``."""
        return self._runs

    @property
    def jobs(self) -> Jobs:
        """Makes and finds jobs: iterate, or take one by its name."""
        return self._jobs

    @property
    def sweeps(self) -> Sweeps:
        """Makes and finds sweeps."""
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
        """Runs a notebook in a container of its own and returns when it is over.

        A notebook that fails makes a failed run, not an exception, unless ``check`` is true: then
        RunFailed. Raises NotFound, InvalidInput, NotAllowed before there is a run.
        """
        ended = self._runs.submit(path, parameters, **options).wait()
        return ended.check() if check else ended

    @takes_options
    def submit(
        self,
        path: str | os.PathLike[str],
        parameters: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> Run:
        """Queues a run of a notebook and returns at once; it goes on when this process ends."""
        return self._runs.submit(path, parameters, **options)

    @takes_options
    def sweep(
        self,
        path: str | os.PathLike[str],
        grid: Grid,
        parameters: Mapping[str, Any] | None = None,
        *,
        max_concurrent: int | None = None,
        **options: Unpack[RunOptions],
    ) -> Sweep:
        """Queues a run of a notebook for each parameter set; see ``Sweeps.create``."""
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
        """Makes a job that runs by itself: ``cron``, ``every``, ``at`` or ``triggers`` say when.

        Where the name is taken it raises Conflict, or with ``replace`` changes that job. Warns
        where nobody will keep the time. Raises InvalidSchedule, and what ``submit`` raises.
        """
        if not any(_is_given(options.get(name)) for name in ("cron", "every", "at", "triggers")):
            raise InvalidSchedule(
                'say when: cron="0 6 * * *", every="15m" or at="2026-12-24T18:00"; '
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
            warnings.warn(NOBODY_KEEPS_TIME, OnDemandServerWarning, stacklevel=2)
        return job

    def get(self, run_id: str) -> Run:
        """Returns a run by its id, by the beginning or the end of one, or ``last`` for the newest.

        Raises NotFound; InvalidInput where it may be one of several.
        """
        return self._runs.find(run_id)

    def results(
        self,
        job: str | Job | None = None,
        *,
        limit: int | None = None,
        **options: Unpack[ResultOptions],
    ) -> Any:
        """Returns a DataFrame with a row for each run, newest first: what it was given and what
        it has recorded; see ``jb.results``."""
        pandas_module()
        return self.results_table(job, limit=limit, **options).to_pandas()

    def results_table(
        self,
        job: str | Job | None = None,
        *,
        limit: int | None = None,
        **options: Unpack[ResultOptions],
    ) -> Table:
        """Returns what ``results`` does as a table, which needs no pandas."""
        return self._results.table(job, limit=limit, **options)

    def sql(self, query: str, *, limit: int | None = None, timeout: float | None = None) -> Any:
        """Returns a DataFrame with the answer to a SELECT over the records; see ``jb.sql``."""
        pandas_module()
        return sql_frame(self._results.query(query, limit, timeout))

    def sql_table(
        self, query: str, *, limit: int | None = None, timeout: float | None = None
    ) -> Table:
        """Returns what ``sql`` does as a table, which needs no pandas."""
        return sql_table(self._results.query(query, limit, timeout))

    @property
    def url(self) -> str:
        """Of the server that is talked to."""
        return self._connection.address.url

    def health(self) -> dict[str, Any]:
        """Returns what the server says of itself: version, root, executors, counts of runs."""
        health: dict[str, Any] = decode_answer(self._connection.get("health"), dict)
        return health

    def secrets(self) -> dict[str, Any]:
        """Returns the names of the secrets that runs may ask for, and which of them are weak."""
        secrets: dict[str, Any] = decode_answer(self._connection.get("secrets"), dict)
        return secrets

    def parameters(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Returns what a notebook takes: its JSON Schema and more."""
        named = self._server_path(path)
        content = self._connection.get("notebooks/parameters", {"path": named})
        schema: dict[str, Any] = decode_answer(content, dict)
        return schema

    def import_run(self, body: Mapping[str, Any], *, key: str) -> Run:
        """Takes a run that was executed elsewhere into the record; once for each key.

        ``body`` is that of ``POST imports/runs``, with the executed notebook as ``content``.
        """
        return self._runs.imported(body, key)

    def backup(
        self, path: str | os.PathLike[str], *, overwrite: bool = False
    ) -> tuple[Path, BackupManifest]:
        """Writes a whole and consistent backup of the store to a file, or into a folder.

        Runs go on meanwhile. The file appears when it is complete and has been checked. Returns
        where it is and what is in it; raises Conflict for a file that is there already.
        """
        return save_backup(self._connection, Path(path), overwrite=overwrite)

    def close(self) -> None:
        """Closes the connections; runs go on."""
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
