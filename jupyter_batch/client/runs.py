"""The runs of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack, overload
from urllib.parse import quote

from jupyter_batch.client.arguments.instants import instant_text
from jupyter_batch.client.arguments.options import RunOptions, on_the_wire, takes_options
from jupyter_batch.client.arguments.plain_values import plain, plain_name, shown
from jupyter_batch.client.arguments.shape_check import check_form, check_text
from jupyter_batch.client.id_lookup import find
from jupyter_batch.client.run import Run
from jupyter_batch.client.run_list import RunList, fetch_runs, run_table, states_of
from jupyter_batch.client.transport.answers import AnswerDecoder, decode_answer
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidParameters
from jupyter_batch.wire.requests import DeleteRunsBody, RunBody
from jupyter_batch.wire.responses import Deleted

if TYPE_CHECKING:
    from jupyter_batch.client.job import Job
    from jupyter_batch.client.sweep import Sweep

#: Returns the fields of a request that name a notebook, and the files that go with it.
NameNotebook = Callable[[str | os.PathLike[str], list[str]], dict[str, Any]]

#: Returns the id of a job that is named or at hand; raises NotFound.
JobId = Callable[["str | Job"], str]


_run = AnswerDecoder(RunRecord)


class Runs:
    """Submit runs, find them, and act on them by id.

    Call it with filters, iterate over all runs, or take the newest:

    >>> [run.name for run in jb.runs(state="failed", limit=10)]
    ['evening']
    >>> jb.runs[0].state
    <RunState.SUCCEEDED: 'succeeded'>
    """

    def __init__(self, connection: Connection, name_notebook: NameNotebook, job_id: JobId) -> None:
        self._connection = connection
        self._name_notebook = name_notebook
        self._job_id = job_id

    @takes_options
    def submit(
        self,
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
        body = on_the_wire(options)
        if parameters is not None:
            body["parameters"] = plain_parameters(parameters)
        check_form(body, RunBody)
        files = body.pop("files", [])
        body |= self._name_notebook(path, files)
        return Run(self._connection, _run.decode(self._connection.post("runs", body, once=True)))

    def imported(self, body: Mapping[str, Any], key: str) -> Run:
        """Record a run that was executed elsewhere; see ``Client.import_run``.

        Parameters
        ----------
        body : dict
            Body of ``POST imports/runs``, with the executed notebook as ``content``.
        key : str
            Key of the run. A key is imported once.

        Returns
        -------
        Run
            The recorded run.
        """
        content = self._connection.post("imports/runs", body, key=key)
        return Run(self._connection, _run.decode(content))

    def get(self, run_id: str) -> Run:
        """Returns a run by its id.

        Parameters
        ----------
        run_id : str
            Id of the run.

        Returns
        -------
        Run
            The run.

        Raises
        ------
        NotFound
            There is no such run.
        """
        content = self._connection.get(f"runs/{safe(run_id)}")
        return Run(self._connection, _run.decode(content))

    def find(self, run_id: str) -> Run:
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
        return find("run", run_id, self.get, lambda q, limit: self.list(q=q, limit=limit))

    def list(
        self,
        *,
        state: str | RunState | Iterable[str | RunState] | None = None,
        job: str | Job | None = None,
        sweep: str | Sweep | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        q: str | None = None,
        limit: int | None = None,
    ) -> RunList:
        """Returns runs, newest first, which are fetched page by page.

        Parameters
        ----------
        state : str, RunState or list of these, optional
            States of the runs, such as ``"failed"``.
        job : str or Job, optional
            Job of the runs, its name or its id.
        sweep : str or Sweep, optional
            Sweep of the runs, or its id.
        since : datetime, optional
            Earliest creation time. Without an offset it is local time of this machine.
        until : datetime, optional
            Latest creation time. Without an offset it is local time of this machine.
        q : str, optional
            Text that the name, the notebook's path or the id contains.
        limit : int, optional
            Number of runs at most. Default: all.

        Returns
        -------
        RunList
            The runs.

        Raises
        ------
        InvalidInput
            A filter is not valid.
        NotFound
            There is no such job.
        """
        params = self.filters(state=state, job=job, sweep=sweep, since=since, until=until, q=q)

        def fetch(cursor: str | None, size: int) -> tuple[Sequence[Run], str | None]:
            return fetch_runs(self._connection, params, cursor, size)

        return RunList(fetch, what="runs", show=run_table, limit=limit)

    __call__ = list

    def filters(
        self,
        *,
        state: str | RunState | Iterable[str | RunState] | None = None,
        job: str | Job | None = None,
        sweep: str | Sweep | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        q: str | None = None,
    ) -> dict[str, str | None]:
        """Returns filters as the query parameters of a request.

        Parameters
        ----------
        state : str, RunState or list of these, optional
            States of the runs, such as ``"failed"``.
        job : str or Job, optional
            Job of the runs, its name or its id.
        sweep : str or Sweep, optional
            Sweep of the runs, or its id.
        since : datetime, optional
            Earliest creation time. Without an offset it is local time of this machine.
        until : datetime, optional
            Latest creation time. Without an offset it is local time of this machine.
        q : str, optional
            Text that the name, the notebook's path or the id contains.

        Returns
        -------
        dict
            The query parameters.

        Raises
        ------
        InvalidInput
            A filter is not valid.
        NotFound
            There is no such job.
        """
        return {
            "state": ",".join(states_of(state)) or None,
            "job_id": None if job is None else self._job_id(job),
            "sweep_id": check_text(getattr(sweep, "id", sweep), "sweep"),
            "since": None if since is None else instant_text(since, "since"),
            "until": None if until is None else instant_text(until, "until"),
            "q": check_text(q, "q") or None,
        }

    def __iter__(self) -> Iterator[Run]:
        return iter(self.list())

    @overload
    def __getitem__(self, index: int | str) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> RunList: ...

    def __getitem__(self, index: int | str | slice) -> Run | RunList:
        """Returns the run of a place (0 is the newest) or of an id, or some of the newest."""
        if isinstance(index, str):
            return self.find(index)
        every = self.list()
        return every._part(index) if isinstance(index, slice) else every[index]  # type: ignore[return-value]

    def __repr__(self) -> str:
        return "<runs, newest first: iterate, call with state=, job=, ..., or take [0], [:10]>"

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()

    def cancel(self, run_id: str) -> Run:
        """Request the end of a run.

        Parameters
        ----------
        run_id : str
            Id of the run.

        Returns
        -------
        Run
            The run, cancelled or cancelling.

        Raises
        ------
        NotFound
            There is no such run.
        Conflict
            The run is finished.
        """
        content = self._connection.post(f"runs/{safe(run_id)}/cancel")
        return Run(self._connection, _run.decode(content))

    def retry(self, run_id: str) -> Run:
        """Queue one more attempt of a run that ended without success.

        Parameters
        ----------
        run_id : str
            Id of the run.

        Returns
        -------
        Run
            The queued run.

        Raises
        ------
        NotFound
            There is no such run.
        Conflict
            The run is not finished, or has succeeded.
        """
        content = self._connection.post(f"runs/{safe(run_id)}/retry", once=True)
        return Run(self._connection, _run.decode(content))

    def delete(self, run_id: str) -> None:
        """Delete a finished run and all its records.

        Parameters
        ----------
        run_id : str
            Id of the run.

        Raises
        ------
        NotFound
            There is no such run.
        Conflict
            The run is not finished.
        """
        self._connection.delete(f"runs/{safe(run_id)}")

    def delete_many(self, run_ids: Sequence[str]) -> int:
        """Delete several finished runs, all or none.

        Parameters
        ----------
        run_ids : list of str
            Ids of the runs.

        Returns
        -------
        int
            Number of deleted runs.

        Raises
        ------
        Conflict
            A run is not finished; none is deleted.
        """
        body = {"ids": run_ids if isinstance(run_ids, str) else list(run_ids)}
        check_form(body, DeleteRunsBody)
        content = self._connection.delete("runs", body)
        return decode_answer(content, Deleted).deleted


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Returns parameters as JSON can carry them; raises InvalidParameters naming the bad one."""
    if not isinstance(parameters, Mapping):
        raise InvalidParameters(
            f"parameters are a dict from names to values, not {shown(parameters)}",
            field="parameters",
        )
    return {
        plain_name(name, "parameters"): plain(value, f"parameters.{name}")
        for name, value in parameters.items()
    }


def safe(id: str) -> str:
    """Returns an id that cannot be read as a path; raises InvalidInput for what is no text."""
    return quote(check_text(id, "id") or "", safe="") or "-"
