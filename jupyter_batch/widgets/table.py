"""A live list of runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import ipywidgets as ipw
import traitlets

from jupyter_batch.client.client import Client
from jupyter_batch.client.job import Job
from jupyter_batch.client.run import Run
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import TERMINAL, RunState
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.base import Box, client_or_default, full, html_box
from jupyter_batch.widgets.live import live_of
from jupyter_batch.widgets.table_row import TableRow, heading

_ACTIVE = tuple(str(state) for state in RunState if state not in TERMINAL)
#: Names of the filter and the states that they stand for.
_FILTERS: dict[str, tuple[str, ...]] = {
    "All": (),
    "Waiting or running": _ACTIVE,
    "Succeeded": ("succeeded",),
    "Failed": ("failed", "timed_out", "lost"),
    "Cancelled or skipped": ("cancelled", "skipped"),
}
#: A list that took long is not asked for again before so many times as long.
_REST = 5


class RunTable(Box):
    """List the newest runs live, with filters and a checkbox for each run.

    It follows the runs until ``close()`` is called. ``selected`` is the tuple of the selected
    runs, newest first, and can be observed; ``runs`` are the runs that are shown.

    Parameters
    ----------
    job : Job or str, optional
        Job of the runs, its name or its id. Default: all runs.
    state : str, default "All"
        First value of the state filter, as the widget names it, such as ``"Failed"``.
    q : str, default ""
        First value of the search field.
    limit : int, default 20
        Number of runs at most.
    client : Client, optional
        The client. Default: the one that ``jb.run`` uses.
    **layout : str
        CSS properties of the widget, such as ``width="50%"``.

    Examples
    --------
    Print the selected runs whenever they change::

        table = jb.widgets.RunTable(job="nightly")
        table.observe(lambda change: print(change.new), "selected")
    """

    #: The ticked runs that are shown, as Run objects that are kept up to date.
    selected = traitlets.Tuple()

    def __init__(
        self,
        job: Job | str | None = None,
        *,
        state: str = "All",
        q: str = "",
        limit: int = 20,
        client: Client | None = None,
        **layout: Any,
    ) -> None:
        self._client = client_or_default(client)
        self._job = job
        self._limit = limit
        #: The runs that are shown, newest first.
        self.runs: tuple[Run, ...] = ()
        self._ticked: set[str] = set()
        self._rows: dict[str, TableRow] = {}
        #: Rows that show no run at the moment.
        self._spare: list[TableRow] = []
        self._is_stale, self._again_at = True, 0.0
        self._make_parts(state, q)
        super().__init__(live_of(self._client._connection), self._parts(), **layout)
        self.add_class("jb-RunTable")
        self._live.listen(self)

    def _make_parts(self, state: str, q: str) -> None:
        self._state = ipw.Dropdown(
            options=tuple(_FILTERS), value=state, description="State", layout=full(width="20em")
        )
        self._text = ipw.Text(
            value=q,
            description="Search",
            placeholder="name, notebook or id",
            layout=full(width="24em"),
        )
        self._count = html_box(width="auto")
        self._list = ipw.VBox(layout=full(overflow="auto"))
        for field in (self._state, self._text):
            field.observe(self._filter, names="value")

    def _parts(self) -> list[ipw.Widget]:
        filters = ipw.HBox(
            [self._state, self._text, self._count],
            layout=ipw.Layout(flex_flow="row wrap", align_items="center"),
        )
        return [filters, heading(), self._list]

    @property
    def is_moving(self) -> bool:
        """True if the list has to be requested, or a run that is shown is not finished."""
        return self._is_stale or any(not run.is_over for run in self.runs)

    def take(self, event: RunEvent) -> bool:
        """Note that the list has to be requested.

        Parameters
        ----------
        event : RunEvent
            The event.

        Returns
        -------
        bool
            True if the event changes what is shown.
        """
        if event.kind == "state" or (event.kind == "cell_finished" and event.run_id in self._rows):
            self._is_stale = True
            return True
        return False

    def update(self, *, anew: bool) -> None:
        """Request the list if it is out of date, and show it.

        Parameters
        ----------
        anew : bool
            If true, request the list in any case.
        """
        begun = time.monotonic()
        if anew or (self._is_stale and begun >= self._again_at):
            self._is_stale = False
            self._take_runs(self._fetch())
            self._again_at = begun + (time.monotonic() - begun) * _REST
        now = datetime.now(UTC)
        for run in self.runs:
            self._rows[run.id].show(run, now)

    def select(self, *run_ids: str) -> None:
        """Select these runs and no others.

        Parameters
        ----------
        *run_ids : str
            Ids of the runs.
        """
        self._ticked = set(run_ids)
        for run_id, row in self._rows.items():
            row.tick.value = run_id in self._ticked
        self._notify_selection()

    def _filter(self, change: Any) -> None:
        self._live.refresh(self)

    def _fetch(self) -> list[Run]:
        job = self._job
        if isinstance(job, str):
            job = self._job = self._client.jobs.get(job)
        return list(
            self._client.runs.list(
                state=_FILTERS[self._state.value] or None,
                job=job,
                q=self._text.value.strip() or None,
                limit=self._limit,
            )
        )

    def _take_runs(self, fresh: Sequence[Run]) -> None:
        known = {run.id: run for run in self.runs}
        for run in fresh:
            if run.id in known:
                # The same objects as before: somebody may hold them as ``selected``.
                known[run.id]._record = run._record
        self.runs = tuple(known.get(run.id, run) for run in fresh)
        self._arrange()
        shown = len(self.runs)
        more = "newest " if shown == self._limit else ""
        text = f"{more}{shown} run{'' if shown == 1 else 's'}" if shown else "no runs"
        self._count.value = markup.STYLE + markup.block(markup.soft(text), role="status")
        self._notify_selection()

    def _arrange(self) -> None:
        """Gives each run a row; a row that is there stays where it is, so that it keeps the focus."""
        wanted = {run.id for run in self.runs}
        gone = [run_id for run_id in self._rows if run_id not in wanted]
        self._spare += [self._rows.pop(run_id) for run_id in gone]
        made: list[TableRow] = []
        for place, run in enumerate(self.runs):
            if run.id not in self._rows:
                if not self._spare:
                    made.append(TableRow(self._tick))
                self._rows[run.id] = self._spare.pop() if self._spare else made[-1]
            self._rows[run.id].put(run, place, ticked=run.id in self._ticked)
        for row in self._spare:
            row.hide()
        if made:
            self._list.children = [*self._list.children, *(row.box for row in made)]

    def _tick(self, run_id: str, ticked: bool) -> None:
        if ticked:
            self._ticked.add(run_id)
        else:
            self._ticked.discard(run_id)
        self._notify_selection()

    def _notify_selection(self) -> None:
        self._ticked &= {run.id for run in self.runs}
        self.selected = tuple(run for run in self.runs if run.id in self._ticked)
