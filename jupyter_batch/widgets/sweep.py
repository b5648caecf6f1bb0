"""A live view of a sweep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from jupyter_batch.client.client import Client
from jupyter_batch.client.run import Run
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.sweep import FAILURES
from jupyter_batch.errors import BatchError
from jupyter_batch.widgets import markup, sweep_html
from jupyter_batch.widgets.base import ActionButtons, Box, client_or_default, html_box, progress_bar
from jupyter_batch.widgets.live import live_of

#: An answer that took long is not asked for again before so many times as long.
_REST = 5


class SweepMonitor(Box):
    """Show a sweep live: a square for each run, the number of runs in each state, and failures.

    The buttons cancel all runs or retry the failed ones. It follows the sweep until the sweep is
    finished or ``close()`` is called. ``sweep`` is the sweep, ``runs`` are its runs.

    Parameters
    ----------
    sweep : Sweep or str
        The sweep, or its id.
    client : Client, optional
        The client. Default: the one that ``jb.run`` uses.
    **layout : str
        CSS properties of the widget, such as ``width="50%"``.

    Examples
    --------
    Submit a sweep and show it::

        jb.widgets.SweepMonitor(jb.sweep("report.ipynb", {"alpha": [0.1, 0.2, 0.3]}))
    """

    def __init__(self, sweep: Sweep | str, *, client: Client | None = None, **layout: Any) -> None:
        known = sweep if isinstance(sweep, Sweep) else client_or_default(client).sweeps.get(sweep)
        #: As it was last asked for.
        self.sweep = known
        #: Its runs, in the order of the parameter sets; empty until they have been asked for.
        self.runs: tuple[Run, ...] = ()
        self._states: dict[str, RunState] = {}
        self._is_stale, self._again_at = True, 0.0
        self._make_parts()
        super().__init__(live_of(known._connection), self._parts(), **layout)
        self.add_class("jb-SweepMonitor")
        self._show()
        if known.is_over:
            self._live.refresh(self)
        else:
            self._live.listen(self)

    def _make_parts(self) -> None:
        self._head = html_box(flex="1 1 20em", width="auto")
        self._bar = progress_bar()
        self._buttons = ActionButtons(
            "Retry failed",
            cancel_tooltip="End all its runs",
            retry_tooltip="Queue the failed runs once more, and only those",
        )
        self._squares, self._failures = html_box(), html_box()
        self._buttons.cancel.on_click(lambda _: self.cancel())
        self._buttons.retry.on_click(lambda _: self.retry())

    def _parts(self) -> list[ipw.Widget]:
        return [self._buttons.row(self._head), self._bar, self._squares, self._failures]

    @property
    def is_moving(self) -> bool:
        """True if the sweep has to be requested."""
        return self._is_stale

    def take(self, event: RunEvent) -> bool:
        """Note a change of one of the sweep's runs.

        Parameters
        ----------
        event : RunEvent
            The event.

        Returns
        -------
        bool
            True if the event belongs to this widget.
        """
        if event.kind != "state" or event.data.get("sweep_id") != self.sweep.id:
            return False
        self._states[event.run_id] = RunState(event.data["state"])
        self._is_stale = True
        return True

    def update(self, *, anew: bool) -> None:
        """Show what has changed.

        Parameters
        ----------
        anew : bool
            If true, request everything again.
        """
        begun = time.monotonic()
        if anew or (self._is_stale and begun >= self._again_at):
            self._is_stale = False
            self.sweep.refresh()
            if anew or self.sweep.is_over or not self.runs:
                # Reasons come with the runs themselves, not with the events.
                self.runs = tuple(self.sweep.runs())
                self._states = {run.id: run.state for run in self.runs}
            self._again_at = begun + (time.monotonic() - begun) * _REST
        self._show()
        if self.sweep.is_over and not self._is_stale:
            self._live.forget(self)

    def cancel(self) -> None:
        """Cancel all runs of the sweep, as the button does."""
        self._act(lambda: self.sweep.cancel())

    def retry(self) -> None:
        """Queue the failed runs again, as the button does."""
        self._act(lambda: self.sweep.retry())

    def _act(self, action: Callable[[], object]) -> None:
        self._buttons.disable()
        self._live.do(lambda: self._try(action))

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except BatchError as error:
            self.show_trouble(error)
            self._show_buttons()
            return
        self.show_trouble(None)
        self._live.listen(self)
        self._live.refresh(self)

    def _show(self) -> None:
        sweep = self.sweep
        self._head.value = sweep_html.head(sweep)
        with self._bar.hold_sync():
            self._bar.max = max(1, len(sweep))
            self._bar.value = sweep.done
            self._bar.bar_style = markup.bar_style(str(sweep.state))
        self._squares.value = sweep_html.squares(self.runs, self._states)
        self._failures.value = sweep_html.failures(self.runs)
        self._show_buttons()

    def _show_buttons(self) -> None:
        sweep = self.sweep
        self._buttons.disable(
            cancel=sweep.is_over or sweep.state == "cancelling",
            retry=not any(sweep.counts.get(state) for state in FAILURES),
        )
