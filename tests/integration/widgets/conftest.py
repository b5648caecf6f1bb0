from __future__ import annotations

import gc
import time

import ipywidgets
import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.domain.cell import CellCount
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.testing import AT, FakeOwner
from jupyter_batch.widgets.live import Live, live_of


@pytest.fixture
def owner() -> FakeOwner:
    return FakeOwner()


@pytest.fixture
def client(owner):
    with Client("http://owner/", owner.token, transport=owner) as client:
        yield client
        # What is under way may make widgets that nobody would close.
        live_of(client._connection).settle()
        ipywidgets.Widget.close_all()
        gc.collect()
        assert owner.event_stream.wait_for_streams(0), "somebody follows still"


@pytest.fixture
def live(client) -> Live:
    return live_of(client._connection)


@pytest.fixture
def notebook(tmp_path):
    """A notebook file, as forms submit one of this machine."""
    path = tmp_path / "report.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    return path


@pytest.fixture
def running(owner):
    """The record of a run in its first attempt, with three cells to come."""
    return owner.add_run(
        name="report",
        state=RunState.RUNNING,
        started_at=AT,
        attempts=(Attempt(attempt_no=1, state=RunState.RUNNING, started_at=AT),),
        cells=CellCount(total=3),
    )


def until(condition, patience: float = 10.0) -> None:
    """Waits for another thread to bring something about."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.01)


def html_of(widget) -> str:
    """Everything that a widget shows as HTML."""
    own = widget.value if isinstance(widget, ipywidgets.HTML) else ""
    return own + "".join(html_of(child) for child in getattr(widget, "children", ()))


def button(widget, description: str) -> ipywidgets.Button:
    found = [b for b in all_parts(widget) if getattr(b, "description", None) == description]
    return found[0]


def all_parts(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_parts(child)
