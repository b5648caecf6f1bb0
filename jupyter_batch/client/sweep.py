"""A sweep in the hands of a caller."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from jupyter_batch.client import html
from jupyter_batch.client.results import fetch_rows, values_of
from jupyter_batch.client.run import Run
from jupyter_batch.client.run_list import RunSet, fetch_runs, states_of
from jupyter_batch.client.tables import Table
from jupyter_batch.client.transport.answers import AnswerDecoder
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.client.wait import ended, wait_for
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.state import TERMINAL
from jupyter_batch.domain.sweep import FAILURES, SweepState
from jupyter_batch.domain.sweep import Sweep as SweepRecord
from jupyter_batch.errors import RunFailed

_PAGE = 1000
#: Columns of a table besides the parameters and the results.
_BEFORE = ("index",)
_AFTER = ("started_at", "finished_at", "duration_seconds", "reason", "run_id")

_sweep = AnswerDecoder(SweepRecord)


class Sweep:
    """A set of runs of one notebook over many parameter sets.

    The properties have the values of the last request; ``refresh()`` requests them again.
    ``len(sweep)`` is the number of runs. Iteration gives them in the order of the parameter sets.
    """

    def __init__(self, connection: Connection, record: SweepRecord) -> None:
        self._connection = connection
        self._record = record

    @property
    def id(self) -> str:
        """Id of the sweep; ids sort by creation time."""
        return self._record.id

    @property
    def name(self) -> str:
        """Name that was given, or the notebook's file name; the runs have it too."""
        return self._record.name

    @property
    def notebook(self) -> str:
        """Path of the notebook, whose content was frozen when the sweep was made."""
        return self._record.notebook.path

    @property
    def state(self) -> SweepState:
        """``queued``, ``running``, ``cancelling``, ``succeeded``, ``failed`` or ``cancelled``."""
        return self._record.state

    @property
    def counts(self) -> dict[RunState, int]:
        """Number of runs in each state; states without runs are left out."""
        return dict(self._record.counts)

    @property
    def created_at(self) -> datetime:
        """Creation time in UTC."""
        return self._record.created_at

    @property
    def created_by(self) -> str:
        """Name of the user who made the sweep."""
        return self._record.created_by

    @property
    def finished_at(self) -> datetime | None:
        """Time in UTC at which the last run finished; None until then."""
        return self._record.finished_at

    @property
    def max_concurrent(self) -> int | None:
        """Number of runs that may be active at once; None for no limit."""
        return self._record.max_concurrent

    @property
    def done(self) -> int:
        """Number of finished runs."""
        return sum(n for state, n in self._record.counts.items() if state in TERMINAL)

    @property
    def is_over(self) -> bool:
        """True if all runs are finished."""
        return self._record.state.is_over

    @property
    def succeeded(self) -> bool:
        """True if all runs have succeeded."""
        return self._record.state is SweepState.SUCCEEDED

    @property
    def duration_seconds(self) -> float:
        """Seconds from the creation to the end, or to now."""
        return ((self.finished_at or datetime.now(UTC)) - self.created_at).total_seconds()

    def refresh(self) -> Sweep:
        """Request the newest state from the server.

        Returns
        -------
        Sweep
            This sweep.
        """
        self._record = _sweep.decode(self._connection.get(f"sweeps/{self.id}"))
        return self

    def wait(self, timeout: float | None = None) -> Sweep:
        """Wait until all runs are finished.

        Parameters
        ----------
        timeout : float, optional
            Time limit in seconds. Default: no limit.

        Returns
        -------
        Sweep
            This sweep.

        Raises
        ------
        WaitTimeout
            The time is up. The runs continue.
        """
        return wait_for(
            self, name=f"sweep {self.id}", timeout=timeout, pause=self._connection.pause
        )

    def __await__(self) -> Generator[Any, None, Sweep]:
        """Waits for the end while the event loop goes on: ``await sweep``."""
        return ended(self).__await__()

    def check(self) -> Sweep:
        """Raise RunFailed unless all runs have succeeded.

        Returns
        -------
        Sweep
            This sweep.

        Raises
        ------
        RunFailed
            A run has not succeeded.
        """
        if not self.succeeded:
            raise RunFailed(
                f"sweep {self.id} ({self.name}) is {self.state}: {self._counts_text()}",
                sweep_id=self.id,
                state=str(self.state),
                reason=self._counts_text(),
            )
        return self

    def cancel(self) -> Sweep:
        """Cancel all runs that are queued or active.

        Returns
        -------
        Sweep
            This sweep.

        Raises
        ------
        Conflict
            The sweep is finished.
        """
        self._record = _sweep.decode(self._connection.post(f"sweeps/{self.id}/cancel"))
        return self

    def retry(self, states: str | RunState | Iterable[str | RunState] = FAILURES) -> Sweep:
        """Queue one more attempt of the runs that ended in given states, and only of those.

        Parameters
        ----------
        states : str, RunState or list of these, optional
            The states. Default: ``failed``, ``timed_out`` and ``lost``.

        Returns
        -------
        Sweep
            This sweep.

        Raises
        ------
        Conflict
            No run is in one of the states.
        InvalidInput
            There is no such state.
        """
        body = {"states": states_of(states)}
        content = self._connection.post(f"sweeps/{self.id}/retry", body, once=True)
        self._record = _sweep.decode(content)
        return self

    def delete(self) -> None:
        """Delete the sweep, its runs and all their records.

        Raises
        ------
        Conflict
            The sweep is not finished.
        """
        self._connection.delete(f"sweeps/{self.id}")

    def runs(self, state: str | RunState | Iterable[str | RunState] | None = None) -> RunSet:
        """Returns the runs in the order of the parameter sets.

        Parameters
        ----------
        state : str, RunState or list of these, optional
            States of the runs. Default: all.

        Returns
        -------
        RunSet
            The runs, as a list.

        Raises
        ------
        InvalidInput
            There is no such state.
        """
        params = {"sweep_id": self.id, "state": ",".join(states_of(state)) or None}
        cursor: str | None = None
        found: list[Run] = []
        while True:
            items, cursor = fetch_runs(self._connection, params, cursor, _PAGE)
            found += items
            if cursor is None:
                return RunSet(sorted(found, key=lambda run: (run.sweep_index or 0, run.id)))

    def table(self) -> Table:
        """Returns a table with a row for each run, in the order of the parameter sets.

        Columns: ``index``, one for each parameter, ``state``, one for each value that ``jb.record``
        kept, ``started_at`` and ``finished_at`` (UTC), ``duration_seconds``, ``reason`` and
        ``run_id``. A parameter or result with the name of another column is called
        ``parameters.<name>`` or ``results.<name>``. A long value is shown as an object whose
        ``load()`` fetches it.

        Returns
        -------
        Table
            The rows; ``to_pandas()`` makes a DataFrame.
        """
        runs = self.runs()
        results = {
            row.run_id: values_of(self._connection, row)
            for row in fetch_rows(self._connection, {"sweep_id": self.id}, None)
        }
        given = dict.fromkeys(name for run in runs for name in run.parameters)
        told = dict.fromkeys(name for run in runs for name in results.get(run.id, ()))
        parameters = {name: _column("parameters", name, told) for name in given}
        recorded = {name: _column("results", name, given) for name in told}
        rows = [
            {parameters[name]: value for name, value in run.parameters.items()}
            | {recorded[name]: value for name, value in results.get(run.id, {}).items()}
            | _row(run)
            for run in runs
        ]
        columns = [*_BEFORE, *parameters.values(), "state", *recorded.values(), *_AFTER]
        return Table(columns, rows)

    def to_dict(self) -> dict[str, Any]:
        """Returns the sweep in the JSON form of the REST interface.

        Returns
        -------
        dict
            The sweep.
        """
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def __len__(self) -> int:
        return self._record.runs

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs())

    def __repr__(self) -> str:
        return f"<Sweep {self.id} {self.name!r} {self.state}: {self._counts_text()}>"

    def _repr_html_(self) -> str:
        return html.joined(
            html.box(f"Sweep {self.name}", html.dot(self.state)),
            html.facts(
                [
                    ("runs", html.joined(html.bar(self.done, len(self)), " ", self._counts_text())),
                    ("notebook", self.notebook),
                    (
                        "created",
                        html.joined(html.instant(self.created_at), " by ", self.created_by),
                    ),
                    ("took", html.duration(self.duration_seconds) if self.is_over else None),
                    ("at once", self.max_concurrent),
                    ("id", html.code(self.id)),
                ]
            ),
        )

    def _counts_text(self) -> str:
        counts = [f"{n} {state.replace('_', ' ')}" for state, n in self._record.counts.items()]
        return ", ".join(counts) or "no runs"


def _column(group: str, name: str, others: Collection[str]) -> str:
    taken = name in (*_BEFORE, "state", *_AFTER) or name in others
    return f"{group}.{name}" if taken else name


def _row(run: Run) -> dict[str, Any]:
    return {
        "index": run.sweep_index,
        "state": str(run.state),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_seconds": run.duration_seconds,
        "reason": run.reason,
        "run_id": run.id,
    }
