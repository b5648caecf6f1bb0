"""Text of users and notebooks in a real terminal, with a real owner."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys

import pytest

from jupyter_batch.domain.plain_text import plain_text


def in_terminal(machine, *arguments):
    """Runs the command in a terminal; returns its exit code and all that it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_batch", *map(str, arguments)],
        cwd=machine.folder,
        env={**machine.env, "TERM": "xterm-256color", "COLUMNS": "200"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(ours, 65536):
            written += piece
    os.close(ours)
    return process.wait(), written.decode()


@pytest.mark.parametrize("name", ["daily [/eu]", "[bold]x[/bold]", "[/]"])
def test_a_name_with_markup_is_a_name(machine, name):
    notebook = machine.notebook("1")
    code, shown = in_terminal(machine, "run", notebook, "--executor", "process", "--name", name)
    assert code == 0, shown
    assert "Traceback" not in shown
    assert "succeeded in" in plain_text(shown)
    assert name in plain_text(shown)


def test_a_cell_and_an_error_with_markup_are_shown(machine):
    notebook = machine.notebook(
        "import re, time\npath = '/tmp/x-1.csv'",
        "re.split('[/]', path); time.sleep(1.5)\nraise ValueError('[/-.] [/eu]')",
    )
    code, shown = in_terminal(machine, "run", notebook, "--executor", "process")
    assert code == 1, shown
    assert "rich.errors" not in shown
    text = plain_text(shown)
    assert "re.split('[/]', path); time.sleep(1.5)" in text
    assert "ValueError: [/-.] [/eu]" in text, text[-1500:]


def test_an_error_steers_no_terminal(machine):
    hostile = "\\x1b[2J\\x1b[31mred\\x1b[0m \\x1b]0;owned\\x07\\x9b2J\\u202eevil"
    machine.notebook(f'raise RuntimeError("{hostile}")')
    done = machine("run", f"{machine.folder.name}.ipynb", "--executor", "process", "-q")
    assert done.returncode == 1
    for arguments in (("runs",), ("show", "last"), ("logs", "last"), ("results",)):
        _, shown = in_terminal(machine, *arguments)
        for sequence in ("\x1b[2J", "\x1b]0;", "\x07", "\x9b", "\u202e"):
            assert sequence not in shown, arguments
    listed = machine("runs").stdout
    assert "RuntimeError: red <U+202E>evil" in listed
    assert "\x1b" not in listed + done.stdout + done.stderr
