from __future__ import annotations

import gc
import threading
import weakref

import ipywidgets
import pytest
from ipywidgets.widgets import widget as ipywidgets_widget
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.errors import Conflict
from jupyter_batch.testing import AT
from jupyter_batch.widgets import RunMonitor
from tests.integration.widgets.conftest import all_parts, button, html_of, until

HOSTILE = "<img src=x onerror=alert(1)>"


def cell(index: int, **fields):
    source = fields.pop("source", f"step_{index}()")
    return {
        "cell_index": index,
        "cell_type": "code",
        "source": source,
        "state": "succeeded",
        "started_at": "2026-01-01T00:00:00Z",
        "finished_at": "2026-01-01T00:00:02Z",
        **fields,
    }


def finish(owner, run, state=RunState.SUCCEEDED, **fields):
    owner.runs[run.id] = replace(owner.runs[run.id], state=state, finished_at=AT, **fields)
    owner.event_stream.send(run.id, "state", {"state": str(state), "attempt_no": 1})


def test_a_monitor_follows_a_run_to_its_end(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    assert "running" in html_of(monitor)
    counts = {"total": 3, "done": 1, "failed": 0}
    owner.event_stream.send(running.id, "cell_started", {"cell_index": 0, "source": "first_step()"})
    owner.event_stream.send(
        running.id,
        "cell_finished",
        {"cell_index": 0, "state": "succeeded", "duration_seconds": 1.5, "cells": counts},
    )
    until(lambda: "1 of 3 cells" in html_of(monitor))
    assert "first_step()" in html_of(monitor)
    assert "1.5 s" in html_of(monitor)
    owner.cells = [cell(0), cell(1), cell(2)]
    owner.outputs = {1: [{"output_type": "stream", "name": "stdout", "text": "half\n"}]}
    owner.log = ["the kernel has started"]
    finish(owner, running, cells=CellCount(total=3, done=3))
    until(lambda: live.listeners == 0)
    text = html_of(monitor)
    assert "succeeded" in text
    assert "3 of 3 cells" in text
    assert "the kernel has started" in text
    (output,) = [w for w in all_parts(monitor) if isinstance(w, ipywidgets.Output)]
    assert output.outputs == ({"output_type": "stream", "name": "stdout", "text": "half\n"},)
    assert button(monitor, "Cancel").disabled
    assert button(monitor, "Retry").disabled


def test_the_items_of_a_loop_are_counted_live(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    facts = {"name": "<b>orders", "processed": 338, "failed": 2, "skipped": 60, "total": 1000}
    owner.event_stream.send(running.id, "progress", {"attempt_no": 1, "eta_seconds": 12.0, **facts})
    until(lambda: "400 of 1,000" in html_of(monitor))
    text = html_of(monitor)
    assert 'aria-label="&lt;b&gt;orders" value="400" max="1000"' in text
    assert "2 failed" in text
    assert "60 by earlier attempts" in text
    assert "12.0 s left" in text


def test_fifty_monitors_share_one_connection_and_two_threads(owner, client, live):
    before = threading.active_count()
    runs = [owner.add_run(name=f"run {n}", state=RunState.RUNNING) for n in range(50)]
    monitors = [RunMonitor(run.id, client=client) for run in runs]
    assert live.settle()
    assert threading.active_count() <= before + 2
    asked = [r for r in owner.requests if r.url.path.endswith("/events")]
    assert len(asked) == 1
    for run in runs:
        finish(owner, run)
    until(lambda: all("succeeded" in html_of(monitor) for monitor in monitors))
    until(lambda: live.threads == 0)
    assert threading.active_count() <= before


def test_events_that_come_together_are_shown_together(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    shown = []
    monitor._head.observe(lambda change: shown.append(change.new), names="value")
    for index in range(300):
        data = {"cell_index": index, "cells": {"total": 300, "done": index, "failed": 0}}
        owner.event_stream.send(running.id, "cell_started", data)
    until(lambda: "299 of 300 cells" in html_of(monitor))
    assert len(shown) < 30


def test_a_closed_monitor_follows_no_more(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    assert owner.event_stream.streams == 1
    monitor.close()
    assert live.listeners == 0
    assert owner.event_stream.wait_for_streams(0)
    until(lambda: live.threads == 0)


def test_nothing_of_a_closed_monitor_stays_behind(owner, client, live, running):
    before = len(ipywidgets_widget._instances)
    owner.cells = [cell(0)]
    owner.outputs = {0: [{"output_type": "stream", "name": "stdout", "text": "half"}]}
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    held = weakref.ref(monitor)
    monitor.close()
    until(lambda: live.threads == 0)
    del monitor
    gc.collect()
    assert held() is None
    assert len(ipywidgets_widget._instances) == before


def test_a_listener_that_nobody_holds_is_told_no_more(owner, live):
    # ipywidgets holds all open widgets; where it does not, nobody of ours does.
    class Deaf:
        is_moving = False

        def take(self, event):
            return True

        def update(self, *, anew):
            pass

        def show_trouble(self, error):
            pass

    listener = Deaf()
    live.listen(listener)
    assert live.settle()
    del listener
    gc.collect()
    assert live.listeners == 0
    assert owner.event_stream.wait_for_streams(0)


def test_a_failed_run_shows_its_cell_and_its_error(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    owner.cells = [cell(0), cell(1, state="failed", source="divide(1, 0)")]
    error = CellError(
        cell_index=1, ename="ZeroDivisionError", evalue="division", traceback=("\x1b[31mline 1",)
    )
    finish(owner, running, RunState.FAILED, error=error, reason="cell 2 raised")
    until(lambda: live.listeners == 0)
    text = html_of(monitor)
    assert "Cell 2: ZeroDivisionError: division" in text
    assert "divide(1, 0)" in text
    assert "\x1b" not in text
    assert not button(monitor, "Retry").disabled


def test_nothing_that_comes_from_a_run_becomes_html(owner, client, live):
    owner.cells = [cell(0, state="failed", source=HOSTILE)]
    owner.log = [HOSTILE]
    error = CellError(cell_index=0, ename=HOSTILE, evalue=HOSTILE, traceback=(HOSTILE,))
    run = owner.add_run(name=HOSTILE, state=RunState.FAILED, reason=HOSTILE, error=error)
    monitor = RunMonitor(run.id, client=client)
    assert live.settle()
    text = html_of(monitor)
    assert text.count("&lt;img src=x") >= 7
    assert "<img" not in text


def test_cancel_asks_the_server_and_not_the_kernel(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    button(monitor, "Cancel").click()
    until(lambda: owner.bodies("POST", f"runs/{running.id}/cancel"))
    owner.event_stream.send(running.id, "state", {"state": "cancelled", "attempt_no": 1})
    until(lambda: live.listeners == 0)
    assert "cancelled by alice" in html_of(monitor)


def test_what_cannot_be_done_is_told_inside_the_widget(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    owner.trouble.append(Conflict("the run is over: it is succeeded"))
    button(monitor, "Cancel").click()
    until(lambda: "the run is over" in html_of(monitor))
    assert not button(monitor, "Cancel").disabled


def test_a_retried_run_is_followed_again_from_its_new_attempt(owner, client, live):
    attempt = Attempt(attempt_no=1, state=RunState.FAILED, started_at=AT)
    owner.cells = [cell(0, state="failed")]
    run = owner.add_run(state=RunState.FAILED, attempts=(attempt,), cells=CellCount(total=1))
    monitor = RunMonitor(run.id, client=client)
    assert live.settle()
    assert "step_0()" in html_of(monitor)
    button(monitor, "Retry").click()
    until(lambda: live.listeners == 1)
    assert live.settle()
    owner.cells = []
    again = replace(attempt, attempt_no=2, state=RunState.RUNNING)
    owner.runs[run.id] = replace(
        owner.runs[run.id], state=RunState.RUNNING, attempts=(attempt, again)
    )
    owner.event_stream.send(run.id, "state", {"state": "running", "attempt_no": 2})
    until(lambda: "attempt 2" in html_of(monitor))
    assert "step_0()" not in html_of(monitor)


def test_a_dropped_connection_costs_nothing(owner, client, live, running):
    monitor = RunMonitor(running.id, client=client)
    assert live.settle()
    owner.event_stream.drop()
    finish(owner, running)
    until(lambda: live.listeners == 0)
    assert "succeeded" in html_of(monitor)


@pytest.mark.parametrize("count", [1, 120, 3000])
def test_long_notebooks_are_shown_in_part(owner, client, live, count):
    owner.cells = [cell(index) for index in range(count)]
    run = owner.add_run(state=RunState.SUCCEEDED, cells=CellCount(total=count, done=count))
    monitor = RunMonitor(run.id, client=client)
    assert live.settle()
    text = html_of(monitor)
    assert text.count("step_") <= 100
    assert f"step_{count - 1}()" in text
    assert ("cells before" in text) == (count > 100)
