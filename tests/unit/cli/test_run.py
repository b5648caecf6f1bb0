from __future__ import annotations

import json

import pytest

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import EngineUnavailable

STORY = [
    ("state", {"state": "starting", "reason": None}),
    ("preparing", {"message": "pulling image python:3.11", "share": 0.35}),
    ("state", {"state": "running", "reason": None}),
    ("started", {"cells_total": 2, "kernel_name": "python3", "language": "python"}),
    ("cell_started", {"cell_index": 0, "cell_type": "code", "source": "import os\n1"}),
    (
        "cell_finished",
        {
            "cell_index": 0,
            "cell_type": "code",
            "state": "succeeded",
            "duration_seconds": 0.25,
            "error": None,
            "cells": {"total": 2, "done": 1, "failed": 0},
        },
    ),
    ("cell_started", {"cell_index": 1, "cell_type": "code", "source": "1/0"}),
]
SUCCESS = [*STORY, ("state", {"state": "succeeded", "reason": None})]
FAILED_CELL = (
    "cell_finished",
    {
        "cell_index": 1,
        "cell_type": "code",
        "state": "failed",
        "duration_seconds": 0.01,
        "error": {"ename": "ZeroDivisionError", "evalue": "division by zero"},
        "cells": {"total": 2, "done": 2, "failed": 1},
    },
)
FAILURE = [*STORY, FAILED_CELL, ("state", {"state": "failed", "reason": "cell 2 failed"})]


@pytest.fixture
def succeeds(owner):
    owner.script = list(SUCCESS)
    owner.plan = [{"state": RunState.SUCCEEDED, "cells": CellCount(total=2, done=2)}]


@pytest.fixture
def fails(owner):
    traceback = (*(f"line {n}" for n in range(30)), "\x1b[31mZero\x1b[0m\x1b]0;x\x07!")
    owner.script = list(FAILURE)
    owner.plan = [
        {
            "state": RunState.FAILED,
            "reason": "cell 2 failed",
            "cells": CellCount(total=2, done=2, failed=1),
            "error": CellError(
                cell_index=1, ename="ZeroDivisionError", evalue="division", traceback=traceback
            ),
        }
    ]


@pytest.mark.usefixtures("succeeds")
def test_progress_goes_to_stderr_and_the_run_to_stdout(shell, notebook):
    assert shell("run", notebook, "--json") == 0
    assert shell.json["state"] == "succeeded"
    lines = shell.err.splitlines()
    assert lines[1:] == [
        "starting",
        "pulling image python:3.11",
        "running",
        "2 cells, kernel python3",
        "[1/2] import os",
        "[1/2] done in 0.25 s",
        "[2/2] 1/0",
    ]


@pytest.mark.usefixtures("fails")
def test_a_failure_is_told_with_its_cell_its_error_and_the_next_step(shell, owner, notebook):
    assert shell("run", notebook) == 1
    assert "[2/2] failed after 0.01 s: ZeroDivisionError: division by zero" in shell.err
    assert "✗ failed" in shell.out
    assert "cell 2 failed" in shell.out
    assert "lines more above" in shell.out
    assert f"jupyter batch logs {next(iter(owner.runs))[-8:]}" in shell.out
    assert "\x1b" not in shell.out


@pytest.mark.usefixtures("fails")
def test_a_terminal_gets_colours_but_nothing_else_that_steers_it(terminal, notebook):
    assert terminal("run", notebook, "--quiet") == 1
    assert "\x1b[31mZero" in terminal.out
    assert "\x1b]" not in terminal.out


@pytest.mark.usefixtures("succeeds")
def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(terminal, notebook):
    assert terminal("run", notebook) == 0
    assert "cell 2 of 2" in terminal.err
    assert "✓ succeeded" in terminal.out


@pytest.mark.usefixtures("succeeds")
def test_quiet_shows_no_progress(shell, notebook):
    assert shell("run", notebook, "-q") == 0
    assert shell.err == ""


