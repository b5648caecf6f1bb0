"""The memory of an owner and a command while a large output is recorded and fetched."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import Whole

_MIB = 1024 * 1024
SIZE = 100 * _MIB
ONE = f"from IPython.display import HTML\nHTML('<!-- ' + 'x' * {SIZE} + ' -->')"


class Peak:
    """The most memory that a process has held while it was watched."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before = self.most = self._process.memory_info().rss

    @property
    def grown(self) -> int:
        return self.most - self.before

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        over = threading.Event()

        def watch() -> None:
            with contextlib.suppress(psutil.Error):
                while not over.wait(0.005):
                    self.most = max(self.most, self._process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


@pytest.mark.slow
def test_recording_a_large_output_takes_less_memory_than_twice_its_size(whole: Whole):
    peak, told = Peak(whole.process.pid), 0
    with peak.watched():
        run = whole.submit(ONE, memory="2g")
        for event in run.follow():
            if event.kind == "output":
                told += sum(len(op["body"]) for op in event.data["ops"])
        run.wait()
    assert (run.state, run.reason) == ("succeeded", None)
    assert told > SIZE
    assert peak.grown < 2 * SIZE


@pytest.mark.slow
def test_a_large_notebook_passes_through_owner_and_command_in_slices(
    in_process: Whole, tmp_path: Path
):
    run = in_process.run(ONE, memory="2g")
    assert (run.state, run.reason) == ("succeeded", None)
    target = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "jupyter_batch", "export", run.id, "--output", str(target)]
    process = subprocess.Popen(command, env=in_process.env)
    owner, its = Peak(in_process.process.pid), Peak(process.pid)
    with owner.watched(), its.watched():
        assert process.wait(120) == 0
    (output,) = json.loads(target.read_bytes())["cells"][0]["outputs"]
    assert len("".join(output["data"]["text/html"])) > SIZE
    assert owner.grown < SIZE
    assert its.most < SIZE
