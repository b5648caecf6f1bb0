"""A notebook that prints faster than its frames are read: memory is bounded, nothing is lost."""

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

import pytest

from tests.integration.runner.conftest import PATIENCE, notebook, tar

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads /proc, and stops processes"
)
MEGABYTE = 1_000_000
#: Of a runner.
MOST_MEMORY = 190 * MEGABYTE


class Flood:
    """A runner whose frames are read slowly; no text is kept."""

    def __init__(self, pyz: Path, folder: Path, source: str, **settings: Any) -> None:
        folder.mkdir()
        bundle = {"run_id": "r1", "attempt_no": 1, "notebook_path": "n.ipynb", **settings}
        self.process = subprocess.Popen(
            [sys.executable, str(pyz)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(
            tar({"bundle.json": json.dumps(bundle).encode(), "notebook.ipynb": notebook(source)})
        )
        self.process.stdin.flush()
        self._lines = iter(self.process.stdout)
        #: How often each letter has come, the last frame, and the highest memory of the runner.
        self.letters: dict[str, int] = {}
        self.last: dict[str, Any] = {}
        self.peak = 0

    def read(self, *, pause: float = 0.0, until: Callable[[str], bool] | None = None) -> None:
        """Reads frames until one holds what is looked for, or to the end."""
        for line in self._lines:
            time.sleep(pause)
            self.last = json.loads(line)
            for op in self.last.get("ops", ()):
                for letter in "abcdef":
                    self.letters[letter] = self.letters.get(letter, 0) + op["body"].count(letter)
            self.look()
            if until is not None and until(line.decode()):
                return

    def look(self) -> None:
        """Takes the memory of the runner into account."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return
        self.peak = max(self.peak, pages * os.sysconf("SC_PAGE_SIZE"))

    def kernel_states(self) -> set[str]:
        """The states of the runner's children, as /proc has them: T is stopped."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        stats = [Path(f"/proc/{pid}/stat").read_text() for pid in children.split()]
        return {stat.rpartition(")")[2].split()[0] for stat in stats}

    def until_stopped(self) -> None:
        """Reads nothing until the kernel is stopped."""
        ends_at = time.monotonic() + PATIENCE
        while "T" not in self.kernel_states():
            assert time.monotonic() < ends_at
            time.sleep(0.05)
            self.look()


@pytest.fixture
def flood(pyz: Path, tmp_path: Path) -> Iterator[Callable[..., Flood]]:
    """Starts a runner on one cell; keywords are settings of the bundle."""
    started: list[Flood] = []

    def start(source: str, **settings: Any) -> Flood:
        started.append(Flood(pyz, tmp_path / f"flood{len(started)}", source, **settings))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        for pipe in (one.process.stdin, one.process.stdout):
            assert pipe is not None
            pipe.close()


def _prints(count: int) -> str:
    return f"for i in range({count}):\n    print('abcdef'[i % 6] * 1_000_000, flush=True)"


def test_three_hundred_megabytes_before_a_slow_reader_take_little_memory(
    flood: Callable[..., Flood],
):
    running = flood(_prints(300))
    running.read(until=lambda line: '"kind":"output"' in line)
    running.until_stopped()
    time.sleep(1)
    running.look()
    running.read(pause=0.002)
    assert running.process.wait(PATIENCE) == 0
    assert running.last["verdict"] == "succeeded"
    # "stream" and the like are in the bodies, too.
    assert all(50 * MEGABYTE <= count < 50.1 * MEGABYTE for count in running.letters.values())
    assert len(running.letters) == 6
    assert running.peak < MOST_MEMORY


def test_what_is_beyond_the_limit_is_cut_and_stops_nobody(flood: Callable[..., Flood]):
    running = flood(_prints(150), max_output_bytes=5 * MEGABYTE)
    running.read()
    assert running.last["verdict"] == "succeeded"
    assert running.last["cut_bytes"] > 140 * MEGABYTE
    assert sum(running.letters.values()) < 6 * MEGABYTE
    assert running.peak < MOST_MEMORY


@pytest.mark.parametrize(("ending", "verdict"), [("signal", "cancelled"), ("timeout", "timed_out")])
def test_a_kernel_that_is_stopped_is_still_ended_in_order(
    flood: Callable[..., Flood], tmp_path: Path, ending: str, verdict: str
):
    mark = tmp_path / "ended"
    source = (
        f"try:\n    while True:\n        print('a' * 1_000_000, flush=True)\n"
        f"except KeyboardInterrupt:\n    open({str(mark)!r}, 'w').close()\n    raise"
    )
    running = flood(source, **({"timeout_seconds": 8} if ending == "timeout" else {}))
    running.read(until=lambda line: '"kind":"output"' in line)
    running.until_stopped()
    if ending == "signal":
        running.process.send_signal(signal.SIGTERM)
    ends_at = time.monotonic() + PATIENCE
    while not mark.exists():
        assert time.monotonic() < ends_at
        time.sleep(0.05)
    running.read()
    assert running.last["verdict"] == verdict
