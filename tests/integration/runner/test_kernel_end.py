"""Work that goes on after the last cell gets the time that it needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames

Start = Callable[..., Any]
SLOW_HOOK = """
import atexit, os, pathlib, time
out = pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT'])
@atexit.register
def bye():
    begun = time.monotonic()
    while time.monotonic() - begun < 3:
        time.sleep(0.05)
    (out / 'done.txt').write_text('done')
"""
LATE_THREAD = """
import os, pathlib, threading, time
def late():
    time.sleep(2)
    pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT'], 'late.txt').write_text('late')
threading.Thread(target=late).start()
"""


@pytest.mark.parametrize(
    ("source", "path", "content"),
    [(SLOW_HOOK, "done.txt", b"done"), (LATE_THREAD, "late.txt", b"late")],
    ids=["exit hook", "thread"],
)
def test_what_is_written_at_the_end_is_kept(start: Start, source: str, path: str, content: bytes):
    running = start(source)
    finished = running.wait()
    assert (finished.verdict, finished.notes) == ("succeeded", ())
    (artifact,) = running.kinds(frames.ArtifactChunk)
    assert (artifact.path, artifact.content()) == (path, content)


def test_a_hook_beyond_the_grace_is_cut_off_and_that_is_said(start: Start):
    running = start("import atexit, time\natexit.register(time.sleep, 600)", grace_seconds=1)
    finished = running.wait()
    assert finished.verdict == "succeeded"
    (note,) = finished.notes
    assert "was still at work after the last cell" in note
    assert "what it had not written by then is lost" in note


def test_a_hook_is_done_after_a_stop_too(start: Start):
    running = start(
        "import atexit, os, pathlib\nout = pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT'])\n"
        "atexit.register((out / 'bye.txt').write_text, 'bye')",
        "import time\nprint('working', flush=True)\ntime.sleep(600)",
    )
    running.until_output("working")
    running.signal()
    assert running.wait().verdict == "cancelled"
    assert [frame.path for frame in running.kinds(frames.ArtifactChunk)] == ["bye.txt"]


#: Starts kernels and ends them at once; prints how long the slowest took to end.
MANY_KERNELS = """
import os, pathlib, sys, time
from jupyter_core.utils import run_sync
from jupyter_batch.runner.kernel import Kernel
slowest = 0
for number in range(8):
    folder = pathlib.Path(sys.argv[1], str(number))
    folder.mkdir()
    kernel = Kernel("python3", str(folder))
    kernel.start(dict(os.environ))
    run_sync(kernel.connect)(lambda: False)
    began = time.monotonic()
    kernel.ask_to_end()
    assert kernel.shut_down(began + 60)
    slowest = max(slowest, time.monotonic() - began)
print(slowest, flush=True)
os._exit(0)
"""


def test_no_kernel_is_waited_for_that_has_nothing_to_do(tmp_path: Path):
    """ipykernel often locks up while it closes its channels; that must not cost the grace."""
    command = [sys.executable, "-c", MANY_KERNELS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 20
