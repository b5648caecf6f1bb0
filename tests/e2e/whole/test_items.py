"""Loops over items that were killed in the middle, and results, through the whole."""

from __future__ import annotations

import contextlib
import json

import docker
import psutil
import pytest

from jupyter_batch.domain.run import RunState
from jupyter_batch.executors.docker.connection import find_address

COUNT, STUCK = 2000, 1234
#: Says which items it works on; in the first attempt it stays in one of them.
LOOP = f"""
import jupyter_batch as jb, os, signal, time
me = jb.current()
jb.record(attempt=me.attempt_no)
for n in jb.track(range({COUNT}), name="numbers", resume=True):
    print(n, end=" ", flush=n == {STUCK})
    if me.attempt_no == 1 and n == {STUCK}:
        KILL
"""


def worked_on(run, attempt: int) -> list[int]:
    """The items that an attempt has begun."""
    notebook = run.notebook(attempt=attempt)
    texts = [
        "".join(output["text"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]
    return [int(word) for word in " ".join(texts).split()]


def check_resumed(run) -> None:
    """Every item was done, and only the one in flight twice."""
    first, second = worked_on(run, 1), worked_on(run, 2)
    assert run.state is RunState.SUCCEEDED
    assert set(first) | set(second) == set(range(COUNT))
    assert set(first) & set(second) == {STUCK}
    (progress,) = run.progress
    assert (progress.skipped, progress.processed) == (STUCK, COUNT - STUCK)
    assert progress.is_over
    assert run.results() == {"attempt": 2}


def test_items_are_gone_on_with_after_the_kernel_was_killed(whole):
    # The kernel sends what it has printed in a thread, and nobody in it hears when that is out.
    run = whole.run(LOOP.replace("KILL", "time.sleep(2); os.kill(os.getpid(), signal.SIGKILL)"))
    assert run.state is RunState.FAILED
    (progress,) = run.progress
    assert (progress.processed, progress.total) == (STUCK, COUNT)
    check_resumed(run.retry().wait(timeout=180))


def test_items_are_gone_on_with_after_everything_was_killed(whole):
    run = whole.submit(LOOP.replace("KILL", "time.sleep(600)"))
    for event in run.follow():
        if event.kind == "output" and f" {STUCK} " in json.dumps(event.data):
            break
    kill(whole, run.refresh().attempts[-1].container_id)
    run = run.wait(timeout=180)
    assert run.state is RunState.LOST
    assert run.progress[0].processed == STUCK
    check_resumed(run.retry().wait(timeout=180))


def kill(whole, container_id: str) -> None:
    """Kills all processes of an attempt at once, as a machine's end does."""
    if whole.executor == "docker":
        with contextlib.closing(docker.APIClient(base_url=find_address())) as engine:
            engine.kill(container_id)
        return
    supervisor = psutil.Process(int(container_id.split("@")[0]))
    expired = [supervisor, *supervisor.children(recursive=True)]
    for process in expired:
        process.suspend()
    for process in expired:
        process.kill()


def test_progress_is_told_while_the_loop_runs(whole):
    source = (
        "import jupyter_batch as jb, time\n"
        "for n in jb.track(range(300), name='slow'):\n    time.sleep(0.02)"
    )
    run = whole.submit(source)
    told = [event.data for event in run.follow() if event.kind == "progress"]
    counts = [data["processed"] for data in told]
    assert counts == sorted(counts)
    assert counts[-1] == 300
    middle = [data for data in told if 0 < data["processed"] < 300]
    assert middle
    assert all(data["eta_seconds"] >= 0 and data["rate_per_second"] > 0 for data in middle)
    assert run.refresh().progress[0].processed == 300


@pytest.mark.docker
def test_records_of_a_container_that_has_only_papermill(in_docker):
    run = in_docker.run(
        "import jupyter_batch as jb\nprint(jb.__file__)",
        "jb.record(n=1, values=[1, 2], secret=__import__('os').environ['TOKEN'])",
        secrets=("TOKEN",),
    )
    assert run.state is RunState.SUCCEEDED, run.reason
    assert run.results() == {"n": 1, "values": [1, 2], "secret": "***"}
    assert "shim" in run.outputs()[0][0]["text"]
