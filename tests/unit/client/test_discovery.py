from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from jupyter_batch.client.transport.discovery import LocalOwner, start_on_demand_owner
from jupyter_batch.errors import OwnerUnavailable
from jupyter_batch.wire.owner import ANOTHER_OWNS, default_data_dir


class FakeProcess:
    def __init__(self, exit_code=None):
        self.exit_code = exit_code
        self.terminated = False

    def poll(self):
        return self.exit_code

    def terminate(self):
        self.terminated = True


class Starter:
    """Starts owners that introduce themselves at once, or that fail."""

    def __init__(self, *, token="secret", exit_code=None, says=""):
        self.token = token
        self.exit_code = exit_code
        self.says = says
        self.started = []
        self._lock = threading.Lock()

    def __call__(self, data_dir):
        with self._lock:
            self.started.append(FakeProcess(self.exit_code))
        (data_dir / "owner.log").write_text(self.says)
        if self.exit_code is None and self.token:
            introduce(data_dir, token=self.token)
        return self.started[-1]


def introduce(data_dir, *, token="secret", pid=None, started_at=None):
    data_dir.mkdir(exist_ok=True)
    told = {
        "url": "http://owner/",
        "token": token,
        "pid": pid or os.getpid(),
        "kind": "on_demand",
        "version": "0",
        "started_at": (started_at or datetime.now(UTC)).isoformat(),
    }
    (data_dir / "owner.json").write_text(json.dumps(told))


@pytest.fixture
def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    assert isinstance(process, subprocess.Popen)
    process.wait()
    return process.pid


@pytest.fixture
def zombie_pid():
    """Of a process that has ended, and whose exit code nobody has asked for."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield process.pid
    assert isinstance(process, subprocess.Popen)
    process.wait()


@pytest.fixture
def full_disk(tmp_path):
    """A small disk with nothing free; only where one may mount."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("cannot mount a disk of its own here")
    (folder / "owner.log").touch()
    yield folder
    subprocess.run(["umount", folder], check=True)


def local(folder, owner, start, **more):
    return LocalOwner(folder, start=start, transport=owner, **more)


def test_an_owner_that_answers_is_used(owner, tmp_path):
    start = Starter()
    introduce(tmp_path)
    assert local(tmp_path, owner, start).locate().url == "http://owner/"
    assert start.started == []


@pytest.mark.parametrize("content", [None, "", "{", '{"url": 1}'])
def test_without_a_readable_file_an_owner_is_started(owner, tmp_path, content):
    start = Starter()
    if content is not None:
        (tmp_path / "owner.json").write_text(content)
    assert local(tmp_path, owner, start).locate().token == "secret"
    assert len(start.started) == 1


def test_the_file_of_a_dead_owner_is_not_believed(owner, tmp_path, dead_pid):
    start = Starter()
    introduce(tmp_path, token="of yesterday", pid=dead_pid)
    assert local(tmp_path, owner, start).locate().token == "secret"


def test_a_dead_owner_that_nobody_has_buried_is_not_waited_for(owner, tmp_path, zombie_pid):
    start = Starter()
    introduce(tmp_path, token="of yesterday", pid=zombie_pid)
    assert local(tmp_path, owner, start).locate().token == "secret"
    assert len(start.started) == 1


def test_a_stranger_at_the_address_of_an_owner_is_no_owner(tmp_path, dead_pid):
    introduce(tmp_path, pid=dead_pid)
    stranger = httpx.MockTransport(lambda request: httpx.Response(200, text="welcome"))
    assert LocalOwner(tmp_path, transport=stranger).find() is None


def test_many_who_start_at_once_end_up_with_one_owner(owner, tmp_path):
    start = Starter()
    folder = tmp_path / "new" / "data"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: local(folder, owner, start).locate(), range(8)))
    assert len(start.started) == 1
    assert len(set(found)) == 1


def test_an_owner_that_ends_by_itself_is_told_with_the_end_of_its_log(owner, tmp_path):
    start = Starter(exit_code=3, says="the store is damaged")
    with pytest.raises(OwnerUnavailable, match="the store is damaged") as caught:
        local(tmp_path, owner, start, patience_seconds=0).locate()
    assert "exit code 3" in caught.value.message
    assert "doctor" in caught.value.message


