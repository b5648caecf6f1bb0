"""Each ending of a notebook has its verdict, cause, cell and exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellState
from tests.integration.runner.conftest import notebook, tar

Start = Callable[..., Any]


def _outcome(finished: frames.Finished) -> tuple[str, str, int | None]:
    return finished.verdict, finished.cause, finished.cell


def test_a_success_tells_every_cell_in_order(start: Start):
    running = start("print('a')", "1 + 1")
    finished = running.wait()
    assert _outcome(finished) == ("succeeded", "done", None)
    assert running.process.returncode == 0
    kinds = [frames.kind_of(frame) for frame in running.frames]
    assert [kind for kind in kinds if kind not in ("heartbeat", "output")] == [
        *("ready", "document", "started"),
        *("cell_started", "cell_finished", "cell_started", "cell_finished"),
        *("document", "finished"),
    ]
    assert kinds.index("output") < kinds.index("cell_finished")
    assert running.kinds(frames.StartedFrame)[0].language == "python"
    assert [frame.state for frame in running.kinds(frames.CellFinished)] == [
        CellState.SUCCEEDED
    ] * 2
    assert finished.peak_memory_bytes > 10_000_000
    assert finished.cpu_seconds > 0.1


def test_an_exception_names_its_cell(start: Start):
    running = start("1", "raise ValueError('bad')", "2")
    finished = running.wait()
    assert _outcome(finished) == ("failed", "exception", 1)
    assert finished.message == "ValueError: bad in cell 2 of 3"
    assert finished.error is not None
    assert (finished.error.ename, finished.error.evalue) == ("ValueError", "bad")
    assert finished.cells_not_run == 1
    assert running.process.returncode == 1
    last = running.kinds(frames.CellFinished)[-1]
    assert (last.cell, last.state, last.error) == (1, CellState.FAILED, finished.error)


@pytest.mark.parametrize(
    ("source", "verdict", "exit_code"),
    [
        ("import sys; sys.exit()", "succeeded", 0),
        ("import sys; sys.exit(0)", "succeeded", 0),
        ("import sys; sys.exit(3)", "failed", 3),
        ("import sys; sys.exit('enough')", "failed", 1),
    ],
)
def test_sys_exit_says_how_many_cells_were_not_run(
    start: Start, source: str, verdict: str, exit_code: int
):
    running = start("1", source, "2", "", "3")
    finished = running.wait()
    assert (finished.verdict, finished.cause) == (verdict, "sys_exit")
    assert finished.exit_code == exit_code
    assert finished.cells_not_run == 2
    assert finished.message.endswith("in cell 2 of 5; 2 code cells were not run")


def test_a_killed_kernel_names_its_cell_and_keeps_its_output(start: Start):
    running = start(
        "print('before')",
        "import os, time\nprint('last words', flush=True)\ntime.sleep(0.5)\nos.kill(os.getpid(), 9)",
    )
    finished = running.wait()
    assert _outcome(finished) == ("failed", "kernel_died", 1)
    assert finished.message == "the kernel was ended by SIGKILL in cell 2 of 2"
    assert "last words" in running.text(1)
    assert running.kinds(frames.CellFinished)[-1].state is CellState.FAILED
    assert [frame.name for frame in running.kinds(frames.Document)] == ["skeleton", "metadata"]


def test_a_full_disk_is_told_from_other_errors(start: Start):
    running = start("import os\nraise OSError(28, os.strerror(28), '/x')")
    finished = running.wait()
    assert _outcome(finished) == ("failed", "disk_full", 0)
    assert "no space is left on the disk in cell 1 of 1" in finished.message


def test_an_unknown_kernel_is_answered_with_the_known_ones(start: Start):
    running = start("1", kernel="nosuch")
    finished = running.wait()
    assert _outcome(finished) == ("failed", "no_kernel", None)
    assert "'nosuch'" in finished.message
    assert "python3" in finished.message
    assert running.process.returncode == 69


def test_a_kernel_that_does_not_start_tells_how_it_ended(start: Start, tmp_path: Path):
    folder = tmp_path / "jupyter" / "kernels" / "broken"
    folder.mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-c", "raise SystemExit(5)"],
        "display_name": "b",
        "language": "x",
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    running = start("1", kernel="broken", environ={"JUPYTER_PATH": str(tmp_path / "jupyter")})
    finished = running.wait()
    assert _outcome(finished) == ("failed", "no_kernel", None)
    assert "ended with exit code 5" in finished.message
    assert running.process.returncode == 69


def test_papermill_that_is_missing_is_told(start: Start, pyz: Path):
    hidden = "import sys, runpy; sys.modules['papermill'] = None; sys.argv = sys.argv[1:]; "
    command = [sys.executable, "-c", hidden + "runpy.run_path(sys.argv[0])", str(pyz)]
    running = start("1", command=command)
    finished = running.wait()
    assert _outcome(finished) == ("failed", "no_kernel", None)
    assert finished.message.startswith("papermill is not installed in this environment")
    assert running.process.returncode == 69


def test_a_file_that_is_no_notebook_is_refused(start: Start):
    running = start(content=b"[1, 2")
    assert _outcome(running.wait()) == ("failed", "bundle", None)


def test_a_bundle_that_is_no_tar_ends_with_64(start: Start, tmp_path: Path, pyz: Path):
    (tmp_path / "b.tar").write_bytes(b"nothing")
    running = start(command=[sys.executable, str(pyz), str(tmp_path / "b.tar")])
    assert _outcome(running.wait()) == ("failed", "bundle", None)
    assert running.process.returncode == 64


@pytest.mark.parametrize("size", [0, 100, 512, 900, 2000])
def test_a_bundle_that_ends_early_ends_with_66_and_tells_nothing(start: Start, size: int):
    whole = tar({"bundle.json": b"{}", "files/a": b"a", "notebook.ipynb": notebook("1")})
    running = start(fed=False)
    running.feed(whole[:size])
    running.process.stdin.close()
    running.until_end()
    assert running.process.returncode == 66
    assert (running.frames, running.lines) == ([], [])
    # The log of the attempt that is started instead begins with its first line.
    assert running.log() == ""


def test_a_name_that_would_be_code_is_refused(start: Start):
    running = start("1", parameters={"a = 1; import os": 2})
    finished = running.wait()
    assert _outcome(finished) == ("failed", "bundle", None)
    assert "is no name of a parameter" in finished.message


@pytest.mark.parametrize("form", ["module", "folder"])
def test_the_runner_starts_in_other_forms(start: Start, form: str):
    folder = str(Path(__file__).parents[3] / "jupyter_batch" / "runner")
    command = {"module": ["-m", "jupyter_batch.runner"], "folder": [folder]}[form]
    running = start("print('x')", command=[sys.executable, *command])
    assert running.wait().verdict == "succeeded"


def test_modules_beside_the_notebook_are_no_matter_to_the_runner(start: Start):
    running = start("print(open('json.py').read())", files={"json.py": b"1/0", "papermill.py": b""})
    assert running.wait().verdict == "succeeded"
