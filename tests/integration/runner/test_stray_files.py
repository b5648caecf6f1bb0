"""Files beside the notebook: what is written there, what is missing there, and links."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_batch.domain import frames

Start = Callable[..., Any]
WRITES = """
import os
open('result.csv', 'w').write('a,b')
os.makedirs('figs')
open('figs/f.png', 'wb').write(b'1')
open('old.txt').read()
open('changed.txt', 'a').write('!')
"""
FILES = {"old.txt": b"old", "changed.txt": b"c"}


def _artifacts(running: Any) -> dict[str, bytes]:
    return {frame.path: frame.content() for frame in running.kinds(frames.ArtifactChunk)}


def test_files_written_beside_the_notebook_are_named(start: Start):
    running = start(WRITES, files=FILES)
    finished = running.wait()
    (note,) = finished.notes
    assert note.startswith(
        "changed.txt, figs/f.png, result.csv were written beside the notebook and are not kept"
    )
    assert "JUPYTER_BATCH_OUTPUT" in note
    assert _artifacts(running) == {}


def test_files_written_beside_the_notebook_are_kept_on_request(start: Start):
    running = start(WRITES, files=FILES, keep_files=True)
    assert running.wait().notes == ()
    assert _artifacts(running) == {
        "changed.txt": b"c!",
        "figs/f.png": b"1",
        "result.csv": b"a,b",
    }


def test_a_module_that_is_imported_leaves_nothing_to_tell(start: Start):
    running = start("import helper", files={"helper.py": b"X = 1"})
    finished = running.wait()
    assert (finished.verdict, finished.notes) == ("succeeded", ())


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("open('data/x.txt')", "data/x.txt"),
        ("import os\nos.stat(b'x')", "x"),
        ("import pathlib\npathlib.Path('a b.csv').read_text()", "a b.csv"),
        ("%run helper.py", "helper.py"),
        ("import helper", "helper.py"),
        ("from pkg.sub import thing", "pkg.py"),
    ],
)
def test_a_file_that_is_missing_is_to_be_named_with_file(start: Start, source: str, named: str):
    finished = start(source).wait()
    assert finished.verdict == "failed"
    (note,) = finished.notes
    assert note.startswith(f"if {named} ")
    assert "lies beside the notebook, it must be named with --file" in note


@pytest.mark.parametrize(
    ("source", "begin"),
    [
        ("import helper", "helper.py lies beside the notebook; it must be named with --file ("),
        ("from pkg.sub import x", "the folder pkg lies beside the notebook; its files must be"),
        ("open('data/x.txt')", "data/x.txt lies beside the notebook; it must be named with"),
        ("open('./data/x.txt')", "./data/x.txt lies beside the notebook; it must be named"),
        ("open('data/y.txt')", "if data/y.txt lies beside the notebook, it must be named"),
        ("import data.x", "the folder data lies beside the notebook; its files must be named"),
        ("import x", "if x.py or the folder x lies beside the notebook"),
    ],
)
def test_what_lies_beside_is_known_for_certain(start: Start, source: str, begin: str):
    not_sent = ["helper.py", "pkg/", "data/", "pkg/sub.py", "data/x.txt"]
    (note,) = start(source, not_sent=not_sent).wait().notes
    assert note.startswith(begin)


@pytest.mark.parametrize("source", ["open('/nowhere/x')", "1/0", "raise ImportError('x')"])
def test_other_errors_come_without_that_advice(start: Start, source: str):
    assert start(source).wait().notes == ()


def test_links_among_artifacts_are_followed_inside_the_folder_or_named(start: Start):
    running = start(
        "import os\nos.chdir(os.environ['JUPYTER_BATCH_OUTPUT'])\n"
        "open('real.txt', 'w').write('via link')\nos.symlink('real.txt', 'data.txt')\n"
        "os.makedirs('runs/1')\nopen('runs/1/a', 'w').write('a')\nos.symlink('runs/1', 'latest')\n"
        "os.symlink('/etc/hostname', 'out.txt')\nos.symlink('nowhere', 'broken')\n"
        "os.symlink('.', 'loop')\nos.symlink('..', 'runs/up')\nos.symlink('..', 'outside')\n"
        "os.mkfifo('pipe')"
    )
    finished = running.wait()
    assert finished.verdict == "succeeded"
    assert _artifacts(running) == {
        "real.txt": b"via link",
        "data.txt": b"via link",
        "latest/a": b"a",
        "runs/1/a": b"a",
    }
    left_out = "the artifact {} is left out: "
    assert sorted(finished.notes) == sorted(
        left_out.format(name) + why
        for name, why in {
            "out.txt": "it is a link to /etc/hostname, outside of the folder",
            "broken": "it is a link to nowhere, which is not there",
            "loop": "it is a link to ., which it lies in",
            "runs/up": "it is a link to .., which it lies in",
            "outside": "it is a link to .., outside of the folder",
            "pipe": "it is no plain file",
        }.items()
    )


def test_many_links_that_lead_out_are_not_all_named(start: Start):
    finished = start(
        "import os\nos.chdir(os.environ['JUPYTER_BATCH_OUTPUT'])\n"
        "for i in range(200):\n    os.symlink('/etc/hostname', str(i))"
    ).wait()
    assert len(finished.notes) == 21
    assert finished.notes[-1] == "180 more artifacts are left out"


def _notebook(metadata: dict[str, Any], source: str = "print('x')") -> bytes:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": [cell]}
    ).encode()


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        ({}, "the notebook names no kernel: it ran on 'python3'"),
        (
            {"kernelspec": {"display_name": "Python 3", "language": "python"}},
            "the notebook names no kernel: it ran on 'python3'",
        ),
        ({"kernelspec": None}, "the notebook names no kernel: it ran on 'python3'"),
        (
            {"kernelspec": {"name": "venv-x", "display_name": "x", "language": "python"}},
            "the kernel 'venv-x' of the notebook is not there: it ran on 'python3'",
        ),
        (
            {
                "kernelspec": {"name": "My Env", "display_name": "x"},
                "language_info": {"name": "python"},
            },
            "the kernel 'My Env' of the notebook is not there: it ran on 'python3'",
        ),
    ],
)
def test_a_notebook_without_a_kernel_of_ours_runs_by_its_language(
    start: Start, metadata: dict[str, Any], note: str
):
    running = start(content=_notebook(metadata), parameters={"a": 1})
    finished = running.wait()
    assert (finished.verdict, finished.notes) == ("succeeded", (note,))
    assert running.kinds(frames.StartedFrame)[0].kernel_name == "python3"


def test_a_notebook_in_a_language_that_is_not_there_names_the_kernels(start: Start):
    spec = {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}
    running = start(content=_notebook({"kernelspec": spec}))
    finished = running.wait()
    assert (finished.verdict, finished.cause) == ("failed", "no_kernel")
    assert "the kernel 'julia-1.9' of the notebook is not there" in finished.message
    assert "python3" in finished.message
    assert running.process.returncode == 69


def test_the_kernel_that_is_asked_for_always_wins(start: Start):
    running = start(content=_notebook({"kernelspec": {"name": "x"}}), kernel="python3")
    finished = running.wait()
    assert (finished.verdict, finished.notes) == ("succeeded", ())
