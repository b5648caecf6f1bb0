"""The representations of objects in a notebook and a terminal."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.run import NotebookRef, RunState
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.errors import NotAllowed
from jupyter_batch.testing import AT, make_job

HOSTILE = "<script>alert(1)</script>&\"'\x1b[31m"
VOID = {"br", "img", "input", "hr"}


class Page(HTMLParser):
    """Knows the tags of a piece of HTML, and whether each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.styles: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.styles += [value for name, value in attrs if name == "style"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def hostile(owner, client, notebook):
    """A server of which everything is named so as to break a page."""
    error = CellError(cell_index=0, ename=HOSTILE, evalue=HOSTILE)
    owner.plan = [
        {
            "state": RunState.FAILED,
            "name": HOSTILE,
            "reason": HOSTILE,
            "error": error,
            "created_by": HOSTILE,
            "notebook": NotebookRef(path=HOSTILE, sha256=""),
            "parameters": {HOSTILE: HOSTILE},
            "cells": CellCount(total=3, done=2, failed=1),
            "started_at": AT,
            "finished_at": AT + timedelta(seconds=75),
        }
    ]
    owner.cells = [
        {
            "cell_index": 0,
            "cell_type": "code",
            "source": HOSTILE,
            "state": "failed",
            "error": {"cell_index": 0, "ename": HOSTILE, "evalue": HOSTILE},
        }
    ]
    job = make_job(
        name=HOSTILE,
        notebook=HOSTILE,
        description=HOSTILE,
        parameters={HOSTILE: [HOSTILE]},
        triggers=(CronTrigger(id="t", cron="0 18 * * *", parameters={"a": HOSTILE}),),
    )
    owner.jobs[job.id] = job
    sweep = client.sweep(notebook, [{HOSTILE: HOSTILE}], name="<i>").wait()
    run = sweep.runs()[0]
    return {
        "run": run,
        "runs": client.runs,
        "some runs": client.runs[:5],
        "runs of a sweep": sweep.runs(),
        "cells": run.cells(),
        "cell": run.cells()[0],
        "job": client.jobs.get(job.id),
        "jobs": client.jobs,
        "triggers": client.jobs.get(job.id).triggers,
        "trigger": client.jobs.get(job.id).triggers[0],
        "sweep": sweep,
        "sweeps": client.sweeps,
        "table": sweep.table(),
    }


KINDS = [
    "run",
    "runs",
    "cells",
    "cell",
    "job",
    "jobs",
    "triggers",
    "trigger",
    "sweep",
    "sweeps",
    "table",
]


@pytest.mark.parametrize("kind", [*KINDS, "some runs", "runs of a sweep"])
def test_nothing_that_is_named_gets_into_the_page(hostile, kind):
    shown = hostile[kind]._repr_html_()
    page = Page(shown)
    assert not page.tags & {"script", "i", "style", "img", "a"}
    assert "\x1b" not in shown
    assert "<script" in page.text or "<i>" in page.text


@pytest.mark.parametrize("kind", KINDS)
def test_text_has_the_colour_of_the_page(hostile, kind):
    page = Page(hostile[kind]._repr_html_())
    for style in page.styles:
        named = dict(part.split(":", 1) for part in style.split(";"))
        assert "background" not in named
        assert named.get("color", "inherit") == "inherit" or named["color"].startswith("var(--jp-")


@pytest.mark.parametrize("kind", KINDS)
def test_each_has_a_short_text(hostile, kind):
    assert 0 < len(repr(hostile[kind])) < 2000


def test_a_list_that_cannot_be_fetched_says_why(owner, remote):
    owner.trouble.extend([NotAllowed("not <you>")] * 2)
    assert "not &lt;you&gt;" in remote.runs._repr_html_()
    told: list[str] = []
    remote.runs.list()._repr_pretty_(type("P", (), {"text": staticmethod(told.append)}), False)
    assert "not <you>" in told[0]


def test_an_empty_list_says_so_and_a_long_one_that_there_are_more(owner, remote):
    assert "no runs" in remote.runs._repr_html_()
    for _ in range(30):
        owner.add_run()
    assert "the 20 newest" in remote.runs._repr_html_()
    assert remote.runs._repr_html_().count("<tr>") == 21
    assert len(owner.requests) == 3


def test_completion_knows_the_names(owner, client, notebook):
    client.jobs.create(notebook, name="nightly")
    assert client.jobs._ipython_key_completions_() == ["nightly"]
    assert "n" in client.sweep(notebook, [{"n": 1}]).table()._ipython_key_completions_()
