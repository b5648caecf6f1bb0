"""Shows a run while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task
from rich.table import Column
from rich.text import Text

from jupyter_batch.cli.console import FieldColumn, clean
from jupyter_batch.cli.formatting import first_line, progress_line, short, state_text
from jupyter_batch.client.arguments.units import duration
from jupyter_batch.client.run import Run
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.plain_text import plain_line
from jupyter_batch.domain.progress import item_progress
from jupyter_batch.domain.run import RunState

_ENDINGS = frozenset(str(state) for state in RunState if state.is_terminal)


class Watch:
    """Keeps the facts of a run's events that are shown."""

    def __init__(self, run: Run) -> None:
        self.name = run.name
        self.run_id = run.id
        self.state = str(run.state)
        self.reason = run.reason
        self.total = run.cell_count.total
        self.done = run.cell_count.done
        #: Of the cell that is being executed, from 0, and its first line.
        self.cell: int | None = None
        self.line = ""
        #: How far the loop is that the notebook has told of last; empty once it is over.
        self.loop = ""
        #: What goes on before the first cell, such as the pull of an image, and the share done.
        self.preparing = ""
        self.share: float | None = None

    def take(self, event: RunEvent) -> None:
        """Updates the facts from an event."""
        data = event.data
        if event.kind == "state":
            self.state, self.reason = data["state"], data.get("reason")
            self.preparing, self.share = "", None
            if self.state in ("queued", "starting"):
                self.done, self.cell, self.line = 0, None, ""
        elif event.kind == "preparing":
            self.preparing, self.share = data.get("message", ""), data.get("share")
        elif event.kind == "started":
            self.total = data.get("cells_total", self.total)
        elif event.kind == "cell_started":
            self.total = data.get("cells_total", self.total)
            self.cell, self.line = data["cell_index"], first_line(data.get("source", ""))
            self.loop = ""
        elif event.kind == "progress":
            loop = item_progress(str(data.get("name", "")), data)
            self.loop = "" if loop.is_over else progress_line(loop)
        elif event.kind == "cell_finished":
            self.loop = ""
            self.done = data.get("cells", {}).get("done", self.done + 1)

    @property
    def headline(self) -> str:
        """Returns the present state of the run in one line."""
        if self.cell is not None and self.state == "running":
            return self.loop or self.line or "(empty cell)"
        if self.preparing:
            return self.preparing + (f" ({self.share:.0%})" if self.share is not None else "")
        if self.state == "starting":
            return "starting the container and the kernel"
        if self.state == "running":
            return "starting the kernel"
        if self.state == "queued":
            return "waiting for its turn"
        return self.reason or ""


class View(Protocol):
    """Shows a run while it goes on."""

    def __enter__(self) -> View: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, event: RunEvent) -> None:
        """Shows what an event has changed."""

    def note(self, text: str) -> None:
        """Writes the events of the run."""


def view_of(run: Run, console: Console) -> View:
    """Returns a live bar for a terminal, and lines for everything else."""
    watch = Watch(run)
    return LiveView(watch, console) if console.is_terminal else PlainView(watch, console)


class PlainView:
    """One line for each thing that happens."""

    def __init__(self, watch: Watch, console: Console) -> None:
        self._watch = watch
        self._console = console
        self._said = ""

    def __enter__(self) -> PlainView:
        self.note(f"run {self._watch.run_id} ({self._watch.name})")
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: RunEvent) -> None:
        """Writes a line where there is something to say."""
        self._watch.take(event)
        watch = self._watch
        if event.kind == "state" and watch.state not in _ENDINGS:
            self.note(watch.state + (f": {watch.reason}" if watch.reason else ""))
        elif event.kind == "preparing":
            self.note(watch.preparing)
        elif event.kind == "started":
            self.note(f"{watch.total} cells, kernel {event.data.get('kernel_name', '?')}")
        elif event.kind == "cell_started" and event.data.get("cell_type") == "code":
            self.note(f"[{event.data['cell_index'] + 1}/{watch.total}] {watch.line}")
        elif event.kind == "cell_finished" and event.data.get("cell_type") == "code":
            self._finished(event)

    def note(self, text: str) -> None:
        """Writes a line, once."""
        if text and text != self._said:
            self._said = text
            self._console.print(clean(text), soft_wrap=True)

    def _finished(self, event: RunEvent) -> None:
        where = f"[{event.data['cell_index'] + 1}/{self._watch.total}]"
        took = duration(event.data.get("duration_seconds"))
        error = event.data.get("error")
        if error:
            self.note(f"{where} failed after {took}: {error['ename']}: {error['evalue']}")
        elif event.data.get("state") == "succeeded":
            self.note(f"{where} done in {took}")


class LiveView:
    """A line with the state, a bar over the cells, the current cell and the time."""

    def __init__(
        self, watch: Watch, console: Console, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watch = watch
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            FieldColumn("label"),
            BarColumn(bar_width=20),
            FieldColumn("count"),
            _Elapsed(),
            FieldColumn("headline", style="dim", ratio=1),
            console=console,
            transient=True,
            # What the fixed columns leave is the headline's.
            expand=True,
            get_time=clock,
        )
        self._task = self._progress.add_task(
            "", total=None, label="", count="", headline=watch.headline
        )
        self._update()

    def __enter__(self) -> LiveView:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, event: RunEvent) -> None:
        """Redraws the line."""
        self._watch.take(event)
        if event.kind != "output":
            self._update()

    def note(self, text: str) -> None:
        """Writes a line above the bar."""
        self._progress.console.print(clean(text), soft_wrap=True)

    def _update(self) -> None:
        watch = self._watch
        place = (watch.cell if watch.cell is not None else -1) + 1
        self._progress.update(
            self._task,
            total=watch.total or None,
            completed=watch.done,
            label=Text.assemble(
                (plain_line(watch.name), "bold"),
                " ",
                (short(watch.run_id), "dim"),
                " ",
                state_text(watch.state),
            ),
            count=f"cell {place} of {watch.total}" if watch.total and place else "",
            headline=watch.headline,
        )


class _Elapsed(ProgressColumn):
    """The time since the first look, in few characters and one line."""

    def __init__(self) -> None:
        super().__init__(table_column=Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        """Returns the time."""
        seconds = int(task.elapsed or 0)
        text = f"{seconds} s" if seconds < 60 else duration(float(seconds))
        return Text(text, style="cyan")
