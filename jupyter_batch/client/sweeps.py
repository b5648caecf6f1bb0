"""The sweeps of a server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from jupyter_batch.client import html
from jupyter_batch.client.arguments.grids import Grid, grid_on_the_wire
from jupyter_batch.client.arguments.options import RunOptions, on_the_wire, takes_options
from jupyter_batch.client.arguments.shape_check import check_form, check_text
from jupyter_batch.client.id_lookup import find
from jupyter_batch.client.paged_list import PagedList
from jupyter_batch.client.runs import NameNotebook, plain_parameters, safe
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.client.transport.answers import AnswerDecoder
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.sweep import Sweep as SweepRecord
from jupyter_batch.wire.responses import SweepList as SweepPage
from jupyter_batch.wire.sweeps import SweepBody

_sweep = AnswerDecoder(SweepRecord)
_page = AnswerDecoder(SweepPage)


class SweepList(PagedList[Sweep]):
    """Sweeps, newest first, which are fetched page by page."""


class Sweeps:
    """Make sweeps and find them; call it with filters, or iterate over all of them.

    >>> [sweep.name for sweep in jb.sweeps]
    ['learning-rates']
    """

    def __init__(self, connection: Connection, name_notebook: NameNotebook) -> None:
        self._connection = connection
        self._name_notebook = name_notebook

    @takes_options
    def create(
        self,
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
            The parameter sets: each combination of the lists (the last name changes fastest), each
            dict, or each row.
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
        body = on_the_wire(options)
        body |= grid_on_the_wire(grid)
        if max_concurrent is not None:
            body["max_concurrent"] = max_concurrent
        if parameters is not None:
            body["parameters"] = plain_parameters(parameters)
        check_form(body, SweepBody)
        files = body.pop("files", [])
        body |= self._name_notebook(path, files)
        return Sweep(
            self._connection, _sweep.decode(self._connection.post("sweeps", body, once=True))
        )

    def get(self, sweep_id: str) -> Sweep:
        """Returns a sweep by its id.

        Parameters
        ----------
        sweep_id : str
            Id of the sweep.

        Returns
        -------
        Sweep
            The sweep.

        Raises
        ------
        NotFound
            There is no such sweep.
        """
        content = self._connection.get(f"sweeps/{safe(sweep_id)}")
        return Sweep(self._connection, _sweep.decode(content))

    def find(self, text: str) -> Sweep:
        """Returns a sweep by its id, or by a part of its id.

        Parameters
        ----------
        text : str
            Id of the sweep, a part of it, or ``"last"`` for the newest sweep.

        Returns
        -------
        Sweep
            The sweep.

        Raises
        ------
        NotFound
            There is no such sweep.
        InvalidInput
            Several sweeps have an id like this.
        """
        return find("sweep", text, self.get, lambda q, limit: self.list(q=q, limit=limit))

    def list(self, *, q: str | None = None, limit: int | None = None) -> SweepList:
        """Returns sweeps, newest first, which are fetched page by page.

        Parameters
        ----------
        q : str, optional
            Text that the name, the notebook's path or the id contains.
        limit : int, optional
            Number of sweeps at most. Default: all.

        Returns
        -------
        SweepList
            The sweeps.
        """
        params = {"q": check_text(q, "q") or None}

        def fetch(cursor: str | None, size: int) -> tuple[Sequence[Sweep], str | None]:
            asked = {**params, "limit": size, "cursor": cursor}
            page = _page.decode(self._connection.get("sweeps", asked))
            return [Sweep(self._connection, record) for record in page.items], page.next_cursor

        return SweepList(fetch, what="sweeps", show=sweep_table, limit=limit)

    __call__ = list

    def __iter__(self) -> Iterator[Sweep]:
        return iter(self.list())

    def __getitem__(self, sweep: str) -> Sweep:
        """Returns a sweep by its id, by a part of it, or ``last``; see ``find``."""
        return self.find(sweep)

    def __repr__(self) -> str:
        return '<sweeps: iterate, call with q=, or take ["last"] or [id]>'

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()


def sweep_table(sweeps: Sequence[Any]) -> html.Html:
    """Returns sweeps as an HTML table."""
    return html.table(
        ("Sweep", "State", "Name", "Runs", "Created"),
        (
            (
                html.code(sweep.id),
                html.dot(sweep.state),
                sweep.name,
                html.bar(sweep.done, len(sweep)),
                html.instant(sweep.created_at),
            )
            for sweep in sweeps
        ),
    )
