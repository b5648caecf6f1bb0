"""SIGTERM and the timeout reach the notebook, and what it did until then is told."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellState

Start = Callable[..., Any]
CLEANS_UP = """
import os, time
try:
    print('working', flush=True)
    time.sleep(60)
finally:
    time.sleep(0.3)
    print('cleaned up')
    open(os.environ['JUPYTER_BATCH_OUTPUT'] + '/left.txt', 'w').write('left')
"""
HEEDS_NOTHING = """
import time
print('working', flush=True)
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print('no', flush=True)
"""
HAS_A_HANDLER = """
import signal, time
ended = False
def end(number, frame):
    global ended
    ended = True
signal.signal(signal.SIGTERM, end)
print('working', flush=True)
while not ended:
    time.sleep(0.05)
print('ended by its own handler')
"""


def test_sigterm_lets_the_cell_clean_up(start: Start):
    running = start("1", CLEANS_UP, "2")
    running.until_output("working")
    running.signal()
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.cell) == ("cancelled", "sigterm", 1)
    assert finished.error is not None
    assert finished.error.ename == "KeyboardInterrupt"
    assert finished.cells_not_run == 1
    assert "cleaned up" in running.text(1)
    last = running.kinds(frames.CellFinished)[-1]
    assert (last.cell, last.state) == (1, CellState.FAILED)
    (artifact,) = running.kinds(frames.ArtifactChunk)
    assert (artifact.path, artifact.content()) == ("left.txt", b"left")
    assert running.process.returncode == 1


def test_a_cell_that_heeds_nothing_is_killed_after_the_grace(start: Start):
    running = start(HEEDS_NOTHING, "2", grace_seconds=0.5)
    running.until_output("working")
    running.signal()
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.cell) == ("cancelled", "sigterm", 0)
    assert "no\n" in running.text(0)
    assert running.kinds(frames.CellFinished)[-1].state is CellState.FAILED


def test_a_notebook_with_a_handler_gets_sigterm_itself(start: Start):
    running = start(HAS_A_HANDLER, "print('never')")
    running.until_output("working")
    running.signal()
    finished = running.wait()
    assert (finished.verdict, finished.cause) == ("cancelled", "sigterm")
    assert "ended by its own handler" in running.text(0)
    assert running.kinds(frames.CellFinished)[-1].state is CellState.FAILED
    assert finished.cells_not_run == 1


def test_a_cell_that_swallows_the_interrupt_is_the_last_one(start: Start):
    running = start(
        "import time\ntry:\n    print('working', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('swallowed')",
        "print('never')",
    )
    running.until_output("working")
    running.signal(signal.SIGINT)
    finished = running.wait()
    assert finished.verdict == "cancelled"
    assert "swallowed" in running.text(0)
    assert finished.cells_not_run == 1


def test_children_of_the_cell_are_interrupted_too(start: Start):
    running = start(
        "import subprocess\nprint('working', flush=True)\nsubprocess.run(['sleep', '60'])"
    )
    running.until_output("working")
    running.signal()
    assert running.wait().verdict == "cancelled"


def test_sigterm_before_the_kernel_answers_ends_in_order(start: Start):
    running = start("print('never')")
    running.until(lambda: bool(running.kinds(frames.Ready)))
    running.signal()
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.cell) == ("cancelled", "sigterm", None)
    assert finished.cells_not_run == 1
    assert not running.kinds(frames.CellStarted)


def test_sigterm_before_the_bundle_has_come_ends_in_order(start: Start, pyz: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/bundle"
        running = start(command=[sys.executable, str(pyz), url], fed=False)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1024).startswith(b"GET /bundle ")
            running.signal()
            finished = running.wait()
    assert (finished.verdict, finished.cause) == ("cancelled", "sigterm")
    assert running.process.returncode == 1


@pytest.mark.parametrize("source", [CLEANS_UP, HEEDS_NOTHING], ids=["heeds", "heeds not"])
def test_the_timeout_ends_the_cell_in_the_same_way(start: Start, source: str):
    running = start(source, "2", timeout_seconds=1, grace_seconds=1)
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.cell) == ("timed_out", "timeout", 0)
    assert finished.message == "not done after 1 s in cell 1 of 2"
    assert finished.cells_not_run == 1
    assert running.process.returncode == 1
