"""Every example in a docstring does what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from datetime import UTC, datetime

import pytest

import jupyter_batch
import jupyter_batch.client
from jupyter_batch.client.client import Client
from jupyter_batch.client.shortcuts import use
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.testing import AT, make_job
from jupyter_batch.testing.owner import FakeOwner

MODULES = [
    "jupyter_batch",
    *(
        f"jupyter_batch.client.{module.name}"
        for module in pkgutil.iter_modules(jupyter_batch.client.__path__)
    ),
]


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [
        test
        for name in MODULES
        for test in finder.find(importlib.import_module(name), name, globs={})
        if test.examples
    ]
    return sorted(found, key=lambda test: test.name)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server with a job, a sweep and some runs; whatever runs on it succeeds."""
    owner = FakeOwner(root_dir=str(tmp_path))
    content = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (tmp_path / "report.ipynb").write_text(content)
    monkeypatch.chdir(tmp_path)
    job = make_job(name="evening", triggers=(CronTrigger(id="t", cron="0 18 * * *"),))
    owner.jobs[job.id] = job
    owner.plan = [{"state": RunState.RUNNING}, {"state": RunState.SUCCEEDED, "finished_at": AT}]
    with Client("http://owner.example/", owner.token, transport=owner) as client:
        client.sweep("report.ipynb", [{}], name="learning-rates")
        owner.add_run(name="evening", state=RunState.FAILED, reason="cell 2: ValueError: no rows")
        owner.add_run(
            name="evening",
            state=RunState.SUCCEEDED,
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            finished_at=datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC),
        )
        use(client)
        yield client
        use(None)


@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_the_examples_work(test: doctest.DocTest, server):
    test.globs = {"jb": jupyter_batch, "client": server}
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    results = runner.run(test, out=told.append)
    assert results.failed == 0, "".join(told)


def test_there_are_examples_of_what_people_call():
    named = {test.name for test in examples()}
    for name in ("run", "submit", "schedule", "sweep", "get", "use"):
        assert f"jupyter_batch.client.shortcuts.{name}" in named
