"""A full disk, with a real owner on a small file system of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.errors import StoreFull
from tests.integration.cli.conftest import Machine

_SIZE = 24 * 1024 * 1024
#: Prints what does not get smaller until it is told to stop.
_CHATTY = """
import base64, os, pathlib, time
while not pathlib.Path({stop!r}).exists():
    print(base64.b64encode(os.urandom({size})).decode())
    time.sleep(0.02)
"""


class Disk:
    """A small file system, which can be filled and emptied."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self, *, room: int = 0) -> None:
        with self._filler.open("ab", buffering=0) as file:
            with pytest.raises(OSError, match="No space"):  # noqa: PT012
                while True:
                    file.write(b"x" * 4096)
            file.truncate(max(file.tell() - room, 0))

    def empty(self) -> None:
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(path)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs mount, to make a small file system")
    if done.returncode:
        pytest.skip(f"needs the right to mount a small file system: {done.stderr.strip()}")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def client(tmp_path, disk, monkeypatch) -> Iterator[Client]:
    machine = Machine(tmp_path, tmp_path)
    machine.data = disk.path / "data"
    for name, value in {**machine.env, "JUPYTER_BATCH_DATA": str(machine.data)}.items():
        monkeypatch.setenv(name, value)
    with Client() as client:
        yield client
    machine.end_owner()


@pytest.fixture
def notebooks(tmp_path) -> Machine:
    return Machine(tmp_path, tmp_path)


@pytest.mark.slow
def test_a_run_that_fills_the_disk_is_lost_with_that_reason_and_all_else_is_intact(
    client, disk, notebooks, tmp_path
):
    small, chatty = tmp_path / "small.ipynb", tmp_path / "chatty.ipynb"
    notebooks.notebook("print('kept')").rename(small)
    notebooks.notebook(_CHATTY.format(stop="/none", size=200_000)).rename(chatty)
    before = client.runs.submit(small, executor="process").wait()
    assert before.succeeded, before.reason
    kept = before.notebook()
    disk.fill(room=4 * 1024 * 1024)

    run = client.runs.submit(chatty, executor="process").wait(timeout=120)
    assert run.state == "lost"
    assert "no space is left" in run.reason
    assert client.runs.get(before.id).notebook() == kept
    assert client.health()["runs"]["lost"] == 1

    disk.empty()
    after = client.runs.submit(small, executor="process").wait(timeout=60)
    assert after.succeeded, after.reason
    assert client.runs.get(before.id).notebook() == kept


@pytest.mark.slow
def test_a_run_goes_on_when_somebody_else_has_filled_the_disk_for_a_while(
    client, disk, notebooks, tmp_path
):
    stop = tmp_path / "stop"
    small, chatty = tmp_path / "small.ipynb", tmp_path / "chatty.ipynb"
    notebooks.notebook("print('small')").rename(small)
    notebooks.notebook(_CHATTY.format(stop=str(stop), size=900)).rename(chatty)
    run = client.runs.submit(chatty, executor="process")
    for event in run.follow():
        if event.kind == "output":
            break
    disk.fill()
    with pytest.raises(StoreFull, match="free some"):  # noqa: PT012
        # A few may still go into pages that are there.
        for _ in range(100):
            client.runs.submit(small, executor="process")
    assert client.runs.get(run.id).state == "running"
    disk.empty()
    assert client.runs.submit(small, executor="process").wait(timeout=60).succeeded
    stop.touch()
    assert run.wait(timeout=60).succeeded, run.reason
    (cell,) = run.notebook().cells
    lines = "".join(output.text for output in cell.outputs).splitlines()
    assert {len(line) for line in lines} == {1200}
