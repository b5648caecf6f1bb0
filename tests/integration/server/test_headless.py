"""The headless owner, as a process of its own over a real store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest

from jupyter_batch.wire.owner import ANOTHER_OWNS, OWNER_LOG, OwnerInfo, read_owner

PATIENCE = 60.0

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts headless owners of a folder, and ends those that are left."""
    started: list[subprocess.Popen[bytes]] = []
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    env = kept | {f"JUPYTER_{n}_DIR": str(tmp_path / n) for n in ("CONFIG", "DATA", "RUNTIME")}

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "jupyter_batch.headless"]
        process = subprocess.Popen(
            [*command, "--data", str(tmp_path / "batch"), "--root", str(tmp_path), *arguments],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _owner(tmp_path: Path, process: subprocess.Popen[bytes]) -> OwnerInfo:
    """Returns the owner's file, once it is this process's."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        owner = read_owner(tmp_path / "batch")
        if owner is not None and owner.pid == process.pid:
            return owner
        if process.poll() is not None:
            raise AssertionError((process.communicate()[0] or b"").decode())
        time.sleep(0.02)
    raise AssertionError("no owner has come")


def _client(owner: OwnerInfo) -> httpx.Client:
    return httpx.Client(
        base_url=f"{owner.url}batch/",
        headers={"Authorization": f"token {owner.token}"},
        trust_env=False,
        timeout=PATIENCE,
    )


def _notebook(tmp_path: Path) -> None:
    code = nbformat.v4.new_code_cell("alpha = 1", metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(
        cells=[code, nbformat.v4.new_code_cell("print(alpha)")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    (tmp_path / "nb.ipynb").write_text(nbformat.writes(notebook))


def test_it_runs_a_notebook_and_leaves_a_record(start: Start, tmp_path: Path):
    _notebook(tmp_path)
    process = start()
    with _client(_owner(tmp_path, process)) as http:
        health = http.get("health").json()
        assert health["owner"]["kind"] == "serve"
        assert health["root_dir"] == str(tmp_path)
        body: dict[str, Any] = {
            "notebook": "nb.ipynb",
            "parameters": {"alpha": 42},
            "environment": {"executor": "process"},
        }
        run = http.post("runs", json=body).json()
        with http.stream("GET", f"runs/{run['id']}/events") as answer:
            told = [json.loads(x[6:]) for x in answer.iter_lines() if x.startswith("data: ")]
        assert told[-1]["data"]["state"] == "succeeded", told[-1]["data"]
        assert "42\\n" in http.get(f"runs/{run['id']}/cells?outputs=true").text
        assert nbformat.reads(http.get(f"runs/{run['id']}/notebook").text, 4).cells
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert read_owner(tmp_path / "batch") is None
    again = start()
    with _client(_owner(tmp_path, again)) as http:
        assert http.get(f"runs/{run['id']}").json()["state"] == "succeeded"


def test_it_serves_nothing_but_our_routes(start: Start, tmp_path: Path):
    owner = _owner(tmp_path, start())
    assert owner.url.startswith("http://127.0.0.1:")
    with _client(owner) as http:
        for path in ("api/contents", "api/kernels", "api/terminals", "api/sessions", "lab"):
            assert http.get(f"{owner.url}{path}").status_code in (403, 404), path


def test_it_obeys_what_the_administrator_says_of_us_and_nothing_else(start: Start, tmp_path: Path):
    (tmp_path / "CONFIG").mkdir()
    (tmp_path / "CONFIG" / "jupyter_server_config.py").write_text(
        "c.BatchExtension.max_body_bytes = 10\n"
        "c.BatchExtension.root_dir = '/elsewhere'\n"
        "c.ServerApp.contents_manager_class = 'not.there'\n"
        "c.ServerApp.base_url = '/other/'\n"
    )
    owner = _owner(tmp_path, start())
    with _client(owner) as http:
        assert http.post("runs", json={"notebook": "nb.ipynb"}).status_code == 413
        assert http.get("health").json()["root_dir"] == str(tmp_path)


def test_a_passing_one_ends_by_itself_and_has_told_its_log(start: Start, tmp_path: Path):
    process = start("--on-demand", "--BatchExtension.on_demand_idle_seconds=0.5")
    assert process.wait(PATIENCE) == 0
    assert read_owner(tmp_path / "batch") is None
    assert "owner of" in (tmp_path / "batch" / OWNER_LOG).read_text()
    assert process.communicate()[0] == b""


def test_of_two_that_start_at_once_one_stays(start: Start, tmp_path: Path):
    both = [start("--on-demand"), start("--on-demand")]
    deadline = time.monotonic() + PATIENCE
    while all(process.poll() is None for process in both) and time.monotonic() < deadline:
        time.sleep(0.02)
    (loser,) = (process for process in both if process.poll() is not None)
    (winner,) = (process for process in both if process is not loser)
    assert loser.returncode == ANOTHER_OWNS
    with _client(_owner(tmp_path, winner)) as http:
        assert http.get("health").status_code == 200


def test_one_that_was_to_stay_says_who_is_the_owner(start: Start, tmp_path: Path):
    owner = _owner(tmp_path, start())
    second = start()
    said = second.communicate(timeout=PATIENCE)[0].decode()
    assert second.returncode == ANOTHER_OWNS
    assert f"process {owner.pid} (serve) owns {tmp_path / 'batch'}" in said
    assert owner.token not in said


def test_one_that_cannot_serve_says_why_and_ends(start: Start, tmp_path: Path):
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "records.duckdb").write_bytes(b"no database at all" * 1000)
    process = start()
    said = process.communicate(timeout=PATIENCE)[0].decode()
    assert process.returncode == 1
    assert "jupyter_batch cannot start" in said
    assert "store_damaged" in said
    assert read_owner(tmp_path / "batch") is None


def test_an_owner_that_was_killed_is_followed_by_the_next(start: Start, tmp_path: Path):
    first = start()
    stale = _owner(tmp_path, first)
    first.kill()
    first.wait()
    owner = _owner(tmp_path, start())
    assert owner.token != stale.token
    with _client(owner) as http:
        assert http.get("health").status_code == 200


def test_an_owner_that_the_lock_does_not_keep_out_is_not_joined(start: Start, tmp_path: Path):
    """As on a file system that grants a lock to everybody: the lock's file is another one."""
    owner = _owner(tmp_path, start())
    (tmp_path / "batch" / "store.lock").unlink()
    second = start()
    said = second.communicate(timeout=PATIENCE)[0].decode()
    assert second.returncode == 1
    assert f"locking does not work in {tmp_path / 'batch'}" in said
    assert f"process {owner.pid} owns it" in said
    with _client(owner) as http:
        assert http.get("runs").status_code == 200
