"""Any name, reason or error is shown as text, without control of the terminal."""

from __future__ import annotations

import io
import json
import logging
import re
import shlex
import sys
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.text import Text

from jupyter_batch.cli.console import TerminalConsole, clean, coloured, safe_json
from jupyter_batch.cli.main import run as run_command
from jupyter_batch.client.client import Client
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.plain_text import plain_line, plain_text
from jupyter_batch.domain.run import RunState
from jupyter_batch.server.plain_logs import PlainRecords, keep_logs_plain
from jupyter_batch.services.execution import dispatcher
from jupyter_batch.testing.owner import FakeOwner
from jupyter_batch.widgets import markup
from tests.paths import FUZZ

#: Markup of all that shows text: rich, HTML, Markdown, shells, log formats, terminals.
MARKUP = [
    *("[/eu]", "daily [/eu]", "[bold]", "[/]", "[/-.]", "[link=x]y[/link]", "[red", "\\[", "[[]]"),
    *("<script>alert(1)</script>", "<img src=x onerror=y>", "&lt;", "'\"><b>", "<!--", "]]>"),
    *(
        "# title",
        "*b*",
        "`c`",
        "[a](javascript:b)",
        "![](x)",
        "|a|b|",
        "$(id)",
        "`id`",
        "; rm -rf ~",
    ),
    *("%s", "%(a)s", "%", "{0}", "{x!r}", "{", "${x}", ":smile:", "re.split('[/]', p)"),
    *("\x1b[2J", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\a\x1b]8;;\x1b\\"),
    *("\x1b", "\x1b[", "\x1b]", "\x9b2J", "\x9d0;t\x9c", "\x1bP+q\x1b\\", "\x1b\x1b[2J[2J", "\x07"),
    *("a\rb", "a\nb", "a\r\nb", "\t", "\x08\x08", "\x0c", "\x7f", "\x85", "\0"),
    *(
        "\u202eabc",
        "\u2066a\u2069",
        "\u2028",
        "\u200f",
        "\ufeff",
        "e\u0301",
        "日本",
        "👩‍👩‍👧",
        "\ud800",
    ),
]
_texts = st.lists(
    st.one_of(st.sampled_from(MARKUP), st.text(max_size=8)), min_size=1, max_size=4
).map("".join)
_many = settings(
    max_examples=max(FUZZ // 100, 50),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OF_RICH = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]*[A-DGJK]|\?25[hl])|\r")


def steers(text: str, *, but: str = "\n\t") -> list[str]:
    """Returns the characters by which a text would steer a terminal or hide what it is."""
    return [
        character
        for character in text
        if (unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in but)
        or unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF")
        or unicodedata.bidirectional(character) in ("LRI", "RLI", "FSI", "PDI")
    ]


def test_of_all_of_unicode_only_what_steers_is_changed():
    for number in range(sys.maxunicode + 1):
        text = f"a{chr(number)}b"
        shown = plain_text(text)
        if steers(text):
            assert not steers(shown), hex(number)
        else:
            assert shown == text, hex(number)


@settings(_many, max_examples=FUZZ or 2000)
@given(text=_texts)
def test_a_plain_text_is_plain_and_stays_as_it_is(text):
    shown = plain_text(text)
    assert steers(shown) == []
    assert plain_text(shown) == shown
    line = plain_line(text)
    assert steers(line, but="") == []
    assert steers(coloured(text, colours=True).plain) == []
    bare = coloured(text, colours=False)
    cleaned = clean(bare)
    assert isinstance(cleaned, Text)
    assert cleaned.plain == bare.plain
    assert shlex.split(shlex.quote(line)) == [line]
    if not steers(text):
        assert shown == text


def test_long_hostile_texts_take_linear_time():
    for piece in ("\x1b]", "\x9d", "\x1b[", "\x9b0", "\x1b", "\x1b ", "\x1b]a\x1b", "\u202e"):
        plain_text(piece * 200_000)


@_many
@given(text=_texts)
def test_json_for_a_terminal_means_the_same(text):
    written = json.dumps({text: text}, ensure_ascii=False)
    shown = safe_json(written)
    assert json.loads(shown) == {text: text}
    assert [one for one in steers(shown) if not "\ud800" <= one <= "\udfff"] == []


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    path = tmp_path_factory.mktemp("shown") / "n.ipynb"
    path.write_text('{"cells": []}')
    return path


def _hostile_events(text: str) -> list[tuple[str, dict[str, object]] | None]:
    cell = {"cell_index": 0, "cell_type": "code"}
    return [
        ("state", {"state": "starting", "reason": text}),
        ("preparing", {"message": text, "share": 0.5}),
        ("state", {"state": "running", "reason": None}),
        ("started", {"cells_total": 1, "kernel_name": text, "language": text}),
        ("cell_started", {**cell, "source": text, "cells_total": 1}),
        ("progress", {"name": text, "processed": 1, "total": 2}),
        (
            "cell_finished",
            {
                **cell,
                "state": "failed",
                "duration_seconds": 0.1,
                "error": {"ename": text, "evalue": text},
                "cells": {"total": 1, "done": 1, "failed": 1},
            },
        ),
        ("state", {"state": "failed", "reason": text}),
    ]


def _owner(text: str) -> FakeOwner:
    owner = FakeOwner()
    error = CellError(cell_index=0, ename=text, evalue=text, traceback=(text, text))
    fields = {
        "state": RunState.FAILED,
        "name": text,
        "reason": text,
        "error": error,
        "cells": CellCount(total=1, done=1, failed=1),
        "parameters": {text: text},
        "artifacts": (Artifact(path=text, size_bytes=1, sha256="", media_type=text),),
    }
    owner.add_run(**fields)
    owner.plan = [fields]
    owner.script = _hostile_events(text)
    owner.log = [text]
    owner.cells = [{"cell_index": 0, "cell_type": "code", "source": text, "state": "failed"}]
    owner.results = {text: text}
    owner.answers = {"q": ([(text, "VARCHAR")], [[text]])}
    return owner


def _run(owner: FakeOwner, arguments: list[str], *, terminal: bool) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    consoles = [
        TerminalConsole(
            file=file, width=300, highlight=False, markup=False, force_terminal=terminal
        )
        for file in (out, err)
    ]
    with Client("http://owner/", owner.token, transport=owner) as client:
        code = run_command(
            arguments, out=consoles[0], err=consoles[1], client=client, sleep=lambda _: None
        )
    return code, out.getvalue(), err.getvalue()


@_many
@given(text=_texts.map(lambda text: text.encode("utf-8", "replace").decode()))
@example(text="daily [/eu]")
@example(text="re.split('[/]', p)")
@example(text="\x1b[31mred\x1b[0m [/-.]")
def test_every_command_shows_any_text_and_does_what_it_does(notebook, text):
    for arguments, wanted in (
        (["run", str(notebook), f"--name=x{text}"], 1),
        (["runs"], 0),
        (["show", "last"], 0),
        (["logs", "last"], 0),
        (["sql", "q"], 0),
        (["sql", "q", "--csv"], 0),
        (["results"], 0),
        (["jobs", "create", str(notebook), f"--name=x{text}"], 0),
        (["jobs"], 0),
    ):
        for terminal in (True, False):
            owner = _owner(text)
            if arguments == ["jobs"]:
                _run(owner, ["jobs", "create", str(notebook), f"--name=x{text}"], terminal=False)
            code, out, err = _run(owner, arguments, terminal=terminal)
            assert code == wanted, (arguments, code, err)
            known = _OF_RICH if terminal else _COLOUR
            if "--csv" not in arguments or terminal:
                assert steers(known.sub("", out)) == [], (arguments, out)
            assert steers(known.sub("", err)) == [], (arguments, err)
            if arguments == ["runs"] and not terminal:
                assert plain_line(text).rstrip() in out


@_many
@given(text=_texts)
def test_a_log_has_one_line_for_each_message(text):
    written = io.StringIO()
    logger = logging.Logger("jupyter_batch.test")  # noqa: LOG001
    logger.addHandler(logging.StreamHandler(written))
    logger.addFilter(PlainRecords())
    logger.warning("Cannot do %s %d times: %s", text, 3, ValueError(text))
    line = plain_line(text)
    assert written.getvalue() == f"Cannot do {line} 3 times: {line}\n"
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("A fault")
    assert steers(written.getvalue()) == []


def test_all_our_loggers_write_plain_records():
    first = dispatcher.log
    keep_logs_plain()
    keep_logs_plain()
    assert len([one for one in first.filters if isinstance(one, PlainRecords)]) == 1


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


@_many
@given(text=_texts.map(lambda text: text.encode("utf-8", "replace").decode()))
def test_html_has_no_tags_but_ours_whatever_is_shown(text):
    owner, usual = _owner(text), _owner("usual")
    pages = []
    for one in (owner, usual):
        with Client("http://owner/", one.token, transport=one) as client:
            run = client.runs.find("last")
            pages.append(_read(run._repr_html_() + client.runs.list()._repr_html_()))
    assert (pages[0].tags, pages[0].attributes) == (pages[1].tags, pages[1].attributes)
    assert steers(pages[0].text) == []
    assert plain_text(text)[:100] in pages[0].text
    assert _read(markup.note(f"a{text}")).tags == {"div", "style"}
    assert _read(markup.escape(text)).tags == set()
