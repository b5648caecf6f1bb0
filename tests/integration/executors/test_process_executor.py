"""Attempts as processes, with a stand-in for the runner that needs no kernel."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.frames import Finished, Frame, ProgressFrame, Ready
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import AttemptGone, InvalidInput, NotAllowed
from jupyter_batch.executors.process import ProcessExecutor, supervisor
from jupyter_batch.executors.process.supervisor import MARK
from jupyter_batch.ports import AttemptHandle, AttemptSpec, Bundle

#: Takes its orders as Python from the notebook of the bundle.
STAND_IN = """
import io, json, os, signal, subprocess, sys, tarfile, time
stdout = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
members = {}
with tarfile.open(fileobj=os.fdopen(0, "rb"), mode="r|") as archive:
    for member in archive:
        members[member.name] = archive.extractfile(member).read()
settings = json.loads(members["bundle.json"])
seq = 0
def frame(kind, **values):
    global seq
    seq += 1
    stdout.write(json.dumps({"v": 1, "seq": seq, "at": time.time(), "kind": kind, **values}) + "\\n")
    stdout.flush()
def tell(**data):
    frame("progress", name="told", data=data)
def log(text):
    sys.stderr.write(text)
    sys.stderr.flush()
frame("ready", python="3", papermill="2")
exec(members["notebook.ipynb"].decode())
frame("finished", verdict="succeeded", cause="done")
"""


def stand_in() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__main__.py", STAND_IN)
    return packed.getvalue()


def spec(orders: str = "", **changes: object) -> AttemptSpec:
    values: dict[str, Any] = {
        "store_id": "store", "run_id": "r1", "attempt_no": 1, "environment": Environment(),
        "bundle": Bundle(
            notebook=orders.encode(), settings={"a": 1}, secrets={"TOKEN": "s3cret"},
            files=(FrozenFile(path="lib/x.py", content=b"x = 1"),),
        ),
    }  # fmt: skip
    return AttemptSpec(**{**values, **changes})


@pytest.fixture
async def executor(tmp_path):
    made = ProcessExecutor(Settings(data_dir=str(tmp_path), root_dir="."), runner=stand_in())
    yield made
    for handle in [*await made.list("store"), *await made.list("other")]:
        await made.remove(handle)
    await made.close()


def fresh(tmp_path: Path) -> ProcessExecutor:
    """Another owner of the same folder."""
    return ProcessExecutor(Settings(data_dir=str(tmp_path), root_dir="."), runner=stand_in())


async def all_of(executor: ProcessExecutor, handle: AttemptHandle) -> list[Any]:
    async with asyncio.timeout(30):
        return [item async for batch in executor.follow(handle) for item in batch]


async def first_report(executor: ProcessExecutor, handle: AttemptHandle) -> dict[str, Any]:
    """Returns what the stand-in tells first."""
    frames = cast("AsyncGenerator[Sequence[Frame | LogLine]]", executor.follow(handle))
    async with asyncio.timeout(30), aclosing(frames):
        async for batch in frames:
            for item in batch:
                if isinstance(item, ProgressFrame):
                    return item.data
    raise AssertionError("it has reported nothing")


def is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # where no init reaps
    except psutil.NoSuchProcess:
        return True


async def gone(pid: int) -> None:
    """Returns when a process that is no child of ours has died; there is no event of it."""

    def poll() -> None:
        deadline = time.monotonic() + 10
        while not is_dead(pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    await asyncio.to_thread(poll)


async def test_frames_and_log_come_in_order_and_end_with_the_attempt(executor):
    handle = await executor.start(spec("log('one\\ntwo\\nthree'); tell(n=1); tell(n=2)"))
    items = await all_of(executor, handle)
    frames = [item for item in items if not isinstance(item, LogLine)]
    assert [frame.seq for frame in frames] == [1, 2, 3, 4]
    assert isinstance(frames[0], Ready)
    assert isinstance(frames[-1], Finished)
    lines = [item for item in items if isinstance(item, LogLine)]
    assert [(line.line_no, line.text) for line in lines] == [(1, "one"), (2, "two"), (3, "three")]
    assert (await executor.wait(handle)).exit_code == 0


async def test_the_log_can_be_read_again_after_the_end_by_another_owner(executor, tmp_path):
    handle = await executor.start(spec("log('a\\n'); tell(n=1)"))
    first = await all_of(executor, handle)
    assert await all_of(fresh(tmp_path), handle) == first
    assert (await fresh(tmp_path).wait(handle)).exit_code == 0


async def test_a_running_attempt_is_found_and_followed_by_another_owner(executor, tmp_path):
    await executor.start(spec("tell(); time.sleep(60)"))
    await executor.close()
    other = fresh(tmp_path)
    (handle,) = await other.list("store")
    assert await first_report(other, handle) == {}
    await other.stop(handle, grace_seconds=5)
    assert (await other.wait(handle)).exit_code == 128 + signal.SIGTERM


async def test_frames_are_seen_while_the_attempt_runs(executor, tmp_path):
    gate = tmp_path / "gate"
    orders = f"tell(n=1)\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\ntell(n=2)"
    handle = await executor.start(spec(orders))
    assert await first_report(executor, handle) == {"n": 1}
    gate.touch()
    assert len(await all_of(executor, handle)) == 4


async def test_starting_the_same_name_again_returns_the_first_handle(executor):
    first, second = await asyncio.gather(executor.start(spec()), executor.start(spec()))
    assert first == second == await executor.start(spec())


async def test_the_bundle_reaches_the_runner_and_never_has_a_name_on_disk(executor, tmp_path):
    orders = (
        "token = settings['secrets'].pop('TOKEN')[::-1]\n"
        "tell(settings=settings, token=token, cwd=os.listdir('.'), "
        "file=members['files/lib/x.py'].decode())"
    )
    handle = await executor.start(spec(orders))
    assert await first_report(executor, handle) == {
        "settings": {"a": 1, "secrets": {}}, "token": "terc3s", "cwd": [], "file": "x = 1",
    }  # fmt: skip
    await executor.wait(handle)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"s3cret" in path.read_bytes()]


async def test_the_folder_is_the_users_alone(executor, tmp_path):
    await executor.start(spec())
    assert (tmp_path / "attempts" / "jb-r1-1").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("orders", "code"),
    [("sys.exit(3)", 3), ("os.kill(os.getpid(), signal.SIGKILL)", 137), ("1/0", 1)],
)
async def test_the_exit_code_is_kept(executor, orders, code):
    handle = await executor.start(spec(orders))
    assert (await executor.wait(handle)).exit_code == code


async def test_a_frame_that_was_cut_by_a_kill_is_told_in_the_log(executor):
    orders = 'stdout.write(\'{"v": 1, "se\'); stdout.flush(); os.kill(os.getpid(), 9)'
    items = await all_of(executor, await executor.start(spec(orders)))
    assert [type(item) for item in items] == [Ready, LogLine]


async def test_stop_lets_the_notebook_clean_up(executor):
    orders = (
        "def end(*_): tell(cleaned=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); log('up\\n'); time.sleep(60)"
    )
    handle = await executor.start(spec(orders))
    async for batch in executor.follow(handle):
        if any(isinstance(item, LogLine) for item in batch):
            break
    await executor.stop(handle, grace_seconds=20)
    assert await first_report(executor, handle) == {"cleaned": True}
    assert (await executor.wait(handle)).exit_code == 0


async def test_stop_kills_all_processes_after_the_grace(executor):
    orders = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "tell(pids=[os.getpid(), child.pid]); time.sleep(60)"
    )
    handle = await executor.start(spec(orders))
    pids = (await first_report(executor, handle))["pids"]
    await executor.stop(handle, grace_seconds=0.1)
    assert (await executor.wait(handle)).exit_code == 137
    for pid in pids:
        await gone(pid)


async def test_what_the_notebook_leaves_running_ends_with_it(executor):
    orders = "tell(pid=subprocess.Popen(['sleep', '60'], start_new_session=True).pid)"
    handle = await executor.start(spec(orders))
    pid = (await first_report(executor, handle))["pid"]
    assert (await executor.wait(handle)).exit_code == 0
    await gone(pid)


async def test_remove_kills_and_deletes_and_may_be_repeated(executor, tmp_path):
    orders = "os.mkdir('locked'); open('locked/f', 'w').close(); os.chmod('locked', 0o500)\n"
    handle = await executor.start(spec(orders + "tell(pid=os.getpid()); time.sleep(60)"))
    pid = (await first_report(executor, handle))["pid"]
    await executor.remove(handle)
    await gone(pid)
    assert not (tmp_path / "attempts" / "jb-r1-1").exists()
    await executor.remove(handle)
    assert await executor.list("store") == ()
    with pytest.raises(AttemptGone):
        await executor.wait(handle)
    with pytest.raises(AttemptGone):
        await all_of(executor, handle)
    await executor.stop(handle, grace_seconds=1)


async def test_an_attempt_whose_supervisor_was_killed_has_ended_with_the_reason(executor):
    handle = await executor.start(spec("tell(pid=os.getpid()); time.sleep(60)"))
    pid = (await first_report(executor, handle))["pid"]
    os.kill(int(handle.container_id.partition("@")[0]), signal.SIGKILL)
    ending = await executor.wait(handle)
    assert ending.exit_code is None
    assert "killed" in ending.error
    await gone(pid)
    assert isinstance((await all_of(executor, handle))[0], Ready)


async def test_a_process_that_only_has_the_number_is_not_mistaken(executor, tmp_path):
    handle = await executor.start(spec())
    await executor.wait(handle)
    record = tmp_path / "attempts" / "jb-r1-1" / "attempt.json"
    told_of = json.loads(record.read_bytes())
    record.write_text(json.dumps({**told_of, "pid": os.getpid(), "started_at": 1.0}))
    (tmp_path / "attempts" / "jb-r1-1" / "exit").unlink()
    assert "killed" in (await executor.wait(handle)).error
    await executor.remove(handle)  # and this process lives on


async def test_a_start_that_was_cut_short_is_made_again(executor, tmp_path):
    folder = tmp_path / "attempts" / "jb-r1-1"
    (folder / "work").mkdir(parents=True)
    handle = await executor.start(spec())
    assert (await executor.wait(handle)).exit_code == 0


async def test_an_owner_that_died_before_the_number_was_down_is_followed(executor, tmp_path):
    handle = await executor.start(spec("tell(pid=os.getpid()); time.sleep(2)"))
    await first_report(executor, handle)
    record = tmp_path / "attempts" / "jb-r1-1" / "attempt.json"
    record.write_text(json.dumps({**json.loads(record.read_bytes()), "pid": 0, "started_at": 0}))
    (found,) = await executor.list("store")
    assert found.container_id == "0@0.00"
    await first_report(executor, found)
    assert await executor.start(spec("tell(again=1)")) == found
    assert (await executor.wait(found)).exit_code == 0
    assert handle.run_id == found.run_id


async def test_an_owner_that_died_before_the_process_was_there_is_followed(executor, tmp_path):
    handle = await executor.start(spec())
    await executor.wait(handle)
    folder = tmp_path / "attempts" / "jb-r1-1"
    record = json.loads((folder / "attempt.json").read_bytes())
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    (folder / "attempt.json").write_text(json.dumps({**record, "pid": 0, "started_at": 0}))
    (found,) = await executor.list("store")
    assert await all_of(executor, found) == []
    assert (await executor.wait(found)).never_started
    again = await executor.start(spec())
    assert (await executor.wait(again)).exit_code == 0


def test_a_supervisor_that_comes_too_late_runs_nothing(tmp_path):
    assert supervisor.claim(str(tmp_path))
    done = subprocess.run(
        [sys.executable, supervisor.__file__, str(tmp_path), "touch", str(tmp_path / "ran")],
        check=False,
    )
    assert done.returncode == 0
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "exit").exists()


async def test_attempts_are_listed_by_store(executor):
    one = await executor.start(spec())
    two = await executor.start(spec(store_id="other", attempt_no=2))
    assert await executor.list("store") == (one,)
    assert await executor.list("other") == (two,)


async def test_processes_of_an_attempt_carry_its_mark_and_not_the_parents(executor, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    handle = await executor.start(spec("tell(env=dict(os.environ), mask=sorted(map(int, "
                                       "signal.pthread_sigmask(0, []))), "
                                       "int=signal.getsignal(2) is not signal.SIG_IGN)"))  # fmt: skip
    found = await first_report(executor, handle)
    assert found["env"][MARK].endswith("jb-r1-1")
    assert "JPY_PARENT_PID" not in found["env"]
    assert found["mask"] == []
    assert found["int"]


async def test_health_says_loudly_that_nothing_is_isolated(executor):
    health = await executor.health()
    assert health.ok
    assert not health.isolated
    assert "NO ISOLATION" in health.message
    assert "not enforced" in health.facts["limits"]


async def test_inspect_tells_the_kernels_of_this_machine(executor):
    report = await executor.inspect(Environment())
    assert report.image is None
    assert report.kernels["python3"] == "python"
    prepared = await executor.prepare(Environment(image_digest="x"), lambda text, share: None)
    assert prepared.image_digest is None


@pytest.mark.parametrize(
    ("environment", "field"),
    [
        (Environment(image="python:3"), "image"),
        (Environment(volumes=(Volume(source="/a", target="/b"),)), "volumes"),
        (Environment(network="none"), "network"),
        (Environment(cpus=-1), "cpus"),
        (Environment(cpus=float("nan")), "cpus"),
        (Environment(memory_bytes=0), "memory_bytes"),
        (Environment(gpus=-2), "gpus"),
        (Environment(env={"A=B": "x"}), "env.A=B"),
    ],
)
async def test_what_needs_a_container_or_makes_no_sense_is_refused(executor, environment, field):
    with pytest.raises(InvalidInput) as caught:
        executor.resolve(environment)
    assert caught.value.details["field"] == f"environment.{field}"


async def test_the_administrators_limits_hold(tmp_path):
    settings = Settings(data_dir=str(tmp_path), root_dir=".", max_cpus=2, allow_gpus=False)
    executor = ProcessExecutor(settings, runner=b"")
    with pytest.raises(NotAllowed):
        executor.resolve(Environment(cpus=3))
    with pytest.raises(NotAllowed):
        executor.resolve(Environment(gpus=1))
    assert executor.resolve(Environment(cpus=2)).executor == "process"
