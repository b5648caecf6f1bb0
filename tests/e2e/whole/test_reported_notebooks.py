"""Notebooks of the kinds that people report elsewhere as going wrong, each with its right ending.

Each is the project's own wording of an input that once ended wrongly here, too.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import nbformat
import pytest

from jupyter_batch.errors import UnknownKernel
from jupyter_batch.executors.docker.connection import find_address

from .conftest import Whole

SUCCEEDED, FAILED, NOT_RUN = "succeeded", "failed", "not_run"
OUT = "import os, pathlib, time\nout = pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT'])\n"
SHELL_KERNEL = Path(__file__).parents[2] / "integration" / "runner" / "shell_kernel.py"
SHELL_SPEC = {"display_name": "Shell", "language": "bash"}
SHELL_TAG = "jupyter-batch-test-shell-kernel"


def states(run: Any) -> list[str]:
    return [str(cell.state) for cell in run.cells()]


def write(whole: Whole, name: str, *cells: str | tuple[str, str], **metadata: Any) -> Path:
    """Writes a notebook into a folder of its own; a pair is a source and a tag."""
    made = []
    for source in cells:
        text, tags = (source, []) if isinstance(source, str) else (source[0], [source[1]])
        made.append(nbformat.v4.new_code_cell(text, metadata={"tags": tags} if tags else {}))
    folder = whole.folder / name
    folder.mkdir(exist_ok=True)
    path = folder / "notebook.ipynb"
    # Not by nbformat, which refuses what people have.
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
    path.write_text(json.dumps(notebook))
    return path


def run(whole: Whole, path: Path, **options: Any) -> Any:
    options.setdefault("executor", whole.executor)
    return whole.client.runs.submit(path, **options).wait(timeout=240)


def artifacts(done: Any) -> dict[str, bytes]:
    return {artifact.path: artifact.read() for artifact in done.artifacts}


def test_a_slow_exit_hook_writes_all_of_its_files(whole: Whole):
    # The grace of this owner is three seconds.
    done = whole.run(
        OUT + "import atexit\ndef bye():\n    (out / 'bye.txt').write_text('begun')\n"
        "    time.sleep(1.5)\n    (out / 'done.txt').write_text('done')\natexit.register(bye)"
    )
    assert (done.state, done.reason) == (SUCCEEDED, None)
    assert artifacts(done) == {"bye.txt": b"begun", "done.txt": b"done"}


def test_a_thread_that_writes_after_the_last_cell(whole: Whole):
    done = whole.run(
        OUT + "import threading\ndef late():\n    time.sleep(1.5)\n"
        "    (out / 'late.txt').write_text('late')\nthreading.Thread(target=late).start()"
    )
    assert (done.state, done.reason) == (SUCCEEDED, None)
    assert artifacts(done) == {"late.txt": b"late"}


def test_what_is_cut_off_at_the_end_is_said(whole: Whole):
    done = whole.run("import atexit, time\natexit.register(time.sleep, 600)")
    assert done.state == SUCCEEDED
    assert "was still at work after the last cell" in str(done.reason)


def test_a_magic_that_is_missing(whole: Whole):
    done = whole.run("%nosuchmagic", "print('after')")
    assert done.state == FAILED
    said = "UsageError: Line magic function `%nosuchmagic` not found."
    assert done.reason == f"{said} in cell 1 of 2"
    assert done.error is not None
    assert f"{done.error.ename}: {done.error.evalue}" == said
    assert states(done) == [FAILED, NOT_RUN]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no exception groups")
def test_an_exception_group(whole: Whole):
    done = whole.run("raise ExceptionGroup('many', [ValueError(1), TypeError(2)])")
    assert done.state == FAILED
    assert done.reason == "ExceptionGroup: many (2 sub-exceptions) in cell 1 of 1"
    assert done.error is not None
    assert "TypeError: 2" in "\n".join(done.error.traceback)


def test_an_expected_exception(whole: Whole):
    path = write(whole, "expected", ("1/0", "raises-exception"), "print('goes on')", **PYTHON)
    done = run(whole, path)
    assert done.state == SUCCEEDED
    assert "ZeroDivisionError: division by zero in cell 1 of 2" in done.reason
    assert states(done) == [SUCCEEDED, SUCCEEDED]
    strict = run(whole, path, strict_errors=True)
    assert strict.state == FAILED
    assert strict.reason == "ZeroDivisionError: division by zero in cell 1 of 2"
    assert states(strict) == [FAILED, SUCCEEDED]
    for ended in (done, strict):
        texts = [cell.get("source") for cell in ended.notebook().cells]
        assert any("papermill-error-cell" in text for text in texts)


@pytest.mark.parametrize("slow", ["", "import time\ntime.sleep(1)\n"], ids=["quick", "slow"])
@pytest.mark.parametrize("word", ["exit", "quit()"])
def test_exit_in_a_cell(whole: Whole, word: str, slow: str):
    done = whole.run("print('a')", word, slow + "print('b')", "print('c')")
    assert done.state == SUCCEEDED
    assert str(done.reason).endswith("by exit in cell 2 of 4; 2 code cells were not run")
    assert states(done) == [SUCCEEDED, SUCCEEDED, NOT_RUN, NOT_RUN]


def test_an_object_under_a_mime_type_of_text(whole: Whole):
    done = whole.run(
        "from IPython.display import display\n"
        "display({'application/x.cfg': {'a': 1}, 'text/plain': 'cfg'}, raw=True)\nprint('ok')"
    )
    assert (done.state, done.reason) == (SUCCEEDED, None)
    executed = done.notebook()
    nbformat.validate(executed)
    assert executed.cells[0].outputs[0].data["text/plain"] == "cfg"


PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("none", {}),
        ("no-name", {"kernelspec": {"display_name": "Python 3", "language": "python"}}),
        ("python", {"kernelspec": {"name": "python", "display_name": "Python"}}),
        (
            "venv",
            {"kernelspec": {"name": "my-venv", "display_name": "my-venv", "language": "python"}},
        ),
    ],
)
def test_a_notebook_without_a_kernel_of_ours(whole: Whole, name: str, metadata: dict[str, Any]):
    done = run(whole, write(whole, f"kernel-{name}", "print('hi')", **metadata))
    assert done.state == SUCCEEDED
    if name != "python":
        assert done.reason.endswith("it ran on 'python3'")
    assert done.notebook().cells[0].outputs[0].text == "hi\n"


def test_a_notebook_in_another_language_is_refused_before_there_is_a_run(whole: Whole):
    spec = {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}
    with pytest.raises(UnknownKernel, match="--kernel"):
        run(whole, write(whole, "kernel-julia", "1", kernelspec=spec))


def test_files_written_beside_the_notebook(whole: Whole):
    path = write(
        whole,
        "beside",
        "import os\nopen('result.csv', 'w').write('a,b')\nos.makedirs('figs')\n"
        "open('figs/f.png', 'wb').write(b'1')",
        **PYTHON,
    )
    done = run(whole, path)
    assert done.state == SUCCEEDED
    assert done.reason.startswith("figs/f.png, result.csv were written beside the notebook")
    assert "JUPYTER_BATCH_OUTPUT" in done.reason
    kept = run(whole, path, keep_files=True)
    assert (kept.state, kept.reason) == (SUCCEEDED, None)
    assert artifacts(kept) == {"result.csv": b"a,b", "figs/f.png": b"1"}


def test_data_that_did_not_come_along(whole: Whole):
    done = run(whole, write(whole, "data", "open('data/x.txt').read()", **PYTHON))
    assert done.state == FAILED
    assert "data/x.txt lies beside the notebook, it must be named with --file" in done.reason


def test_a_module_beside_the_notebook(whole: Whole):
    path = write(whole, "sibling", "import helper\nprint(helper.X)", **PYTHON)
    (path.parent / "helper.py").write_text("X = 1\n")
    done = run(whole, path)
    assert done.state == FAILED
    assert "helper.py lies beside the notebook; it must be named with --file" in done.reason
    done = run(whole, path, files=["helper.py"])
    assert (done.state, done.reason) == (SUCCEEDED, None)


def test_a_linked_file_comes_as_a_file(whole: Whole):
    path = write(whole, "links", "print(open('data.txt').read())", **PYTHON)
    folder = path.parent
    (folder / "real.txt").write_text("via link")
    for name, target in {"data.txt": "real.txt", "loop": ".", "broken": "nowhere"}.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    done = run(whole, path, files=["*.txt"])
    assert (done.state, done.reason) == (SUCCEEDED, None)
    assert done.notebook().cells[0].outputs[0].text == "via link\n"


@pytest.mark.docker
def test_a_kernel_that_does_not_fit_into_its_memory(in_docker: Whole):
    done = in_docker.run("print(1)", memory="64m")
    assert done.state == FAILED
    assert str(done.reason).startswith("out of memory")
    assert "its limit of 64 MiB" in str(done.reason)


@pytest.mark.docker
def test_a_pool_that_hangs_because_a_worker_was_killed(in_docker: Whole):
    done = in_docker.run(
        "import multiprocessing as mp\ndef fill(number):\n    held = bytearray(900 * 2**20)\n"
        "    for place in range(0, len(held), 4096):\n        held[place] = 1\n    return 1\n"
        "with mp.get_context('fork').Pool(1) as pool:\n    print(pool.map(fill, range(2)))",
        memory="512m",
        timeout=30,
    )
    assert done.state == "timed_out"
    assert "more than its limit of 512 MiB" in str(done.reason)
    assert "killed a process for it" in str(done.reason)


@pytest.fixture(scope="session")
def shell_image() -> Iterator[str]:
    """The job image with a kernel of shell commands."""
    put = (
        "import base64,pathlib,sys; f=pathlib.Path(sys.prefix,'share/jupyter/kernels/shell'); "
        "f.mkdir(parents=True); "
        "f.joinpath('k.py').write_bytes(base64.b64decode(sys.argv[1])); "
        "f.joinpath('kernel.json').write_text(base64.b64decode(sys.argv[2]).decode()"
        ".replace('FILE', str(f / 'k.py')).replace('PYTHON', sys.executable))"
    )
    spec = {**SHELL_SPEC, "argv": ["PYTHON", "FILE", "-f", "{connection_file}"]}
    program = base64.b64encode(SHELL_KERNEL.read_bytes()).decode()
    told = base64.b64encode(json.dumps(spec).encode()).decode()
    lines = [
        "FROM jupyter-batch-job:latest",
        "USER root",
        "RUN " + json.dumps(["python3", "-c", put, program, told]),
        "USER 1000",
    ]
    client = docker.APIClient(base_url=find_address(), version="auto")
    try:
        text = io.BytesIO("\n".join(lines).encode())
        for event in client.build(fileobj=text, tag=SHELL_TAG, rm=True, decode=True):
            assert "error" not in event, event
        yield SHELL_TAG
        client.remove_image(SHELL_TAG, force=True, noprune=True)
    finally:
        client.close()


def _shell(whole: Whole, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Returns the options by which a run has the kernel of shell commands."""
    if whole.executor == "docker":
        return {"kernel": "shell", "image": request.getfixturevalue("shell_image")}
    return {"kernel": "shell"}


def test_an_exit_code_of_a_shell(whole: Whole, request: pytest.FixtureRequest):
    path = write(whole, "shell", "echo hi", "echo err >&2", "false", "echo never")
    done = run(whole, path, **_shell(whole, request))
    assert done.state == FAILED
    assert done.reason == "exit code 1 in cell 3 of 4"
    assert states(done) == [SUCCEEDED, SUCCEEDED, FAILED, NOT_RUN]


def test_a_shell_that_a_timeout_ends(whole: Whole, request: pytest.FixtureRequest):
    path = write(whole, "sleep", "echo hi", "sleep 100")
    done = run(whole, path, timeout=15, **_shell(whole, request))
    assert done.state == "timed_out"
    assert done.reason == "not done after 15 s in cell 2 of 2"
    assert states(done) == [SUCCEEDED, FAILED]
