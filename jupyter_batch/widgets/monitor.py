"""A live view of one run."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import ipywidgets as ipw

from jupyter_batch.client.client import Client
from jupyter_batch.client.run import Run
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import BatchError
from jupyter_batch.widgets import markup, monitor_html
from jupyter_batch.widgets.base import ActionButtons, Box, client_or_default, html_box, progress_bar
from jupyter_batch.widgets.live import live_of
from jupyter_batch.widgets.monitored_run import MonitoredRun
from jupyter_batch.widgets.output_list import OutputListView

_LOG_TAB = 2
_LOG_KEPT = 2000
#: An answer with outputs that took long is not asked for again before so many times as long.
_OUTPUTS_REST = 20


class RunMonitor(Box):
    """Show a run live: cells, progress, outputs, log and error, with buttons to cancel and retry.

    It follows the run until the run is finished or ``close()`` is called.

    Parameters
    ----------
    run : Run or str
        The run, or its id.
    client : Client, optional
        The client. Default: the one that ``jb.run`` uses.
    **layout : str
        CSS properties of the widget, such as ``width="50%"``.

    Examples
    --------
    Submit a run and show it::

        jb.widgets.RunMonitor(jb.submit("report.ipynb"))
    """

    def __init__(self, run: Run | str, *, client: Client | None = None, **layout: Any) -> None:
        known = run if isinstance(run, Run) else client_or_default(client).runs.get(run)
        #: As it was last asked for.
        self.run = known
        self._monitored = MonitoredRun(known)
        self._events: deque[RunEvent] = deque()
        self._log: deque[str] = deque(maxlen=_LOG_KEPT)
        self._log_no = 0
        self._outputs_again_at = 0.0
        self._make_parts()
        super().__init__(live_of(known._connection), self._children(), **layout)
        self.add_class("jb-RunMonitor")
        self._show()
        if known.is_over:
            self._live.refresh(self)
        else:
            self._live.listen(self)

    def _make_parts(self) -> None:
        self._head = html_box(flex="1 1 20em", width="auto")
        self._bar = progress_bar()
        self._buttons = ActionButtons(
            "Retry",
            cancel_tooltip="End this run",
            retry_tooltip="Queue one more attempt of this run",
        )
        self._error, self._items = html_box(), html_box()
        self._cells, self._log_view = html_box(), html_box()
        self._outputs = OutputListView()
        self._tabs = ipw.Tab(
            children=[self._cells, self._outputs.box, self._log_view],
            titles=("Cells", "Outputs", "Log"),
        )
        self._buttons.cancel.on_click(lambda _: self._act(self._do_cancel))
        self._buttons.retry.on_click(lambda _: self._act(self._do_retry))
        self._tabs.observe(lambda _: self._live.refresh(self), names="selected_index")

    def _children(self) -> list[ipw.Widget]:
        return [self._buttons.row(self._head), self._bar, self._items, self._error, self._tabs]

    # --- what the shared threads call ---------------------------------------------------------

    @property
    def is_moving(self) -> bool:
        """True while a cell is being executed, whose outputs come without events."""
        return self._monitored.current is not None

    def take(self, event: RunEvent) -> bool:
        """Note an event of the run.

        Parameters
        ----------
        event : RunEvent
            The event.

        Returns
        -------
        bool
            True if the event belongs to this widget.
        """
        if event.run_id != self.run.id:
            return False
        self._events.append(event)
        return True

    def update(self, *, anew: bool) -> None:
        """Show what has changed.

        Parameters
        ----------
        anew : bool
            If true, request everything again.
        """
        monitored_run = self._monitored
        while self._events:
            anew = monitored_run.apply(self._events.popleft()) or anew
        if anew:
            monitored_run.read(self.run.refresh())
            monitored_run.read_cells(self.run.cells())
        self._fetch_outputs(all_of_them=monitored_run.is_over)
        if anew or self._tabs.selected_index == _LOG_TAB:
            self._fetch_log()
        self._show()
        if monitored_run.is_over and not monitored_run.stale_outputs and not self._events:
            self._live.forget(self)

    # --- what people do -----------------------------------------------------------------------

    def cancel(self) -> None:
        """Request the end of the run, as the button does."""
        self._act(self._do_cancel)

    def retry(self) -> None:
        """Queue one more attempt of the run, as the button does."""
        self._act(self._do_retry)

    def _act(self, action: Callable[[], None]) -> None:
        self._buttons.disable()
        self._live.do(lambda: self._try(action))

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
            self.show_trouble(None)
        except BatchError as error:
            self.show_trouble(error)
        finally:
            self._show_buttons()

    def _do_cancel(self) -> None:
        self._monitored.read(self.run.cancel())
        self._show()

    def _do_retry(self) -> None:
        self._monitored.read(self.run.retry())
        self._live.listen(self)
        self._live.refresh(self)

    # --- what is shown ------------------------------------------------------------------------

    def _fetch_outputs(self, *, all_of_them: bool) -> None:
        monitored_run = self._monitored
        if monitored_run.current is not None:
            monitored_run.stale_outputs.add(monitored_run.current)
        begun = time.monotonic()
        stale = sorted(monitored_run.stale_outputs)
        if not stale or (begun < self._outputs_again_at and not all_of_them):
            return
        monitored_run.stale_outputs.clear()
        cells = [stale[0]] if len(stale) == 1 else [None]
        found = self.run.outputs(cell=cells[0])
        for index in stale:
            line = monitored_run.cells.get(index)
            if line is not None and line.cell_type == "code":
                self._outputs.put(line, found.get(index, []))
        self._outputs.keep(monitored_run.cells)
        self._outputs_again_at = begun + (time.monotonic() - begun) * _OUTPUTS_REST

    def _fetch_log(self) -> None:
        for line in self.run.log_lines(after=self._log_no):
            self._log_no = line.line_no
            self._log.append(line.text)

    def _show(self) -> None:
        monitored_run, now = self._monitored, datetime.now(UTC)
        self._head.value = monitor_html.head(self.run.name, self.run.id, monitored_run, now)
        with self._bar.hold_sync():
            self._bar.max = max(1, monitored_run.count.total)
            self._bar.value = monitored_run.count.done
            self._bar.bar_style = markup.bar_style(str(monitored_run.state))
        self._items.value = monitor_html.items(monitored_run.items.values())
        failed = (
            monitored_run.cells.get(monitored_run.error.cell_index) if monitored_run.error else None
        )
        self._error.value = monitor_html.error_box(
            monitored_run.error, failed.source if failed else ""
        )
        cells = [monitored_run.cells[index] for index in sorted(monitored_run.cells)]
        self._cells.value = monitor_html.cell_list(cells, monitored_run.count.total)
        self._log_view.value = monitor_html.log_text(list(self._log), self._log_no)
        self._show_buttons()

    def _show_buttons(self) -> None:
        state = self._monitored.state
        self._buttons.disable(
            cancel=state.is_terminal or state is RunState.CANCELLING,
            retry=not state.is_terminal or state in (RunState.SUCCEEDED, RunState.SKIPPED),
        )
