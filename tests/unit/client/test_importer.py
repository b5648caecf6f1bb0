"""A database of jupyter-scheduler that names files elsewhere."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from jupyter_batch.client.migrate.importer import Importer
from jupyter_batch.client.migrate.jupyter_scheduler import OldScheduler

_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
_DEFINITION = {
    "job_definition_id": "d1",
    "name": "nightly",
    "input_filename": "n.ipynb",
    "packaged_files": "[]",
    "create_time": 1,
}
_JOB = {
    "job_id": "a1",
    "name": "nightly",
    "input_filename": "n.ipynb",
    "status": "COMPLETED",
    "create_time": 1,
}


@pytest.fixture
def old(tmp_path):
    """Makes a database with its files, in which some columns are as the test has them."""
    staging = tmp_path / "old" / "scheduler_staging_area"
    for name in ("d1", "a1"):
        (staging / name).mkdir(parents=True)
        (staging / name / "n.ipynb").write_text(_NOTEBOOK)
    (tmp_path / "secret.ipynb").write_text('{"cells": ["secret"]}')

    def make(definition=None, job=None):
        path = tmp_path / "old" / "scheduler.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            for table, row in (
                ("job_definitions", _DEFINITION | (definition or {})),
                ("jobs", _JOB | (job or {"job_id": ".."})),
            ):
                connection.execute(f"CREATE TABLE {table} ({', '.join(row)})")
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", list(row.values()))
            connection.commit()
        return OldScheduler(path)

    return make


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def bring(client, old, tmp_path):
    before = files_of(tmp_path)
    report = Importer(client, old, tmp_path / "moved").run()
    new = [name for name in files_of(tmp_path) if name not in before]
    assert [name for name in new if not name.startswith(("moved/", "data/"))] == []
    return report


@pytest.mark.parametrize(
    "change",
    [
        {"input_filename": "../../../secret.ipynb"},
        {"job_definition_id": "..", "input_filename": "../../secret.ipynb"},
        {"job_definition_id": "/etc", "input_filename": "passwd"},
        {"input_filename": "/etc/passwd"},
    ],
)
def test_a_definition_that_names_a_file_elsewhere_is_left_out(client, old, tmp_path, change):
    (job,) = bring(client, old(change), tmp_path).jobs
    assert (job.outcome, len(job.notes)) == ("left_out", 1)
    assert "is no path of a file below a folder" in job.notes[0]


@pytest.mark.parametrize(
    "change", [{"job_id": "../.."}, {"input_filename": "../../../secret.ipynb"}, {"job_id": "/"}]
)
def test_a_run_that_names_a_file_elsewhere_is_left_out(client, old, tmp_path, change):
    (run,) = bring(client, old(job=change), tmp_path).runs
    assert run.outcome == "left_out"
    assert "is no path of a file below a folder" in run.notes[0]


def test_packaged_files_elsewhere_are_named_and_left_out(client, old, tmp_path):
    files = ["lib/a.py", "../../../secret.ipynb", "/etc/passwd", "link"]
    made = old({"packaged_files": json.dumps(files)})
    source = made.staging / "d1"
    (source / "lib").mkdir()
    (source / "lib" / "a.py").write_text("x = 1")
    (source / "link").symlink_to(tmp_path / "secret.ipynb")
    (job,) = bring(client, made, tmp_path).jobs
    assert job.outcome == "brought"
    assert [note for note in job.notes if "was left out" in note] == list(job.notes)
    assert len(job.notes) == 3
    assert files_of(tmp_path / "moved") == ["nightly/lib/a.py", "nightly/n.ipynb"]
