from __future__ import annotations

import pytest

from jupyter_batch.domain.run import RunState


@pytest.fixture
def job(shell, owner, notebook):
    options = ("--name", "nightly", "--memory", "1g", "-p", "alpha", "1", "-p", "beta", "2")
    assert shell("jobs", "create", notebook, *options, "--json") == 0
    return shell.json


def test_a_job_is_made_and_listed(shell, job):
    assert job["environment"]["memory_bytes"] == 1024**3
    assert shell("jobs") == 0
    assert "nightly" in shell.out
    assert "alpha=1, beta=2" in shell.out
    assert shell("jobs", "list", "--json") == 0
    assert [item["name"] for item in shell.json["items"]] == ["nightly"]


def test_json_may_stand_before_or_after_the_inner_command(shell, job):
    assert shell("jobs", "--json", "list") == 0
    assert shell.json["items"][0]["id"] == job["id"]


def test_a_name_that_is_taken_is_exit_code_2(shell, notebook, job):
    assert shell("jobs", "create", notebook, "--name", "nightly", "--json") == 2
    assert shell.json["code"] == "conflict"


def test_an_edit_changes_only_what_is_given(shell, job):
    edit = ("-p", "beta", "3", "--unset", "alpha", "--cpus", "2")
    assert shell("jobs", "edit", "nightly", *edit, "--json") == 0
    assert shell.json["parameters"] == {"beta": 3}
    assert shell.json["environment"]["memory_bytes"] == 1024**3
    assert shell.json["environment"]["cpus"] == 2


def test_a_job_runs_now_with_other_parameters(shell, owner, job):
    owner.plan = [{"state": RunState.SUCCEEDED}]
    assert shell("jobs", "trigger", "nightly", "-p", "alpha", "7", "--wait", "--json") == 0
    assert shell.json["parameters"] == {"alpha": 7}
    assert shell.json["job_id"] == job["id"]


def test_show_tells_about_a_job_and_its_runs(shell, owner, job):
    shell("jobs", "trigger", "nightly")
    assert shell("jobs", "show", "nightly") == 0
    assert "1.0 GiB memory" in shell.out
    assert "newest runs" in shell.out


def test_a_job_is_deleted_by_its_name(shell, owner, job):
    assert shell("jobs", "delete", "nightly") == 0
    assert owner.jobs == {}
    assert shell("jobs", "show", "nightly") == 2
