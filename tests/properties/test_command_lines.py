"""Any command line ends with a documented exit code, and never with a traceback."""

from __future__ import annotations

import argparse
import io
import os
import sqlite3
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyter_batch.cli import backup, image, serve
from jupyter_batch.cli import doctor_checks as checks
from jupyter_batch.cli.console import TerminalConsole
from jupyter_batch.cli.main import build_parser
from jupyter_batch.cli.main import run as run_command
from jupyter_batch.client.client import Client
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import ExecutorError
from jupyter_batch.testing.owner import FakeOwner
from tests.paths import FUZZ

_COMMANDS = [
    *("run", "submit", "sweep", "sweeps", "runs", "show", "logs", "cancel", "retry", "delete"),
    *("export", "sql", "results", "schedule", "pause", "resume", "trigger", "edit", "upcoming"),
    *("backfill", "jobs", "image", "backup", "restore", "import-jupyter-scheduler", "doctor"),
    *("serve", "list", "create", "build", "check", "--version", "--help", ""),
]
_OPTIONS = [
    *("-p", "--parameter", "-y", "--parameters-file", "-g", "--grid", "--from", "--to", "--wait"),
    *("--name", "--executor", "--image", "--cpus", "--memory", "--gpus", "--timeout", "--file"),
    *("--env", "--secret", "--volume", "--network", "--kernel", "--priority", "--json", "--data"),
    *("--url", "--token", "--state", "--job", "--sweep", "--since", "--until", "-q", "--limit"),
    *("--attempt", "-f", "-o", "--output", "--artifacts", "--csv", "--cron", "--every", "--at"),
    *("--timezone", "--start", "--end", "--max-runs", "--jitter", "--exclude", "--missed"),
    *("--catch-up-window", "--start-deadline", "--gap", "--repeat", "--overlap", "--retries"),
    *("--pause-after-failures", "--run-timeout", "--queue-timeout", "--keep-runs", "--keep-days"),
    *("--source", "--description", "--max-concurrent", "--unset", "--no-schedule", "--force"),
    *("--reason", "--after", "--count", "--overwrite", "--takes-over", "--staging", "--replace"),
    *("--notebooks", "--paused", "--requirements", "--tag", "--base", "--root", "-h", "--", "-"),
]
_VALUES = [
    *("n.ipynb", "n", "missing.ipynb", "folder", "y.yaml", "bad.yaml", "j.json", "deep.json"),
    *("sets.csv", "bad.csv", "s.sqlite", "text", "out.ipynb", "out.html", "out.pdf", "."),
    *("last", "nightly", "0" * 26, "z" * 26, "docker", "process", "512m", "2g", "-1", "0", "1"),
    *("1e999", "nan", "inf", "9" * 400, "9" * 5000, "0.5", "10m", "2h", "1w", "99999999999w"),
    *("2026-10-25", "2026-13-45", "2026-10-25T14:30", "9999-12-31T23:59:59-14:00", "0001-01-01"),
    *("0 6 * * *", "0 0 30 2 *", "@daily", "* *", "Europe/Amsterdam", "Mars/Base", "../etc", "."),
    *("a=1,2", "n=1..5", "n=0..1..0.25", "n=5..1", "n=1..9999999999", "a=[1,", "a=" + "[" * 3000),
    *("a=\r", 'a="', "=", "a", "A=1", "A", "$(id)", "[/eu]", "\x1b[2J", "\u202e", "\udcff", "ÿ"),
    *(
        "/dev/null/x.ipynb",
        "~nobody-here/n.ipynb",
        "x" * 300 + ".ipynb",
        "SELECT 1",
        "{}",
        "[1",
        "",
    ),
    *(
        "http://owner/",
        "http://",
        "http://[::1",
        "http://a:b/",
        "ftp://x/",
        "http://\u202e/",
        "x:y",
    ),
    *("succeeded", "failed,lost", "dancing", "latest", "skip", "all", "both", "allow", "true"),
]
_loose = st.text(st.characters(blacklist_characters="/\0~", blacklist_categories=()), max_size=6)
_value = st.one_of(st.sampled_from(_VALUES), _loose)
_option = st.sampled_from(_OPTIONS)
_part = st.one_of(
    st.tuples(_option, _value),
    st.tuples(_option, _value, _value),
    st.tuples(_option),
    st.tuples(_value),
    st.builds(lambda o, v: (f"{o}={v}",), _option, _value),
)
_any_lines = st.builds(
    lambda command, parts: [command, *(word for part in parts for word in part)],
    st.one_of(st.sampled_from(_COMMANDS), _value),
    st.lists(_part, max_size=6),
)


