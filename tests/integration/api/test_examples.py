"""Examples that stand indented in docstrings of the public API run as they are."""

from __future__ import annotations

import gc
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import ipywidgets
import pytest

import jupyter_batch
from jupyter_batch.client.client import Client
from jupyter_batch.client.shortcuts import use
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.testing import make_job
from jupyter_batch.testing.owner import FakeOwner

#: They belong to the client, and its own docstrings are tested with it.
OF_THE_CLIENT = {"__version__", "jobs", "runs", "sweeps"}

#: SQL in the examples.
QUERIES = re.findall(r'jb\.sql\("(SELECT [^"]+)"', inspect.getdoc(jupyter_batch.sql) or "")


def public() -> Iterator[tuple[str, object]]:
    """Yields what is public, classes with their public methods."""
    named = {name: getattr(jupyter_batch, name) for name in jupyter_batch.__all__}
    named |= {
        f"widgets.{name}": getattr(jupyter_batch.widgets, name)
        for name in jupyter_batch.widgets.__all__
    }
    for name, thing in named.items():
        if name in OF_THE_CLIENT:
            continue
        yield name, thing
        if inspect.isclass(thing):
            for own, member in vars(thing).items():
                if callable(member) and not own.startswith("_"):
                    yield f"{name}.{own}", member


def examples() -> list[tuple[str, str]]:
    """Returns the indented blocks of their docstrings."""
    return [
        (f"{name} {number}", textwrap.dedent(block))
        for name, thing in public()
        for number, block in enumerate(
            re.findall(r"(?:^|\n\n)((?:    .*(?:\n|$))+)", inspect.getdoc(thing) or "")
        )
    ]


@pytest.fixture
def server(tmp_path, monkeypatch):
    owner = FakeOwner(root_dir=str(tmp_path))
    owner.plan = [{"state": RunState.SUCCEEDED}]
    job = make_job(name="nightly", triggers=(CronTrigger(id="t", cron="0 2 * * *"),))
    owner.jobs[job.id] = job
    owner.answers = {query: ([("state", "VARCHAR")], [["failed"]]) for query in QUERIES}
    content = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (tmp_path / "report.ipynb").write_text(content)
    monkeypatch.chdir(tmp_path)
    with Client("http://owner.example/", owner.token, transport=owner) as client:
        use(client)
        yield client
        use(None)
        ipywidgets.Widget.close_all()
        gc.collect()


@pytest.mark.parametrize(("name", "code"), examples(), ids=[name for name, _ in examples()])
def test_the_example_runs(name, code, server):
    done: list[object] = []
    names = {
        "jb": jupyter_batch,
        "Path": Path,
        "orders": [{"id": 1}, {"id": 2}],
        "work": done.append,
        "frame": {"a": [1, 2]},
    }
    exec(compile(code, f"<{name}>", "exec"), names)


def test_there_are_such_examples():
    assert {"current 0", "record 0", "track 0"} <= {name for name, _ in examples()}
