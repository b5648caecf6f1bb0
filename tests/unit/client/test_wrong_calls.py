"""Every wrong call raises an error of the tree, which says what to do, and nothing is sent."""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import jupyter_batch
from jupyter_batch.client.client import Client
from jupyter_batch.client.shortcuts import use
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import (
    BatchError,
    InvalidInput,
    InvalidNotebook,
    InvalidParameters,
    InvalidSchedule,
    NotFound,
    UnknownOption,
    WaitTimeout,
)

EAST = timezone(timedelta(hours=12))

#: Options of any run: what is given, the error, the field, and what its message has in it.
OPTIONS = [
    ({"memroy": "1g"}, UnknownOption, "memroy", "did you mean 'memory'"),
    ({"nonsense": 1}, UnknownOption, "nonsense", "; there are: "),
    ({"memory": "lots"}, InvalidInput, "environment.memory_bytes", "512m"),
    ({"memory": 0}, InvalidInput, "environment.memory_bytes", ""),
    ({"memory": True}, InvalidInput, "environment.memory_bytes", "512m"),
    ({"cpus": -1}, InvalidInput, "environment.cpus", ""),
    ({"cpus": "two"}, InvalidInput, "environment.cpus", ""),
    ({"gpus": 1.5}, InvalidInput, "environment.gpus", ""),
    ({"gpus": -2}, InvalidInput, "environment.gpus", ""),
    ({"image": 5}, InvalidInput, "environment.image", ""),
    ({"image": ""}, InvalidInput, "environment.image", ""),
    ({"executor": ["docker"]}, InvalidInput, "environment.executor", ""),
    ({"kernel": b"python3"}, InvalidInput, "environment.kernel", ""),
    ({"network": 1}, InvalidInput, "environment.network", ""),
    ({"env": ["A=1"]}, InvalidInput, "environment.env", "a dict"),
    ({"env": {"A": None}}, InvalidInput, "environment.env.A", "a text"),
    ({"secrets": 5}, InvalidInput, "environment.secrets", "a list"),
    ({"secrets": [5]}, InvalidInput, "environment.secrets", "no text"),
    ({"volumes": "/data"}, InvalidInput, "environment.volumes.0", "source:target"),
    ({"files": 3}, InvalidInput, "files", "a list"),
    ({"files": [""]}, InvalidInput, "files.0", ""),
    ({"timeout": "soon"}, InvalidInput, "timeout_seconds", "10m"),
    ({"timeout": -5}, InvalidInput, "timeout_seconds", ""),
    ({"timeout": float("inf")}, InvalidInput, "timeout_seconds", "10m"),
    ({"priority": "high"}, InvalidInput, "priority", ""),
    ({"priority": 5000}, InvalidInput, "priority", ""),
    ({"name": ""}, InvalidInput, "name", ""),
    ({"name": 7}, InvalidInput, "name", ""),
    ({"parameters": [1]}, InvalidParameters, "parameters", "a dict"),
    ({"parameters": {1: 2}}, InvalidParameters, "parameters", "no text"),
    ({"parameters": {"a": float("nan")}}, InvalidParameters, "parameters.a", "JSON has no"),
    ({"parameters": {"a": object()}}, InvalidParameters, "parameters.a", "cannot be sent"),
    ({"parameters": {"a": [{"b": {1}}]}}, InvalidParameters, "parameters.a.0.b", "a set"),
]
#: Options of schedules.
SCHEDULES = [
    ({}, InvalidSchedule, "triggers", 'cron="0 6'),
    ({"cron": "61 * * * *"}, InvalidSchedule, "triggers.0.cron", ""),
    ({"cron": "0 0 30 2 *"}, InvalidSchedule, "triggers.0.cron", ""),
    ({"cron": 5}, InvalidSchedule, "cron", "a text"),
    ({"cron": "0 6 * * *", "timezone": "Mars/Base"}, InvalidSchedule, "triggers.0.timezone", ""),
    ({"every": "often"}, InvalidInput, "every", "10m"),
    ({"every": 0.5}, InvalidInput, "every", "whole seconds"),
    ({"every": -60}, InvalidInput, "triggers.0.interval_seconds", ""),
    ({"at": "tomorrow"}, InvalidInput, "at", "2026-10-25T14:30"),
    ({"at": 5}, InvalidInput, "at", "2026-10-25T14:30"),
    ({"triggers": "0 6 * * *"}, InvalidSchedule, "triggers", "a list of dicts"),
    ({"triggers": [{"kind": "often"}]}, InvalidInput, "triggers", ""),
    ({"cron": "0 6 * * *", "retries": -1}, InvalidInput, "retries", ""),
    ({"cron": "0 6 * * *", "retry": 3}, InvalidInput, "retry", "retries=3"),
    ({"cron": "0 6 * * *", "retries": 1, "retry": {}}, InvalidInput, "retry", "not both"),
    ({"cron": "0 6 * * *", "overlap": "never"}, InvalidInput, "overlap_policy", ""),
    ({"cron": "0 6 * * *", "missed": "some"}, InvalidInput, "triggers", ""),
    ({"cron": "0 6 * * *", "excluded_dates": "2026-01-01"}, InvalidInput, "excluded_dates", ""),
    ({"cron": "0 6 * * *", "max_concurrent": 0}, InvalidInput, "max_concurrent", ""),
    ({"cron": "0 6 * * *", "description": 5}, InvalidInput, "description", ""),
    ({"crn": "0 6 * * *", "every": 60}, UnknownOption, "crn", "did you mean 'cron'"),
]