def _commands(parser: argparse.ArgumentParser, name: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
    """Returns the parser of each command."""
    found: dict[tuple[str, ...], Any] = {name: parser} if name else {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                found |= _commands(inner, (*name, word))
    return found


_PARSERS = _commands(build_parser(), ())


@st.composite
def _fitting_lines(draw: st.DrawFn) -> list[str]:
    """A command with what it takes, of the kinds that it takes, in any order."""
    name = draw(st.sampled_from(sorted(_PARSERS)))
    words: list[list[str]] = []
    for action in _PARSERS[name]._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        if not action.option_strings:
            words.append([draw(_value)])
        elif draw(st.integers(0, 5)) == 0 and "-h" not in action.option_strings:
            flag = draw(st.sampled_from(action.option_strings))
            values = draw(st.lists(_value, min_size=1, max_size=1))
            takes = 0 if action.nargs == 0 else 2 if flag in ("-p", "--parameter") else 1
            words.append([flag, *(values * takes)])
    return [*name, *(word for one in draw(st.permutations(words)) for word in one)]


_lines = st.one_of(_fitting_lines(), _fitting_lines(), _any_lines)


class _Stop(KeyboardInterrupt):
    """Ends a command that waits for what never comes."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with files to name; nothing is started, and nothing asked but an owner in memory."""
    folder = tmp_path_factory.mktemp("line")
    for name, text in {
        "n.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "y.yaml": "alpha: 0.5\nname: x\n",
        "bad.yaml": "day: 2024-02-30\n",
        "j.json": '{"a": "\\ud800"}',
        "deep.json": "[" * 100_000,
        "sets.csv": "a,b\n1,2\n",
        "bad.csv": 'a\n"',
        "text": "text\n",
    }.items():
        (folder / name).write_text(text)
    (folder / "folder").mkdir()
    sqlite3.connect(folder / "s.sqlite").close()

    def refuse(*_, **__):
        raise ExecutorError("nothing is asked here")

    with pytest.MonkeyPatch.context() as patch:
        for module in (backup, checks, image):
            patch.setattr(module, "ask", refuse)
        patch.setattr(image, "of_the_owner", lambda _: [])
        patch.setattr(serve, "serve", lambda *_: 0)
        patch.setenv("JUPYTER_BATCH_DATA", str(folder / "data"))
        patch.setenv("COLUMNS", "100")
        patch.chdir(folder)
        build_parser.cache_clear()
        yield folder
    build_parser.cache_clear()


def run_line(arguments: list[str]) -> tuple[int, str, str]:
    owner = FakeOwner()
    owner.plan = [{"state": RunState.SUCCEEDED}]
    owner.script = [("state", {"state": "succeeded", "reason": None})]
    owner.add_run(state=RunState.SUCCEEDED)
    looks = iter(range(30))

    def sleep(seconds: float) -> None:
        if next(looks, None) is None:
            raise _Stop

    out, err = io.StringIO(), io.StringIO()
    client = Client("http://owner/", owner.token, transport=owner)
    client._connection.pause = sleep
    patch = pytest.MonkeyPatch()
    try:
        patch.setattr("sys.stdin", io.StringIO("SELECT 1"))
        patch.setattr("sys.stdout", out)  # argparse writes its help there
        code = run_command(
            arguments,
            out=TerminalConsole(file=out, width=200, highlight=False, markup=False),
            err=TerminalConsole(file=err, width=200, highlight=False, markup=False),
            client=client,
            sleep=sleep,
        )
    except SystemExit as ended:
        # Help or the version has been written.
        code = cast("int", ended.code)
    finally:
        patch.undo()
        client.close()
    return code, out.getvalue(), err.getvalue()


@settings(
    max_examples=FUZZ // 10 or 400,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(line=_lines)
@example(line=["run", "n.ipynb", "-p", "s", "\udcff"])
@example(line=["run", "caf\udce9.ipynb"])
@example(line=["run", "n.ipynb", "-y", "bad.yaml"])
@example(line=["run", "n.ipynb", "-y", "deep.json"])
@example(line=["run", "n.ipynb", "-y", "j.json"])
@example(line=["run", "~nobody-here/n.ipynb"])
@example(line=["sweep", "n.ipynb", "-g", "a=\r"])
@example(line=["sweep", "n.ipynb", "-g", "a=" + "[" * 3000])
@example(line=["sweep", "n.ipynb", "--from", "bad.csv"])
@example(line=["runs", "--since", "99999999999w"])
@example(line=["upcoming", "--cron", "@daily", "--timezone", "../etc"])
def test_a_command_line_has_an_exit_code_and_no_traceback(place, line):
    code, out, err = run_line(line)
    # 130: it was left while it waited, as by Ctrl-C.
    assert code in (0, 1, 2, 130), (line, code)
    assert "Traceback" not in out + err
    if code == 2 and "--json" not in line:
        assert err.startswith("error: "), (line, err)
    assert os.getcwd() == str(place)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["run", "n.ipynb", "-p", "s", "\udcff"], "argument 5, '�', is not text in UTF-8"),
        (["run", "caf\udce9.ipynb"], "is not text in UTF-8; a file with such a name"),
        (["run", "n.ipynb", "-y", "bad.yaml"], "day is out of range for month"),
        (["run", "n.ipynb", "-y", "j.json"], "parameters"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_so(place, line, words):
    code, _, err = run_line(line)
    assert (code, len(err.strip().splitlines()) <= 4) == (2, True), err
    assert words in err.splitlines()[0]
