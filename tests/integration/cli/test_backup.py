"""Backing up and restoring as a user does it."""

from __future__ import annotations

import json
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


def test_missing_output_files_are_told_by_backup_sql_and_doctor(fresh, tmp_path):
    fresh.json("run", fresh.notebook("print(6 * 7)"), "--executor", "process")
    end(fresh)
    (output,) = (fresh.data / "outputs").glob("*.duckdb")
    output.unlink()
    made = fresh("backup", tmp_path / "b.zip")
    assert made.returncode == 1
    assert f"output file {output.name} could not be read" in made.stderr
    assert "the backup is not complete: 1 output file" in made.stderr
    asked = fresh("sql", "SELECT count(*) FROM outputs")
    assert asked.returncode == 0
    assert "are not in the answer: the file is missing" in asked.stderr.replace("\n", " ")
    examined = fresh("doctor", "--json")
    assert examined.returncode == 1
    (found,) = [f for f in json.loads(examined.stdout)["findings"] if f["what"] == "outputs"]
    assert found["level"] == "fail"
    assert str(output) in found["message"]
    restored = fresh.json("restore", tmp_path / "b.zip", "--data", tmp_path / "other")
    assert restored["missing"] == [output.name]


def test_a_store_that_lost_its_records_is_repaired(fresh):
    fresh.json("run", fresh.notebook("print(6 * 7)"), "--executor", "process")
    refused = fresh("repair")
    assert (refused.returncode, "end it, then repair" in refused.stderr) == (2, True)
    end(fresh)
    assert "nothing to repair" in fresh("repair").stderr
    (fresh.data / "records.duckdb").unlink()
    refused = fresh("runs")
    assert refused.returncode == 1
    assert "jupyter batch repair" in refused.stderr.replace("\n", " ")
    planned = fresh("repair", "--dry-run")
    assert (planned.returncode, "would be made anew with 1 run" in planned.stdout) == (0, True)
    assert not (fresh.data / "records.duckdb").exists()
    done = fresh("repair")
    assert (done.returncode, "was made anew with 1 run" in done.stdout) == (0, True), done.stderr
    (run,) = fresh.json("runs")["items"]
    assert run["state"] == "lost"
    answer = fresh.json("sql", "SELECT body FROM outputs")
    assert "42" in answer["items"][0]["body"]
