"""Notebooks are the files that papermill would run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.inspect_notebook import outline

CELL: dict[str, Any] = {
    "cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": [],
    "execution_count": None,
}  # fmt: skip
BOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}


def book(**changes: object) -> bytes:
    return json.dumps({k: v for k, v in {**BOOK, **changes}.items() if v is not ...}).encode()


def with_cell(**changes: object) -> bytes:
    return book(cells=[{k: v for k, v in {**CELL, **changes}.items() if v is not ...}])


@pytest.mark.parametrize(
    "content",
    [
        book(),
        book(nbformat_minor=0),
        book(nbformat_minor=9),
        book(cells=[]),
        book(extra=1),
        book(metadata={"kernelspec": None, "language_info": "x"}),
        b"\xef\xbb\xbf" + book(),
        book(metadata={"papermill": {"parameters": {"x": float("nan")}}}),
        book(metadata={"title": "\ud83d"}),
        with_cell(id=...),
        with_cell(source=...),
        with_cell(execution_count=...),
        with_cell(cell_type="heading", outputs=...),
        with_cell(metadata={"tags": "parameters"}),
        with_cell(metadata={"tags": [1]}),
    ],
)
def test_what_papermill_would_run_is_a_notebook(content):
    outline(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"not json", r"not JSON.*line 1"),
        (b'{"cells": [\n1,\n}', r"not JSON.*line 3"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "not an object"),
        (b"{}", "nbformat"),
        (book(nbformat=...), "nbformat"),
        (book(nbformat="4"), "nbformat"),
        (book(nbformat=4.0), "nbformat"),
        (book(nbformat=5), "newer"),
        (book(nbformat_minor=...), "nbformat_minor"),
        (book(metadata=...), "metadata"),
        (book(metadata=None), "metadata"),
        (book(cells=...), "cells"),
        (book(cells=None), "cells"),
        (book(cells={}), "cells"),
        (book(cells=["a"]), "cells"),
        (with_cell(cell_type=...), "cell 0"),
        (with_cell(metadata=...), "cell 0"),
        (with_cell(outputs=...), "outputs"),
        (with_cell(outputs=None), "outputs"),
        (with_cell(source=["a", 3]), "source"),
        (with_cell(metadata={"tags": None}), "tags"),
    ],
)
def test_what_papermill_could_not_load_is_refused_with_the_reason(content, words):
    with pytest.raises(InvalidNotebook, match=words) as caught:
        outline(content)
    assert caught.value.details["field"] == "notebook"


def test_the_old_format_is_refused_with_advice():
    with pytest.raises(InvalidNotebook, match="save it"):
        outline(b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}')