@pytest.mark.usefixtures("succeeds")
def test_the_notebook_and_the_artifacts_are_written_where_one_asks(
    shell, owner, notebook, tmp_path
):
    artifact = Artifact(path="a/b.csv", size_bytes=2, sha256="", media_type="text/csv")
    owner.files["a/b.csv"] = b"hi"
    owner.plan[0]["artifacts"] = (artifact,)
    output = tmp_path / "out" / "done.ipynb"
    assert shell("run", notebook, "-o", output, "--artifacts", tmp_path / "files") == 0
    assert output.read_bytes() == owner.notebook
    assert (tmp_path / "files" / "a" / "b.csv").read_bytes() == b"hi"
    assert str(output) in shell.out


@pytest.mark.parametrize("output", ["out.pdf", "."])
def test_an_output_that_cannot_be_written_is_refused_before_the_run(shell, owner, notebook, output):
    assert shell("run", notebook, "--output", output) == 2
    assert owner.runs == {}


def test_options_reach_the_server(shell, owner, notebook):
    owner.plan = [{"state": RunState.SUCCEEDED}]
    arguments = "--memory 512m --cpus 1 --timeout 10m --env A=1=2 --secret KEY --gpus all"
    assert shell("run", notebook, *arguments.split(), "--kernel", "ir", "--name", "x") == 0
    (body,) = owner.bodies("POST", "runs")
    assert body["environment"] == {
        "cpus": 1.0,
        "gpus": -1,
        "kernel": "ir",
        "memory_bytes": 512 * 1024**2,
        "env": {"A": "1=2"},
        "secrets": ["KEY"],
    }
    assert (body["timeout_seconds"], body["name"]) == (600.0, "x")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "nb.ipynb", "--memory", "lots"],
        ["run", "nb.ipynb", "--cpus", "many"],
        ["run", "nb.ipynb", "--env", "novalue"],
        ["run", "nb.ipynb", "-p", "alone"],
        ["run", "nb.ipynb", "-p", "a=1", "2"],
        ["run", "nb.ipynb", "--nonsense"],
        ["run", "missing.ipynb"],
        ["dance"],
        [],
    ],
)
def test_bad_input_is_exit_code_2_and_no_run(shell, owner, notebook, monkeypatch, arguments):
    monkeypatch.chdir(notebook.parent)
    notebook.rename(notebook.with_name("nb.ipynb"))
    assert shell(*arguments) == 2
    assert shell.err.startswith("error: ")
    assert owner.runs == {}


def test_with_json_an_error_is_a_json_object_too(shell, notebook):
    assert shell("run", notebook, "--cpus", "many", "--json") == 2
    assert set(shell.json) == {"code", "message", "details"}
    assert shell.json["code"] == "bad_request"
    assert shell("run", "missing.ipynb", "--json") == 2
    assert shell.json["details"] == {"field": "notebook"}


def test_what_the_caller_cannot_mend_is_exit_code_1(shell, owner, notebook):
    owner.trouble.append(EngineUnavailable("no engine"))
    assert shell("run", notebook, "--json") == 1
    assert shell.json["code"] == "engine_unavailable"


class _Interrupting:
    """A stream during which Ctrl-C is pressed so many times."""

    def __init__(self, times):
        self.times = times

    def __len__(self):
        return 0

    def __iter__(self):
        if self.times:
            self.times -= 1
            raise KeyboardInterrupt
        return iter([("state", {"state": "cancelled", "reason": "cancelled by alice"})])


def test_the_first_interrupt_cancels_and_waits_for_the_end(shell, owner, notebook):
    owner.script = _Interrupting(1)
    assert shell("run", notebook, "--json") == 1
    assert shell.json["state"] == "cancelled"
    assert "press Ctrl-C again" in shell.err


def test_the_second_interrupt_leaves_and_says_how_to_come_back(shell, owner, notebook):
    owner.script = _Interrupting(2)
    assert shell("run", notebook) == 130
    assert "jupyter batch show" in shell.err


def test_submit_returns_at_once_and_says_how_to_go_on(shell, owner, notebook):
    assert shell("submit", notebook) == 0
    (run_id,) = owner.runs
    assert run_id in shell.out
    assert "jupyter batch logs -f" in shell.err
    assert shell("submit", notebook, "--json") == 0
    assert json.loads(shell.out)["state"] == "queued"
