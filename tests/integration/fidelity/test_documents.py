"""The runner leaves the notebook that papermill leaves, for notebooks of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CASES: list[Callable[[], dict[str, Any]]] = []
SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def code(source: str | list[str], *tags: str, **more: Any) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
    }
    return {**cell, "source": source, **more}


def text(source: str, kind: str = "markdown", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def notebook(*cells: dict[str, Any], minor: int = 4, **metadata: Any) -> dict[str, Any]:
    if minor >= 5:
        cells = tuple({"id": f"c{number}", **cell} for number, cell in enumerate(cells))
    return {
        "nbformat": 4,
        "nbformat_minor": minor,
        "metadata": {"kernelspec": SPEC, **metadata},
        "cells": list(cells),
    }


def case(function: Callable[[], dict[str, Any]]) -> None:
    def build() -> dict[str, Any]:
        built = function()
        return built if "notebook" in built else {"notebook": built}

    build.__name__ = function.__name__
    CASES.append(build)


@case
def no_cells():
    return notebook(minor=5)


@case
def empty_and_blank_cells():
    return notebook(code(""), code("  \n\n"), code("1"), text(""), text("", "raw"), minor=5)


@case
def raw_and_markdown_with_attachments():
    return notebook(
        text("# Title\n![](attachment:a.png)", attachments={"a.png": {"image/png": PNG}}),
        text("raw *text*", "raw"),
        code("1"),
        text("end", metadata={"collapsed": True, "tags": ["x"]}),
        minor=5,
    )


@case
def outputs_of_an_earlier_execution():
    old = {"output_type": "stream", "name": "stdout", "text": ["old\n"]}
    error = {"output_type": "error", "ename": "E", "evalue": "old", "traceback": ["old"]}
    return notebook(
        code("print('new')", execution_count=7, outputs=[old]),
        code("", execution_count=8, outputs=[old]),
        code("never = 1", "skip-execution", execution_count=9, outputs=[error]),
        text("between"),
        minor=5,
    )


def _of_minor(minor: int) -> None:
    def build() -> dict[str, Any]:
        result = {
            "output_type": "execute_result",
            "metadata": {},
            "data": {"text/plain": ["2"]},
            "execution_count": 3,
        }
        return {
            "notebook": notebook(
                text("*text*"),
                code(["x = 1\n", "x"], execution_count=3, outputs=[result]),
                code("print('y')", metadata={"collapsed": False, "scrolled": "auto"}),
                minor=minor,
            )
        }

    build.__name__ = f"nbformat_4_{minor}"
    CASES.append(build)


for number in range(6):
    _of_minor(number)


@case
def nbformat_3():
    cell = {
        "cell_type": "code",
        "language": "python",
        "metadata": {},
        "collapsed": False,
        "input": "print(1)",
        "outputs": [],
        "prompt_number": 1,
    }
    heading = {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Title"}
    return {
        "notebook": {
            "nbformat": 3,
            "nbformat_minor": 0,
            "metadata": {"name": "old", "kernelspec": SPEC},
            "worksheets": [{"metadata": {}, "cells": [heading, cell]}],
            "cells": [],
        }
    }


@case
def no_kernelspec_but_a_kernel_given():
    bare = notebook(code("1 + 1"), minor=5)
    bare["metadata"] = {}
    return {"notebook": bare, "kernel": "python3"}


@case
def metadata_of_all_sorts():
    return notebook(
        code("1", metadata={"jupyter": {"source_hidden": True}, "own": {"a": [1, None]}}),
        code(
            "2", metadata={"execution": {"iopub.status.busy": "2020"}, "tags": ["t"], "name": "n"}
        ),
        language_info={"name": "python", "version": "2.7", "own": 1},
        authors=[{"name": "Ä"}],
        title="t",
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}},
        minor=5,
    )


@case
def doubled_cell_ids():
    return notebook(code("1", id="same"), code("2", id="same"), text("3", id="same"), minor=5)


@case
def an_executed_notebook_of_papermill():
    marker = text("<span>error</span>", metadata={"tags": ["papermill-error-cell-tag"]})
    told = {"start_time": "old", "end_time": "old", "duration": 1.0, "status": "failed"}
    return notebook(
        marker,
        code("a = 1", "parameters"),
        code("# Parameters\na = 5\n", "injected-parameters"),
        code("a", metadata={"papermill": {**told, "exception": True}}),
        papermill={"parameters": {"a": 5}, "version": "1.0", "exception": True, "own": 1},
        minor=5,
    )


@case
def parameters_with_a_cell_for_them():
    values = {
        "text": 'it\'s "q" \\ \n\t${x} `y` {z} é 中 🎉',
        "number": -3,
        "share": 1.5e-7,
        "yes": True,
        "none": None,
        "items": [1, "two", [None, False], {"k": "v"}],
        "nested": {"a b": {"c": [1.0, "x'"]}, "é": ""},
    }
    return {
        "notebook": notebook(
            text("# Title"),
            code("text = number = share = yes = none = items = nested = 0", "parameters"),
            code("print(text, number, share, yes, none, items, nested)"),
            minor=5,
        ),
        "parameters": values,
    }


@case
def parameters_without_a_cell_for_them():
    return {"notebook": notebook(text("x"), code("print(a)")), "parameters": {"a": "v"}}


@case
def parameters_in_the_place_of_injected_ones():
    return {
        "notebook": notebook(
            code("a = 1", "parameters", "other"),
            code("a = 2", "injected-parameters"),
            code("print(a)"),
            minor=5,
        ),
        "parameters": {"a": 3},
    }


@case
def parameters_and_an_error():
    return {
        "notebook": notebook(code("a = 1", "parameters"), text("m"), code("1 / a"), code("2")),
        "parameters": {"a": 0},
    }


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_document_is_that_of_papermill(case: Callable[[], dict[str, Any]], differences: Any):
    assert differences(case) == []
