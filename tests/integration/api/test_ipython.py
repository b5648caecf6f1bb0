"""The API as IPython has it: completion, display, and calls on a loop that runs already."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: Runs in a process of its own, as a shell changes much of the one that it is in.
SESSION = """
import asyncio, json, sys
from IPython.core.interactiveshell import InteractiveShell
from jupyter_batch.client.client import Client
from jupyter_batch.client.shortcuts import use
from jupyter_batch.domain.run import RunState
from jupyter_batch.testing import make_job
from jupyter_batch.testing.owner import FakeOwner

owner = FakeOwner()
owner.plan = [{"state": RunState.RUNNING}, {"state": RunState.SUCCEEDED}]
job = make_job(name="nightly")
owner.jobs[job.id] = job
use(Client("http://owner/", owner.token, transport=owner))
shell = InteractiveShell.instance(history_length=0)
shell.Completer.use_jedi = False
shell.run_cell("import jupyter_batch as jb", silent=True)
asked = json.loads(sys.argv[1])


async def kernel():
    # As in a kernel, the loop runs while the cell does.
    told = {}
    for cell in asked["cells"]:
        result = await shell.run_cell_async(cell, transformed_cell=shell.transform_cell(cell))
        assert result.success, result.error_in_exec or result.error_before_exec
        told[cell] = repr(result.result)
    return told


told = asyncio.run(kernel())
completed = {text: shell.complete(None, text, len(text))[1] for text in asked["complete"]}
shown = {}
for name in asked["show"]:
    bundle, _ = shell.display_formatter.format(eval(name, shell.user_ns))
    shown[name] = bundle
print("\\n" + json.dumps({"told": told, "completed": completed, "shown": shown}))
"""


def session(tmp_path, **asked):
    content = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (tmp_path / "report.ipynb").write_text(content)
    asked = {"cells": [], "complete": [], "show": []} | asked
    done = subprocess.run(
        [sys.executable, "-c", SESSION, json.dumps(asked)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ip")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def session_result(tmp_path_factory):
    return session(
        tmp_path_factory.mktemp("ipython"),
        cells=[
            "run = jb.run('report.ipynb'); run.succeeded",
            "(await jb.submit('report.ipynb')).succeeded",
            "sweep = await jb.sweep('report.ipynb', {'alpha': [1, 2]}); sweep.counts",
            "[run.name async for run in jb.runs[:2]]",
        ],
        complete=["jb.sw", "jb.runs.", "run.ca", "sweep.re", 'jb.jobs["', "jb.run(mem"],
        show=["run", "sweep", "sweep.table()", "jb.runs", "jb.runs[:2]", "jb.jobs", "jb.sweeps"],
    )


def test_cells_may_wait_and_await(session_result):
    assert list(session_result["told"].values()) == [
        "True",
        "True",
        "{<RunState.SUCCEEDED: 'succeeded'>: 2}",
        "['report', 'report']",
    ]


def test_names_options_and_jobs_are_completed(session_result):
    # Whether what stands before the dot is told again depends on IPython's version.
    ends = {
        text: {found.rpartition(".")[2] for found in completed}
        for text, completed in session_result["completed"].items()
    }
    assert {"sweep", "sweeps"} <= ends["jb.sw"]
    assert {"submit", "find"} <= ends["jb.runs."]
    assert "cancel" in ends["run.ca"]
    assert {"retry", "refresh"} <= ends["sweep.re"]
    assert any("nightly" in text for text in session_result["completed"]['jb.jobs["'])
    assert any(text == "memory=" for text in session_result["completed"]["jb.run(mem"])


def test_everything_has_html_and_text(session_result):
    for name, bundle in session_result["shown"].items():
        assert bundle["text/html"].startswith("<"), name
        assert bundle["text/plain"], name
    assert "<Run " in session_result["shown"]["jb.runs[:2]"]["text/plain"]
