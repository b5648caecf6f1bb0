from __future__ import annotations

import io
import json

import pytest

from jupyter_batch.cli.console import TerminalConsole
from jupyter_batch.cli.main import run as run_command
from jupyter_batch.client.client import Client
from jupyter_batch.testing.owner import FakeOwner


class Shell:
    """Runs the command against an owner in memory and keeps what it wrote."""

    def __init__(self, owner, *, terminal=False):
        self._owner = owner
        self._terminal = terminal
        self.out = ""
        self.err = ""

    def __call__(self, *arguments) -> int:
        out, err = io.StringIO(), io.StringIO()
        client = Client("http://owner/", self._owner.token, transport=self._owner)
        try:
            return run_command(
                [str(argument) for argument in arguments],
                out=self._console(out),
                err=self._console(err),
                client=client,
                sleep=lambda seconds: None,
            )
        finally:
            client.close()
            self.out, self.err = out.getvalue(), err.getvalue()

    def _console(self, file):
        return TerminalConsole(
            file=file, width=200, highlight=False, markup=False, force_terminal=self._terminal
        )

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def owner():
    return FakeOwner()


@pytest.fixture
def shell(owner):
    return Shell(owner)


@pytest.fixture
def terminal(owner):
    return Shell(owner, terminal=True)


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "report.ipynb"
    path.write_text('{"cells": []}')
    return path
