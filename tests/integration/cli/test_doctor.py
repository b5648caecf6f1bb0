from __future__ import annotations

import json

import pytest

NOWHERE = "unix:///nowhere/docker.sock"


def _levels(done):
    return {finding["what"]: finding["level"] for finding in json.loads(done.stdout)["findings"]}


def test_without_an_engine_doctor_says_so_and_what_to_do(fresh):
    fresh.env["DOCKER_HOST"] = NOWHERE
    done = fresh("doctor", "--json")
    assert done.returncode == 1
    levels = _levels(done)
    assert levels["engine"] == "fail"
    assert levels["owner"] == levels["data folder"] == levels["packages"] == "ok"
    assert "--executor process" in done.stdout


def test_without_an_engine_an_image_cannot_be_checked(fresh):
    fresh.env["DOCKER_HOST"] = NOWHERE
    done = fresh("image", "check", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["code"] == "engine_unavailable"


def test_a_file_of_options_for_pip_is_no_list_of_packages(fresh):
    (fresh.folder / "requirements.txt").write_text("# mine\nrich\n-r more.txt\n")
    done = fresh("image", "build", "--requirements", "requirements.txt", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["details"]["field"] == "requirements"


@pytest.mark.docker
def test_with_an_engine_and_an_image_all_is_well(machine):
    done = machine("doctor", "--json")
    levels = _levels(done)
    assert done.returncode == 0, done.stdout
    assert levels["engine"] == levels["image"] == "ok"
    report = machine.json("image", "check")["report"]
    assert report["papermill"]
    assert "python3" in report["kernels"]


@pytest.mark.docker
def test_a_notebook_runs_in_a_container_within_its_memory(machine):
    path = machine.notebook("print('a')", "x = bytearray(900_000_000); x[::4096] = b'1' * 219727")
    done = machine("run", path, "--memory", "300m", "--json", "--output", "out.ipynb")
    assert done.returncode == 1, done.stderr
    run = json.loads(done.stdout)
    assert "300 MiB" in run["reason"]
    assert run["error"]["cell_index"] == 1
    assert "print('a')" in (machine.folder / "out.ipynb").read_text()
