"""The error of a failed cell is what the kernel itself answers, whatever the cell shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellState
from tests.integration.runner.conftest import Running

Start = Callable[..., Any]
RAISES = {"tags": ["raises-exception"]}


def cell(source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def _states(running: Running) -> list[CellState]:
    return [frame.state for frame in running.kinds(frames.CellFinished)]


@pytest.mark.parametrize(
    ("source", "ename", "message"),
    [
        (
            "%nosuchmagic",
            "UsageError",
            "UsageError: Line magic function `%nosuchmagic` not found. in cell 1 of 2",
        ),
        (
            "%%nosuchmagic\nx",
            "UsageError",
            "UsageError: Cell magic `%%nosuchmagic` not found. in cell 1 of 2",
        ),
        ("def f(:\n  pass", "SyntaxError", "SyntaxError: invalid syntax"),
        (
            "from IPython.core.error import UsageError\nraise UsageError('own words')",
            "UsageError",
            "UsageError: own words in cell 1 of 2",
        ),
        ("class E(Exception): pass\nraise E", "E", "E in cell 1 of 2"),
    ],
)
def test_the_reason_names_the_error(start: Start, source: str, ename: str, message: str):
    running = start(source, "print('after')")
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.cell) == ("failed", "exception", 0)
    assert finished.message.startswith(message)
    assert finished.error is not None
    assert finished.error.ename == ename
    assert running.kinds(frames.CellFinished)[-1].error == finished.error


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no exception groups")
def test_an_exception_group_comes_with_its_parts(start: Start):
    running = start("raise ExceptionGroup('many', [ValueError(1), TypeError(2)])")
    finished = running.wait()
    assert finished.message == "ExceptionGroup: many (2 sub-exceptions) in cell 1 of 1"
    assert finished.error is not None
    shown = "\n".join(finished.error.traceback)
    assert "ValueError: 1" in shown
    assert "TypeError: 2" in shown
    assert shown.lstrip(" +").startswith("Exception Group Traceback")


def test_what_papermill_marks_is_told(start: Start):
    running = start("%nosuchmagic", "1")
    running.wait()
    assert _metadata(running)["error_cell"] == 0


def test_an_expected_exception_is_a_note(start: Start):
    running = start(cell("1/0", **RAISES), "print('goes on')")
    finished = running.wait()
    assert (finished.verdict, finished.cause) == ("succeeded", "done")
    assert finished.message == (
        "ZeroDivisionError: division by zero in cell 1 of 2, which is tagged raises-exception"
    )
    assert _states(running) == [CellState.SUCCEEDED] * 2
    assert running.text(1) == "goes on\n"
    assert running.process.returncode == 0
    # papermill marks the cell in the executed notebook, and so do we.
    assert _metadata(running)["error_cell"] == 0


def test_strict_errors_fail_as_in_papermill_and_go_on(start: Start):
    running = start(
        cell("1/0", **RAISES), "print('on')", cell("[][1]", **RAISES), "2", strict_errors=True
    )
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.cell) == ("failed", "exception", 2)
    assert finished.message == "IndexError: list index out of range in cell 3 of 4"
    done, failed = CellState.SUCCEEDED, CellState.FAILED
    assert _states(running) == [failed, done, failed, done]


def test_a_failure_after_an_expected_one_is_the_failure(start: Start):
    running = start(cell("1/0", **RAISES), "%nosuchmagic", "2")
    finished = running.wait()
    assert (finished.verdict, finished.cell, finished.cells_not_run) == ("failed", 1, 1)
    assert finished.message.startswith("UsageError")


@pytest.mark.parametrize("source", ["exit", "quit", "exit()", "exit(0)", "quit()\nprint('x')"])
def test_exit_ends_as_sys_exit_does(start: Start, source: str):
    running = start("1", source, "import time\ntime.sleep(1)\nprint('never')", "2")
    finished = running.wait()
    assert (finished.verdict, finished.cause, finished.exit_code) == ("succeeded", "sys_exit", 0)
    assert finished.message == (
        "the notebook ended itself by exit in cell 2 of 4; 2 code cells were not run"
    )
    assert _states(running) == [CellState.SUCCEEDED] * 2


def test_exit_with_a_code_fails(start: Start):
    finished = start("exit(3)", "2").wait()
    assert (finished.verdict, finished.cause, finished.exit_code) == ("failed", "sys_exit", 3)
    assert finished.message == (
        "the notebook ended itself by sys.exit(3) in cell 1 of 2; 1 code cell was not run"
    )


def test_exit_that_keeps_the_kernel_goes_on(start: Start):
    running = start("exit(keep_kernel=True)", "print('on')")
    assert running.wait().verdict == "succeeded"
    assert running.text(1) == "on\n"


@pytest.fixture
def shell(start: Start, tmp_path: Path) -> Start:
    """Starts a runner whose notebook is for a kernel of shell commands."""
    folder = tmp_path / "jupyter" / "kernels" / "shell"
    folder.mkdir(parents=True)
    program = str(Path(__file__).with_name("shell_kernel.py"))
    spec = {
        "argv": [sys.executable, program, "-f", "{connection_file}"],
        "display_name": "Shell",
        "language": "bash",
    }
    (folder / "kernel.json").write_text(json.dumps(spec))

    def shell(*sources: str, **settings: Any) -> Any:
        environ = {"JUPYTER_PATH": str(tmp_path / "jupyter"), **settings.pop("environ", {})}
        return start(*sources, kernel="shell", environ=environ, **settings)

    return shell


@pytest.mark.parametrize("environ", [{}, {"SILENT": "1"}], ids=["shows the error", "does not"])
def test_an_error_without_a_name_is_readable(shell: Start, environ: dict[str, str]):
    running = shell("echo hi", "false", "echo never", environ=environ)
    finished = running.wait()
    assert (finished.verdict, finished.cell) == ("failed", 1)
    assert finished.message == "exit code 1 in cell 2 of 3"
    assert finished.error is not None
    assert (finished.error.ename, finished.error.evalue) == ("Error", "exit code 1")


def test_a_cell_that_a_timeout_ended_is_no_success(shell: Start):
    running = shell("echo hi", "sleep 100", "echo never", timeout_seconds=2)
    finished = running.wait()
    assert (finished.verdict, finished.cell) == ("timed_out", 1)
    assert finished.message == "not done after 2 s in cell 2 of 3"
    assert _states(running) == [CellState.SUCCEEDED, CellState.FAILED]
    error = running.kinds(frames.CellFinished)[-1].error
    assert (error.ename, error.evalue) == ("TimedOut", "not done after 2 s")


SHOWS = "from IPython.display import display\ndisplay({data}, raw=True)\nprint('ok')"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (
            "{'application/x.cfg': {'a': 1}, 'text/plain': 'cfg'}",
            {"application/x.cfg": '{"a":1}', "text/plain": "cfg"},
        ),
        ("{'text/html': 5, 'text/plain': None}", {"text/html": "5", "text/plain": ""}),
        ("{'text/plain': ['a', 1]}", {"text/plain": '["a",1]'}),
        ("{'application/json': {'a': 1}}", {"application/json": {"a": 1}}),
    ],
)
def test_what_nbformat_refuses_is_shown_as_text(start: Start, data: str, shown: Any):
    running = start(SHOWS.replace("{data}", data), "1")
    assert running.wait().verdict == "succeeded"
    assert json.loads(running.ops()[0].body)["data"] == shown
    assert running.text(0) == "ok\n"


@pytest.mark.parametrize(
    "message",
    [
        "'display_data', {'data': 5, 'metadata': []}",
        "'display_data', {}",
        "'display_data', {'data': {}, 'metadata': {}, 'transient': 7}",
        "'stream', {'name': 'x', 'text': 5}",
        "'error', {'ename': None, 'evalue': 5, 'traceback': 'x'}",
        "'execute_result', {'data': {}, 'metadata': {}, 'execution_count': 'x'}",
        "'comm_open', {'data': 5}",
        "'comm_msg', {}",
        "'clear_output', {}",
        "'nonsense', {}",
    ],
)
def test_no_message_of_a_notebook_ends_the_runner(start: Start, message: str):
    source = f"k = get_ipython().kernel\nk.session.send(k.iopub_socket, {message}, k.get_parent())"
    running = start(source, "print('on')")
    finished = running.wait()
    assert finished.cause in ("done", "exception")
    assert running.text(1) == "on\n" or finished.cell == 0


def _metadata(running: Running) -> dict[str, Any]:
    bodies = [f.body for f in running.kinds(frames.Document) if f.name == "metadata"]
    document: dict[str, Any] = json.loads("".join(bodies))
    return document