@pytest.fixture(autouse=True)
def used(owner, remote):
    """The functions of the module talk to a server that is named."""
    owner.plan = [{}, {"state": RunState.SUCCEEDED}]
    use(remote)
    yield
    use(None)


def refused(owner, kind, field, words, call):
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert isinstance(error, BatchError)
    assert error.message
    assert words in error.message
    assert str(error.details.get("field", "")).startswith(field)
    assert owner.requests == []


@pytest.mark.parametrize(("options", "kind", "field", "words"), OPTIONS)
@pytest.mark.parametrize("name", ["run", "submit", "sweep", "schedule"])
def test_a_wrong_option(owner, notebook, name, options, kind, field, words):
    needed: dict[str, Any] = {"sweep": {"grid": [{}]}, "schedule": {"cron": "0 6 * * *"}}
    more = needed.get(name, {})
    call = getattr(jupyter_batch, name)
    refused(owner, kind, field, words, lambda: call(notebook, **more, **options))


@pytest.mark.parametrize(("options", "kind", "field", "words"), SCHEDULES)
def test_a_wrong_schedule(owner, notebook, options, kind, field, words):
    refused(owner, kind, field, words, lambda: jupyter_batch.schedule(notebook, **options))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (5, InvalidInput),
        (None, InvalidInput),
        ("", InvalidInput),
        (b"report.ipynb", InvalidInput),
        ("a\0b.ipynb", InvalidInput),
        ("none.ipynb", NotFound),
        (".", InvalidNotebook),
    ],
)
@pytest.mark.parametrize("name", ["run", "submit", "sweep"])
def test_a_wrong_path(owner, name, path, kind):
    more: dict[str, Any] = {"grid": [{}]} if name == "sweep" else {}
    call = getattr(jupyter_batch, name)
    refused(owner, kind, "notebook", "", lambda: call(path, **more))


