"""Notebooks that papermill would run are taken; those it could not load are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from papermill.iorw import load_notebook_node, write_ipynb
from papermill.parameterize import parameterize_notebook

from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.inspect_notebook import Outline, outline
from jupyter_batch.notebook.parameters import infer_schema

CELL: dict[str, Any] = {
    "cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": [],
    "execution_count": None,
}  # fmt: skip
BOOK: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}
GONE = object()
#: Values of a key of the notebook, and of its only cell.
BOOK_CHANGES: list[tuple[str, list[Any]]] = [
    ("nbformat", [GONE, 5, "4", 4.0]),
    ("nbformat_minor", [GONE, None, 0, 4, 9]),
    ("metadata", [GONE, None, {"kernelspec": None}, {"kernelspec": "x"}, {"language_info": []}]),
    ("cells", [GONE, None, {}, ["a"], []]),
    ("extra", [1]),
]
CELL_CHANGES: list[tuple[str, list[Any]]] = [
    ("cell_type", [GONE, "raw", "markdown", "heading"]),
    ("id", [GONE]),
    ("metadata", [GONE, None, {"tags": None}, {"tags": "parameters"}, {"tags": [1]}]),
    ("source", [GONE, 3, ["a\n", "b"], ["a", 3]]),
    ("outputs", [GONE, None]),
    ("execution_count", [GONE]),
]


def changed(whole: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    merged = {**whole, key: value}
    return {name: item for name, item in merged.items() if item is not GONE}


CASES = [
    *[changed(BOOK, key, value) for key, values in BOOK_CHANGES for value in values],
    *[{**BOOK, "cells": [changed(CELL, key, value)]}
      for key, values in CELL_CHANGES for value in values],
    {**BOOK, "metadata": {"x": float("nan")}},
    [1], "text", None,
]  # fmt: skip


def papermill_loads(path: Path) -> bool:
    try:
        node = load_notebook_node(str(path))
        node = parameterize_notebook(node, {"a": 1}, kernel_name="python3", language="python")
        write_ipynb(node, str(path.with_suffix(".out.ipynb")))
    except Exception:
        return False
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case)[:120])
def test_a_notebook_is_taken_exactly_when_papermill_loads_it(case, tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(case))
    try:
        outline(path.read_bytes())
    except InvalidNotebook:
        is_taken = False
    else:
        is_taken = True
    assert is_taken == papermill_loads(path)


def test_a_language_that_papermill_can_write_but_not_read_takes_any_name():
    found = infer_schema(
        Outline(language="R", kernel="ir", parameters_index=0, parameters_source="a <- 1")
    )
    assert found.schema["properties"] == {}
    assert found.schema["additionalProperties"]["type"]


def test_a_language_that_papermill_cannot_write_takes_nothing():
    found = infer_schema(Outline(language="cobol", kernel="cobol", parameters_index=0))
    assert found.schema["additionalProperties"] is False
