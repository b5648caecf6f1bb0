from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.run import RunState
from jupyter_batch.widgets import SweepMonitor
from tests.integration.widgets.conftest import button, html_of, until


@pytest.fixture
def sweep(client, notebook):
    return client.sweep(notebook, {"alpha": [0.1, 0.2], "word": ["<b>x</b>"]})


@pytest.fixture
def monitor(sweep, live):
    monitor = SweepMonitor(sweep)
    assert live.settle()
    return monitor


def move(owner, run, state: RunState, **fields):
    owner.runs[run.id] = replace(owner.runs[run.id], state=state, **fields)
    data = {"state": str(state), "sweep_id": run.sweep_id}
    owner.event_stream.send(run.id, "state", data)


def test_a_sweep_is_followed_to_its_end(owner, live, monitor):
    assert html_of(monitor).count('role="listitem"') == 2
    first, second = monitor.runs
    move(owner, first, RunState.SUCCEEDED)
    until(lambda: "1 of 2 runs" in html_of(monitor))
    move(owner, second, RunState.FAILED, reason="<i>no</i> data")
    until(lambda: live.listeners == 0)
    text = html_of(monitor)
    assert "2 of 2 runs" in text
    assert "&lt;i&gt;no&lt;/i&gt; data" in text
    assert "<b>x</b>" not in text
    assert button(monitor, "Cancel").disabled
    assert not button(monitor, "Retry failed").disabled


def test_only_the_failed_runs_are_tried_again_and_followed(owner, live, monitor):
    first, second = monitor.runs
    move(owner, first, RunState.SUCCEEDED)
    move(owner, second, RunState.LOST)
    until(lambda: live.listeners == 0)
    button(monitor, "Retry failed").click()
    until(lambda: live.listeners == 1)
    assert live.settle()
    assert [run.state for run in monitor.runs] == ["succeeded", "queued"]
    assert button(monitor, "Retry failed").disabled


def test_cancel_ends_all_of_it(owner, live, monitor, sweep):
    button(monitor, "Cancel").click()
    until(lambda: live.listeners == 0)
    assert "2 cancelled" in html_of(monitor)
    assert sweep.state == "cancelled"


def test_other_runs_are_none_of_its_business(owner, live, monitor):
    asked = len(owner.requests)
    other = owner.add_run(name="other")
    owner.event_stream.send(other.id, "state", {"state": "failed", "sweep_id": "another"})
    assert live.settle()
    assert len(owner.requests) <= asked + 2
    assert "0 of 2 runs" in html_of(monitor)


def test_a_sweep_is_named_by_its_id_too(client, live, sweep):
    monitor = SweepMonitor(sweep.id, client=client)
    assert live.settle()
    assert monitor.sweep.id == sweep.id
    monitor.close()
    assert live.listeners == 0
