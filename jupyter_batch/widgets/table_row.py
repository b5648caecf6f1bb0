"""One line of a table of runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import ipywidgets as ipw

from jupyter_batch.client.arguments.units import duration
from jupyter_batch.client.run import Run
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.base import full, html_box

_COLUMNS = "display:grid;grid-template-columns:7em 5em 11em 6em minmax(8em,1fr);gap:0 10px"


def heading() -> ipw.HBox:
    """Returns the names of the columns, laid out as a row is."""
    names = ("State", "Cells", "For", "Time", "Reason")
    columns = "".join(f"<span>{name}</span>" for name in names)
    run = html_box(markup.STYLE + markup.block(markup.soft("Run")))
    run.layout = _name_layout()
    facts = markup.block(f'<div class="jbw-soft" style="{_COLUMNS}">{columns}</div>')
    return ipw.HBox([run, html_box(facts, flex="1 1 0", width="auto")], layout=full())


def _name_layout() -> ipw.Layout:
    return ipw.Layout(flex="0 0 16em", width="16em", min_width="0", margin="0 8px 0 0")


class TableRow:
    """A tick with the run's name, and its facts; may come to show another run."""

    def __init__(self, on_tick: Callable[[str, bool], None]) -> None:
        self.run_id = ""
        self._on_tick = on_tick
        self.tick = ipw.Checkbox(indent=False, layout=_name_layout())
        self._facts = html_box(flex="1 1 0", width="auto")
        self.box = ipw.HBox(
            [self.tick, self._facts], layout=full(align_items="center", flex="0 0 auto")
        )
        self.tick.observe(self._ticked, names="value")

    def put(self, run: Run, place: int, *, ticked: bool) -> None:
        """Makes it the row of a run at a place of the list."""
        self.run_id = run.id
        self.tick.description = run.name
        self.tick.tooltip = f"{run.name} {run.id}"
        self.tick.value = ticked
        # By order, not by moving the row: a row that moves loses the keyboard's focus.
        self.box.layout.order = str(place)
        self.box.layout.display = None

    def show(self, run: Run, now: datetime) -> None:
        """Shows how the run stands."""
        count = run.cell_count
        cells = f"{count.done} / {count.total}" if count.total else ""
        error = run.error
        reason = run.reason or (f"{error.ename}: {error.evalue}" if error else "")
        parts = [
            markup.pill(str(run.state)),
            f"<span>{cells}</span>",
            f'<span title="{_times(run)}">{markup.instant(run.nominal_at or run.created_at)}</span>',
            f"<span>{duration(run.duration_at(now))}</span>",
            f'<span class="jbw-soft" title="{markup.escape(reason)}" style="white-space:nowrap;'
            f'overflow:hidden;text-overflow:ellipsis">{markup.escape(reason)}</span>',
        ]
        self._facts.value = markup.block(f'<div style="{_COLUMNS}">{"".join(parts)}</div>')

    def hide(self) -> None:
        """Shows no run, until it gets another."""
        self.run_id = ""
        self.box.layout.display = "none"

    def _ticked(self, change: Any) -> None:
        if self.run_id:
            self._on_tick(self.run_id, bool(change.new))


def _times(run: Run) -> str:
    return f"for {markup.instant(run.scheduled_for)}, created {markup.instant(run.created_at)}"
