"""Papermill calls no parameter unknown that the notebook sets."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from jupyter_batch.runner.known import KnownParameters, sets


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "x: int",
        "x: dict[str, list[int]] = {}",
        "a = x = 1",
        "a, x = 1, 2",
        "a = 1; x = 2",
        "x = (\n    1,\n    2,\n)",
        "if True:\n    x = 1",
        "for x in range(3):\n    pass",
        "%matplotlib inline\nx = 1",
        "x <- 1",
    ],
)
def test_a_name_that_is_set_is_known(source):
    assert sets(source, "x")


@pytest.mark.parametrize("source", ["", "y = 1", "print(x)", "x == 1", "y = x", "%magic\nxx = 1"])
def test_a_name_that_is_not_set_is_not(source):
    assert not sets(source, "x")


def _passes(path: Path, message: str) -> bool:
    record = logging.LogRecord("papermill", logging.WARNING, "", 0, message, None, None)
    return KnownParameters(str(path)).filter(record)


def test_only_warnings_that_are_not_so_are_dropped(tmp_path):
    path = tmp_path / "nb.ipynb"
    cells = [
        {"cell_type": "code", "source": "other = 1", "metadata": {}},
        {"cell_type": "code", "source": ["a, b = 1, 2\n"], "metadata": {"tags": ["parameters"]}},
    ]
    path.write_text(json.dumps({"cells": cells}))
    assert not _passes(path, "Passed unknown parameter: b")
    assert _passes(path, "Passed unknown parameter: other")
    assert _passes(path, "Executing notebook")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": [1]}', "\xff"])
def test_a_file_that_cannot_be_read_drops_nothing(tmp_path, content):
    path = tmp_path / "nb.ipynb"
    path.write_text(content, encoding="latin-1")
    assert _passes(path, "Passed unknown parameter: a")
