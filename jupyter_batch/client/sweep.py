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

    Its facts are as the server told them last; ``refresh()`` asks again. ``len(sweep)`` is the
    number of its runs, iterating gives them in the order of the parameter sets.
    """

    def __init__(self, connection: Connection, record: SweepRecord) -> None:
        self._connection = connection
        self._record = record

    @property
    def id(self) -> str:
        """Sorts by creation."""
        return self._record.id

    @property
    def name(self) -> str:
        """The one given, or the notebook's file name; its runs have it too."""
        return self._record.name

    @property
    def notebook(self) -> str:
        """Path of the notebook that was frozen."""
        return self._record.notebook.path

    @property
    def state(self) -> SweepState:
        """``queued``, ``running``, ``cancelling``, ``succeeded``, ``failed`` or ``cancelled``."""
        return self._record.state

    @property
    def counts(self) -> dict[RunState, int]:
        """How many runs are in each state; states with none are left out."""
        return dict(self._record.counts)

    @property
    def created_at(self) -> datetime:
        """In UTC, as all instants."""
        return self._record.created_at

    @property
    def created_by(self) -> str:
        """The user's name as the server knows it."""
        return self._record.created_by

    @property
    def finished_at(self) -> datetime | None:
        """When the last of its runs was over; None until then."""
        return self._record.finished_at

    @property
    def max_concurrent(self) -> int | None:
        """How many of its runs may be active at once."""
        return self._record.max_concurrent

    @property
    def done(self) -> int:
        """How many of its runs are over."""
        return sum(n for state, n in self._record.counts.items() if state in TERMINAL)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self._record.state.is_over

    @property
    def succeeded(self) -> bool:
        """Whether all its runs have ended well."""
        return self._record.state is SweepState.SUCCEEDED

    @property
    def duration_seconds(self) -> float:
        """From its creation to its end, or to now."""
        return ((self.finished_at or datetime.now(UTC)) - self.created_at).total_seconds()

    def refresh(self) -> Sweep:
        """Asks the server for the newest facts."""
        self._record = _sweep.decode(self._connection.get(f"sweeps/{self.id}"))
        return self

    def wait(self, timeout: float | None = None) -> Sweep:
        """Returns when all runs are over; raises WaitTimeout after so many seconds."""
        return wait_for(
            self, name=f"sweep {self.id}", timeout=timeout, pause=self._connection.pause
        )

    def __await__(self) -> Generator[Any, None, Sweep]:
        """Waits for the end while the event loop goes on: ``await sweep``."""
        return ended(self).__await__()

    def check(self) -> Sweep:
        """Raises RunFailed unless all runs have succeeded."""
        if not self.succeeded:
            raise RunFailed(
                f"sweep {self.id} ({self.name}) is {self.state}: {self._told()}",
                sweep_id=self.id,
                state=str(self.state),
                reason=self._told(),
            )
        return self

    def cancel(self) -> Sweep:
        """Cancels all runs that wait or run; raises Conflict where it is over."""
        self._record = _sweep.decode(self._connection.post(f"sweeps/{self.id}/cancel"))
        return self

    def retry(self, states: str | RunState | Iterable[str | RunState] = FAILURES) -> Sweep:
        """Queues once more the runs that ended in one of these states, and only those.

        By default the failed ones (``failed``, ``timed_out``, ``lost``); ``"cancelled"`` takes
        up what was called off. Raises Conflict where there are none, InvalidInput.
        """
        body = {"states": states_of(states)}
        content = self._connection.post(f"sweeps/{self.id}/retry", body, once=True)
        self._record = _sweep.decode(content)
        return self

    def delete(self) -> None:
        """Removes the sweep, its runs and all their records; raises Conflict if it goes on."""
        self._connection.delete(f"sweeps/{self.id}")

    def runs(self, state: str | RunState | Iterable[str | RunState] | None = None) -> RunSet:
        """Returns its runs (those in some states) in the order of the parameter sets."""
        params = {"sweep_id": self.id, "state": ",".join(states_of(state)) or None}
        cursor: str | None = None
        found: list[Run] = []
        while True:
            items, cursor = fetch_runs(self._connection, params, cursor, _PAGE)
            found += items
            if cursor is None:
                return RunSet(sorted(found, key=lambda run: (run.sweep_index or 0, run.id)))

    def table(self) -> Table:
        """Returns a row for each run, in the order of the parameter sets.

        Columns: ``index``, a column for each parameter, ``state``, a column for each value that
        ``jb.record`` has kept, ``started_at``, ``finished_at``, ``duration_seconds``, ``reason``
        and ``run_id``. A parameter or result with the name of another column is
        ``parameters.<name>`` or ``results.<name>``; what is long has a ``load()``.
        ``to_pandas()`` makes a DataFrame of it.
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
        """Returns the sweep as the server's JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def __len__(self) -> int:
        return self._record.runs

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs())

    def __repr__(self) -> str:
        return f"<Sweep {self.id} {self.name!r} {self.state}: {self._told()}>"

    def _repr_html_(self) -> str:
        return html.joined(
            html.box(f"Sweep {self.name}", html.dot(self.state)),
            html.facts(
                [
                    ("runs", html.joined(html.bar(self.done, len(self)), " ", self._told())),
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

    def _told(self) -> str:
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