@pytest.mark.parametrize(
    ("filters", "field", "words"),
    [
        ({"state": "faild"}, "state", "did you mean 'failed'"),
        ({"state": ["failed", "x"]}, "state", "there are: queued"),
        ({"state": 5}, "state", ""),
        ({"since": "yesterday"}, "since", "a datetime"),
        ({"until": 5}, "until", "a datetime"),
        ({"since": datetime(1, 1, 1, tzinfo=EAST)}, "since", "out of range"),
        ({"q": 5}, "q", "a text"),
        ({"limit": 0}, "limit", "at least 1"),
        ({"limit": "ten"}, "limit", "at least 1"),
        ({"job": 5}, "job", "a text"),
        ({"sweep": 5}, "sweep", "a text"),
    ],
)
def test_a_wrong_filter(owner, filters, field, words):
    refused(owner, InvalidInput, field, words, lambda: jupyter_batch.runs(**filters))


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: jupyter_batch.get(""), "run"),
        (lambda: jupyter_batch.get(None), "run"),  # type: ignore[arg-type]
        (lambda: jupyter_batch.jobs.get(""), "job"),
        (lambda: jupyter_batch.jobs[5], "job"),  # type: ignore[index]
        (lambda: jupyter_batch.sweeps[5], "sweep"),  # type: ignore[index]
        (lambda: jupyter_batch.jobs(limit=-1), "limit"),
        (lambda: jupyter_batch.sweeps(q=["a"]), "q"),  # type: ignore[arg-type]
        (lambda: jupyter_batch.runs.get(5), "id"),  # type: ignore[arg-type]
        (lambda: jupyter_batch.runs.delete_many("abc"), "ids"),
        (lambda: jupyter_batch.runs.delete_many([]), "ids"),
        (lambda: jupyter_batch.jobs.upcoming("j", "five"), "count"),  # type: ignore[arg-type]
        (lambda: jupyter_batch.jobs.upcoming("j", after="soon"), "after"),
        (lambda: jupyter_batch.jobs.backfill("j", "a", "b"), "from"),
        (lambda: jupyter_batch.jobs.pause("j", 5), "reason"),  # type: ignore[arg-type]
        (lambda: jupyter_batch.jobs.trigger("j", [1]), "parameters"),  # type: ignore[arg-type]
        (lambda: jupyter_batch.jobs.update("j", memroy=1), "memroy"),  # type: ignore[call-arg]
        (lambda: jupyter_batch.use("http://far.example"), "client"),  # type: ignore[arg-type]
        (lambda: Client("far.example"), "url"),
        (lambda: Client("ftp://far.example/"), "url"),
        (lambda: Client(5), "url"),  # type: ignore[arg-type]
        (lambda: Client("http://"), "url"),
        (lambda: Client("http://far.example/", "two\nlines"), "token"),
        (lambda: Client("http://far.example/", None), "token"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_name(owner, call, field):
    refused(owner, InvalidInput, field, "", call)


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda run: run.cells("first"), "attempt"),
        (lambda run: run.cells(0), "attempt"),
        (lambda run: run.outputs(cell=-1), "cell"),
        (lambda run: run.log("newest"), "attempt"),
        (lambda run: run.notebook("pdf"), "format"),
        (lambda run: run.notebook(attempt=1.5), "attempt"),
        (lambda run: run.save_notebook("x.ipynb", format="pdf"), "format"),
    ],
)
def test_a_wrong_question_about_a_run(owner, notebook, ask, field):
    run = jupyter_batch.submit(notebook)
    owner.requests.clear()
    refused(owner, InvalidInput, field, "", lambda: ask(run))


@pytest.mark.parametrize("timeout", ["soon", -1, float("nan"), True])
def test_a_wrong_timeout_of_a_wait(owner, notebook, timeout):
    run, sweep = jupyter_batch.submit(notebook), jupyter_batch.sweep(notebook, [{}])
    owner.requests.clear()
    for thing in (run, sweep):
        refused(owner, InvalidInput, "timeout", "seconds", lambda it=thing: it.wait(timeout))


def test_errors_are_those_that_python_knows_too(notebook):
    with pytest.raises(TypeError):
        jupyter_batch.submit(notebook, memroy="1g")  # type: ignore[call-arg]
    with pytest.raises(TimeoutError):
        jupyter_batch.submit(notebook).wait(0)
    assert issubclass(WaitTimeout, BatchError)


def test_every_function_shows_its_options_one_by_one():
    for name in ("run", "submit", "sweep", "schedule"):
        shown = inspect.signature(getattr(jupyter_batch, name)).parameters
        assert "memory" in shown
        assert not any(p.kind is p.VAR_KEYWORD for p in shown.values())
        assert all(p.annotation is not p.empty for p in shown.values())
