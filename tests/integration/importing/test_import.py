"""A move from jupyter-scheduler 2.12, with a real owner; make_fixture.py has made what is brought."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Machine

_FIXTURE = Path(__file__).with_name("jupyter-scheduler-2.12.zip")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    base = tmp_path_factory.mktemp("import")
    with zipfile.ZipFile(_FIXTURE) as archive:
        archive.extractall(base / "old")
    machine = Machine(base, base)
    yield machine
    machine.end_owner()


@pytest.fixture(scope="module")
def report(machine):
    return machine.json("import-jupyter-scheduler", "old/scheduler.sqlite", "--executor", "process")


def job_of(machine, name):
    (job,) = [job for job in machine.json("jobs")["items"] if job["name"] == name]
    return job


def notes_of(report, name):
    (found,) = [job for job in report["jobs"] if job["name"] == name]
    return found["outcome"], " ".join(found["notes"])


def test_a_definition_comes_with_schedule_and_parameters(machine, report):
    job = job_of(machine, "greeting")
    assert job["parameters"] == {"name": "Ada", "count": 3}
    (trigger,) = job["triggers"]
    assert (trigger["cron"], trigger["timezone"]) == ("0 6 * * MON-FRI", "Europe/Amsterdam")
    assert not job["paused"]
    assert "tags: daily, team" in job["description"]


def test_a_notebook_without_a_cell_of_parameters_gets_one(machine, report):
    job = job_of(machine, "plain / untagged")
    assert (job["parameters"], job["paused"]) == ({"threshold": 0.5}, True)
    outcome, notes = notes_of(report, "plain / untagged")
    assert (outcome, "no cell tagged parameters" in notes) == ("brought", True)
    run = machine.json("jobs", "trigger", "plain / untagged", "--wait")
    assert run["state"] == "succeeded", run["reason"]


def test_what_cannot_be_brought_is_said(machine, report):
    assert job_of(machine, "never")["triggers"] == []
    assert "'0 0 30 2 *' was left out" in notes_of(report, "never")[1]
    code = job_of(machine, "code")
    assert (code["parameters"], code["paused"]) == ({}, True)
    outcome, notes = notes_of(report, "code")
    assert outcome == "brought"
    assert "os.environ['HOME']" in notes
    assert "parameter extra was left out" in notes
    assert notes_of(report, "gone")[0] == "left_out"


def test_the_history_comes_with_states_times_and_outputs(machine, report, tmp_path):
    old = {run["name"]: run for run in report["runs"]}
    states = {name: run["state"] for name, run in old.items()}
    assert states == {
        "greeting": "succeeded",
        "failing": "failed",
        "stopped": "cancelled",
        "hangs": "lost",
        "no files": "succeeded",
    }
    greeting = machine.json("show", old["greeting"]["run_id"])
    assert greeting["job_id"] == job_of(machine, "greeting")["id"]
    assert greeting["created_at"] == "2026-01-15T13:00:00Z"
    assert greeting["parameters"] == {"name": "Ada", "count": 3}
    failing = machine.json("show", old["failing"]["run_id"])
    assert failing["reason"] == "ZeroDivisionError: division by zero"
    assert failing["error"]["ename"] == "ZeroDivisionError"
    assert "without its notebook" in old["no files"]["notes"][0]

    exported = tmp_path / "out.ipynb"
    machine("export", old["greeting"]["run_id"], "--output", exported)
    (theirs,) = (machine.folder / "old").rglob("greeting-2026-01-15-*.ipynb")
    assert json.loads(exported.read_text())["cells"] == json.loads(theirs.read_text())["cells"]


def test_doing_it_again_brings_nothing_twice(machine, report):
    jobs, runs = machine.json("jobs")["items"], machine.json("runs")["items"]
    again = machine.json(
        "import-jupyter-scheduler", "old/scheduler.sqlite", "--executor", "process"
    )
    assert {job["outcome"] for job in again["jobs"]} == {"before", "left_out"}
    assert machine.json("jobs")["items"] == jobs
    assert machine.json("runs")["items"] == runs


def test_another_database_is_refused(machine, tmp_path):
    other = tmp_path / "other.sqlite"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    text = tmp_path / "text.sqlite"
    text.write_text("no database" * 100)
    for path, word in ((other, "no database of jupyter-scheduler"), (text, "cannot be read")):
        done = machine("import-jupyter-scheduler", path)
        assert (done.returncode, word in done.stderr) == (2, True), done.stderr
    assert machine("import-jupyter-scheduler", tmp_path / "none").returncode == 2