def test_an_owner_to_which_ours_has_given_way_is_waited_for(owner, tmp_path):
    start = Starter(exit_code=ANOTHER_OWNS)
    coming = threading.Timer(0.3, introduce, [tmp_path])
    coming.start()
    assert local(tmp_path, owner, start, after_exit_seconds=0).locate().token == "secret"
    assert len(start.started) == 1
    coming.join()


def test_one_that_has_the_store_and_does_not_answer_is_told(owner, tmp_path):
    start = Starter(exit_code=ANOTHER_OWNS)
    with pytest.raises(OwnerUnavailable, match=f"another process has {tmp_path} open"):
        local(tmp_path, owner, start, patience_seconds=0).locate()


def test_what_keeps_an_owner_from_starting_is_told_in_its_own_words(owner, tmp_path):
    said = (
        "[E 2026-01-15] jupyter_batch cannot start: x.duckdb is no store: move it (store_damaged)"
    )
    start = Starter(exit_code=1, says=f"{said}\n[I] Shutting down")
    with pytest.raises(OwnerUnavailable) as caught:
        local(tmp_path, owner, start, patience_seconds=0).locate()
    assert caught.value.message == "no owner can start: x.duckdb is no store: move it"
    assert caught.value.details["cause"] == "store_damaged"


def test_a_file_that_a_process_holds_is_told_at_once(tmp_path):
    says = (
        "[E 2026-01-15] jupyter_batch cannot start: process 77 (python x.py) has records.duckdb "
        "open: end it (kill 77) (store_held)"
    )
    starter = Starter(exit_code=1, says=says)
    owner = LocalOwner(tmp_path, start=starter, after_exit_seconds=60)
    begun = time.monotonic()
    with pytest.raises(OwnerUnavailable) as caught:
        owner.locate()
    assert time.monotonic() - begun < 30
    assert caught.value.message == (
        "no owner can start: process 77 (python x.py) has records.duckdb open: end it (kill 77)"
    )
    assert len(starter.started) == 1


def test_a_full_disk_is_told_where_the_owner_could_not_tell_it(owner, tmp_path, full_disk):
    start = Starter(exit_code=1)
    with pytest.raises(OwnerUnavailable, match=f"no space is left in the data folder {full_disk}"):
        local(full_disk, owner, start, patience_seconds=0).locate()


def test_an_owner_that_never_answers_is_ended(owner, tmp_path):
    start = Starter(token=None)
    with pytest.raises(OwnerUnavailable, match="did not answer"):
        local(tmp_path, owner, start, patience_seconds=0).locate()
    assert start.started[0].terminated


def test_a_living_owner_that_does_not_answer_is_not_joined_by_another(owner, tmp_path):
    start = Starter()
    introduce(tmp_path, token="wrong")
    with pytest.raises(OwnerUnavailable, match=f"process {os.getpid()} owns"):
        local(tmp_path, owner, start, patience_seconds=0).locate()
    assert start.started == []


def test_another_process_with_the_number_of_a_dead_owner_is_not_waited_for(owner, tmp_path):
    start = Starter()
    before_this_process = datetime(2020, 1, 1, tzinfo=UTC)
    introduce(tmp_path, token="of yesterday", started_at=before_this_process)
    assert local(tmp_path, owner, start).locate().token == "secret"
    assert len(start.started) == 1


def test_a_folder_that_cannot_be_made_says_what_to_do(owner, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OwnerUnavailable, match="JUPYTER_BATCH_DATA"):
        local(tmp_path / "file" / "data", owner, Starter()).locate()


def test_nobody_is_started_where_that_is_not_wanted(owner, tmp_path):
    start = Starter()
    with pytest.raises(OwnerUnavailable):
        local(tmp_path, owner, start, may_start=False).locate()
    assert start.started == []


def test_the_folder_is_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_BATCH_DATA", str(tmp_path))
    assert default_data_dir() == tmp_path


def test_a_started_owner_writes_to_the_log_of_its_folder(tmp_path):
    process = start_on_demand_owner(tmp_path, python="/bin/echo")
    assert isinstance(process, subprocess.Popen)
    process.wait()
    assert "jupyter_batch.headless --data" in (tmp_path / "owner.log").read_text()
    assert (tmp_path / "owner.log").stat().st_mode & 0o077 == 0
