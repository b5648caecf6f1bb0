"""Bodies and arguments are read strictly, and errors name the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.trigger import CronTrigger, IntervalTrigger
from jupyter_batch.errors import InvalidInput
from jupyter_batch.testing import make_job
from jupyter_batch.wire.decoding import decode_arguments, decode_body
from jupyter_batch.wire.query_params import JobsQuestion, RunsQuestion
from jupyter_batch.wire.requests import (
    DeleteRunsBody,
    JobBody,
    JobChangesBody,
    NoBody,
    RunBody,
    RunJobBody,
    job_changes,
)


def _run(**fields: Any) -> bytes:
    return json.dumps({"notebook": "nb.ipynb", **fields}).encode()


def _environment(**fields: Any) -> bytes:
    return _run(environment=fields)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "notebook"),
        (b"[]", "body"),
        (b'"text"', "body"),
        (b"{", "body"),
        (b"\xff\xfe", "body"),
        (b'{"notebook": "a"} more', "body"),
        (b'{"notebook": "a", "parameters": {"x": NaN}}', "body"),
        (b'{"notebook": "a", "parameters": {"x": 1e999}}', "parameters"),
        (b'{"notebook": "\\ud800"}', "body"),
        (
            b'{"notebook": "a", "parameters": {"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
            "body",
        ),
        (_run(notebook=1), "notebook"),
        (_run(notebook=None), "notebook"),
        (_run(notebook=""), "notebook"),
        (_run(notebook="a\0b"), "notebook"),
        (_run(unknown=1), "unknown"),
        (_run(parameters=[]), "parameters"),
        (_run(parameters=None), "parameters"),
        (_run(files="lib"), "files"),
        (_run(files=["a", 1]), "files.1"),
        (_run(timeout_seconds=0), "timeout_seconds"),
        (_run(timeout_seconds=-1), "timeout_seconds"),
        (_run(timeout_seconds="60"), "timeout_seconds"),
        (_run(timeout_seconds=1e300), "timeout_seconds"),
        (_run(name=""), "name"),
        (_run(name=7), "name"),
        (_run(name="x" * 201), "name"),
        (_run(priority="high"), "priority"),
        (_run(priority=1.5), "priority"),
        (_run(priority=10**6), "priority"),
        (_run(trigger="schedule"), "trigger"),
        (_run(uploads=[{"path": "a"}]), "uploads.0.content_base64"),
        (_run(uploads=[{"path": "a", "content_base64": "@"}]), "uploads.0.content_base64"),
        (_environment(cpus="1"), "environment.cpus"),
        (_environment(cpus=True), "environment.cpus"),
        (_environment(cpus=0), "environment.cpus"),
        (_environment(cpus=-1), "environment.cpus"),
        (_environment(memory_bytes=-1), "environment.memory_bytes"),
        (_environment(memory_bytes=1.5), "environment.memory_bytes"),
        (_environment(memory_bytes=10**30), "environment.memory_bytes"),
        (_environment(memory_bytes="512m"), "environment.memory_bytes"),
        (_environment(gpus=-2), "environment.gpus"),
        (_environment(gpus=None), "environment.gpus"),
        (_environment(env={"A": 1}), "environment.env"),
        (_environment(env=["A=1"]), "environment.env"),
        (_environment(secrets="A"), "environment.secrets"),
        (_environment(volumes=[{"source": "/a"}]), "environment.volumes.0.target"),
        (
            _environment(volumes=[{"source": "/a", "target": "/b", "read_only": 1}]),
            "environment.volumes.0.read_only",
        ),
        (_environment(image=""), "environment.image"),
        (_environment(image_digest="sha256:0"), "environment.image_digest"),
        (_environment(privileged=True), "environment.privileged"),
    ],
)
def test_a_bad_run_is_refused_with_the_path_of_its_field(body: bytes, field: str):
    with pytest.raises(InvalidInput) as caught:
        decode_body(body, RunBody)
    assert caught.value.details["field"] == field
    assert caught.value.message


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../up", "a/../../b", "a//b", ".", "a/./b", "a\\b", "a\nb", "a/"]
)
def test_an_upload_stays_below_its_folder(path: str):
    body = decode_body(_run(content={}, uploads=[{"path": path, "content_base64": ""}]), RunBody)
    with pytest.raises(InvalidInput) as caught:
        body.to_domain()
    assert caught.value.details["field"] == "uploads.0.path"


def test_an_upload_comes_once():
    upload = {"path": "lib/a.py", "content_base64": ""}
    body = decode_body(_run(content={}, uploads=[upload, upload]), RunBody)
    with pytest.raises(InvalidInput) as caught:
        body.to_domain()
    assert caught.value.details["field"] == "uploads.1.path"


@pytest.mark.parametrize("content", [1, [], True, 1.5])
def test_content_is_an_object_or_a_text(content: Any):
    body = decode_body(_run(content=content), RunBody)
    with pytest.raises(InvalidInput) as caught:
        body.to_domain()
    assert caught.value.details["field"] == "content"


def test_a_parameter_nested_too_deeply_is_refused():
    value: Any = 1
    for _ in range(80):
        value = [value]
    with pytest.raises(InvalidInput) as caught:
        decode_body(_run(parameters={"deep": value, "flat": 1}), RunBody).to_domain()
    assert caught.value.details["field"] == "parameters.deep"


def test_content_that_is_an_object_keeps_its_bytes():
    body = decode_body(b'{"notebook": "a", "content": {"cells":  [1.50]}}', RunBody)
    assert body.to_domain().content == b'{"cells":  [1.50]}'


def test_content_that_is_a_text_becomes_its_bytes():
    body = decode_body(_run(content='{"é": "\\""}'), RunBody)
    assert body.to_domain().content == '{"é": "\\""}'.encode()


def test_a_whole_run_arrives_whole():
    body = decode_body(
        _run(
            parameters={"alpha": 0.5, "big": 10**25},
            environment={
                "executor": "docker",
                "image": "a:b",
                "cpus": 2,
                "memory_bytes": 1024,
                "gpus": -1,
                "env": {"A": "1"},
                "secrets": ["S"],
                "volumes": [{"source": "/d", "target": "/data"}],
                "network": "none",
                "kernel": "python3",
            },
            files=["lib/*.py"],
            timeout_seconds=60,
            name="report",
            priority=3,
            content={},
            uploads=[{"path": "lib/a.py", "content_base64": "eA=="}],
        ),
        RunBody,
    )
    request = body.to_domain()
    assert request.parameters == {"alpha": 0.5, "big": 10**25}
    assert request.environment == Environment(
        executor="docker",
        image="a:b",
        cpus=2.0,
        memory_bytes=1024,
        gpus=-1,
        env={"A": "1"},
        secrets=("S",),
        volumes=(Volume(source="/d", target="/data"),),
        network="none",
        kernel="python3",
    )
    assert request.files == ("lib/*.py",)
    assert (request.timeout_seconds, request.name, request.priority) == (60.0, "report", 3)
    assert request.uploads == (FrozenFile(path="lib/a.py", content=b"x"),)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"notebook": "a"}', "name"),
        (b'{"name": "a"}', "notebook"),
        (b'{"name": "a", "notebook": "b", "max_concurrent": 0}', "max_concurrent"),
        (b'{"name": "a", "notebook": "b", "content": {}}', "content"),
        (b'{"name": "a", "notebook": "b", "environment": 1}', "environment"),
    ],
)
def test_a_bad_job_is_refused_with_the_path_of_its_field(body: bytes, field: str):
    with pytest.raises(InvalidInput) as caught:
        decode_body(body, JobBody)
    assert caught.value.details["field"] == field


def test_changes_tell_null_from_nothing():
    changes = decode_body(b'{"timeout_seconds": null, "priority": 2}', JobChangesBody)
    assert job_changes(make_job(), changes) == {"timeout_seconds": None, "priority": 2}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"priority": 1001}', "priority"),
        (b'{"keep_days": 0}', "keep_days"),
        (b'{"name": null}', "name"),
        (b'{"root": "/"}', "root"),
        (b'{"environment": {"image_digest": "sha256:0"}}', "environment.image_digest"),
        (b'{"triggers": [{"kind": "cron"}]}', "triggers.0.cron"),
        (b'{"retry": {"tries": 3}}', "retry.tries"),
    ],
)
def test_a_bad_change_is_refused_with_the_path_of_its_field(body: bytes, field: str):
    with pytest.raises(InvalidInput) as caught:
        job_changes(make_job(), decode_body(body, JobChangesBody))
    assert caught.value.details["field"] == field


def test_a_change_of_nothing_is_a_job_that_would_be_accepted():
    """A job with all that it may have is decoded as the body of a new one."""
    trigger = CronTrigger(id="t", cron="@daily", start_at=datetime(2026, 1, 1, tzinfo=UTC))
    environment = Environment(
        image="a", image_digest="sha256:0", volumes=(Volume(source="/a", target="/b"),)
    )
    job = make_job(
        environment=environment, triggers=(trigger,), retry=RetryPolicy(max_attempts=3), keep_days=1
    )
    assert job_changes(job, JobChangesBody()) == {}
    given = decode_body(
        b'{"triggers": [{"kind": "interval", "interval_seconds": 60}]}', JobChangesBody
    )
    assert job_changes(job, given) == {"triggers": (IntervalTrigger(interval_seconds=60),)}


def test_a_body_without_fields_may_be_left_out():
    assert decode_body(b"", NoBody) == NoBody()
    assert decode_body(b" \n", RunJobBody) == RunJobBody()
    with pytest.raises(InvalidInput):
        decode_body(b'{"force": true}', NoBody)


@pytest.mark.parametrize("body", [b"{}", b'{"ids": []}', b'{"ids": [1]}', b'{"ids": "a"}'])
def test_runs_to_delete_are_named(body: bytes):
    with pytest.raises(InvalidInput) as caught:
        decode_body(body, DeleteRunsBody)
    assert str(caught.value.details["field"]).startswith("ids")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"limit": ["0"]}, "limit"),
        ({"limit": ["-1"]}, "limit"),
        ({"limit": ["1001"]}, "limit"),
        ({"limit": ["abc"]}, "limit"),
        ({"limit": [""]}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"state": ["done"]}, "state"),
        ({"state": [""]}, "state"),
        ({"state": ["failed", "done"]}, "state"),
        ({"since": ["yesterday"]}, "since"),
        ({"since": ["2026-01-01T00:00:00"]}, "since"),
        ({"until": ["2026-13-01T00:00:00Z"]}, "until"),
        ({"status": ["failed"]}, "status"),
        ({"q": ["x" * 1001]}, "q"),
    ],
)
def test_a_bad_argument_is_named(arguments: dict[str, list[str]], field: str):
    with pytest.raises(InvalidInput) as caught:
        decode_arguments(arguments, RunsQuestion)
    assert caught.value.details["field"] == field


@pytest.mark.parametrize("cursor", ["-1", "abc", "", "1", "ü", "MTAx", "x" * 5000])
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str):
    question = decode_arguments({"cursor": [cursor]}, RunsQuestion)
    with pytest.raises(InvalidInput) as caught:
        question.to_domain()
    assert caught.value.details["field"] == "cursor"


def test_states_come_in_one_argument_or_in_several():
    question = decode_arguments({"state": ["failed,lost", "running"]}, RunsQuestion)
    assert question.state == (RunState.FAILED, RunState.LOST, RunState.RUNNING)


def test_what_jupyter_adds_to_addresses_is_no_argument():
    arguments = {"1790000000000": [""], "token": ["t"], "_xsrf": ["x"], "limit": ["5"]}
    assert decode_arguments(arguments, JobsQuestion) == JobsQuestion(limit=5)


def test_times_are_turned_to_utc():
    question = decode_arguments({"since": ["2026-01-01T00:00:00+02:00"]}, RunsQuestion)
    since = question.to_domain().since
    assert since is not None
    assert since.isoformat() == "2025-12-31T22:00:00+00:00"


def test_a_time_out_of_range_is_refused():
    question = decode_arguments({"since": ["0001-01-01T00:00:00+14:00"]}, RunsQuestion)
    with pytest.raises(InvalidInput) as caught:
        question.to_domain()
    assert caught.value.details["field"] == "since"
