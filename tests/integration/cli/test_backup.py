"""Backing up and restoring as a user does it."""

from __future__ import annotations

import os
import signal

import psutil


def end(machine) -> None:
    owner = psutil.Process(machine.owner.pid)
    machine.end_owner(signal.SIGTERM)
    owner.wait(30)


def test_a_backup_is_made_and_comes_back_in_another_folder(fresh, tmp_path):
    notebook = fresh.notebook("print(6 * 7)")
    run = fresh.json("run", notebook, "--executor", "process")
    file = tmp_path / "b.zip"
    made = fresh.json("backup", file)
    assert (made["file"], made["runs"]) == (str(file), 1)
    again = fresh("backup", file)
    assert (again.returncode, "there already" in again.stderr) == (2, True)
    assert "1 run" in fresh("backup", tmp_path).stdout
    assert [path.name for path in tmp_path.glob(".jupyter-batch-*")] == []

    refused = fresh("restore", file)
    assert refused.returncode == 2
    assert f"(process {fresh.owner.pid}) owns" in refused.stderr
    end(fresh)
    refused = fresh("restore", file)
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    done = fresh("restore", file, "--force")
    assert (done.returncode, "is kept in" in done.stdout) == (0, True), done.stderr

    other = tmp_path / "other"
    report = fresh.json("restore", file, "--data", other)
    assert report["is_copy"]
    fresh.env["JUPYTER_BATCH_DATA"] = str(other)
    fresh.data = other
    (restored,) = fresh.json("runs")["items"]
    assert (restored["id"], restored["state"]) == (run["id"], "succeeded")
    assert fresh.json("backup", file, "--overwrite")["store_id"] == report["store_id"]


def test_what_is_no_backup_is_refused(fresh, tmp_path):
    file = tmp_path / "b.zip"
    file.write_bytes(os.urandom(5000))
    refused = fresh.json("restore", file)
    assert refused["code"] == "bad_request"
    assert not fresh.data.exists()
