"""The import of a notebook that was executed elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from jupyter_batch.domain.cell import CellCount, CellState
from jupyter_batch.domain.imported_notebook import split_notebook
from jupyter_batch.errors import InvalidNotebook


def code(source: str, *outputs, count: int | None = None, **metadata):
    return {
        "cell_type": "code",
        "source": [source],
        "outputs": list(outputs),
        "execution_count": count,
        "metadata": metadata,
    }


def packed(*cells) -> bytes:
    return json.dumps(
        {"cells": cells, "metadata": {"a": 1}, "nbformat": 4, "nbformat_minor": 4}
    ).encode()


ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": ["one"]}
TEXT = {"output_type": "stream", "name": "stdout", "text": ["hi\n"]}


def test_cells_outputs_and_the_error_are_told_apart():
    times = {
        "iopub.execute_input": "2026-01-15T12:00:00Z",
        "shell.execute_reply": "2026-01-15T12:00:02Z",
    }
    parts = split_notebook(
        packed(
            {"cell_type": "markdown", "source": "# Title", "metadata": {}},
            code("print('hi')", TEXT, TEXT, count=1, execution=times),
            code("x", ERROR, count=2),
            code("never"),
        )
    )
    states = [cell.state for cell in parts.cells]
    assert states == [
        CellState.SUCCEEDED,
        CellState.SUCCEEDED,
        CellState.FAILED,
        CellState.NOT_RUN,
    ]
    assert parts.counts == CellCount(total=4, done=3, failed=1)
    assert parts.cells[1].finished_at == datetime(2026, 1, 15, 12, 0, 2, tzinfo=UTC)
    assert [(op.cell, op.no, op.type) for op in parts.outputs] == [
        (1, 0, "stream"),
        (1, 1, "stream"),
        (2, 0, "error"),
    ]
    assert parts.error is not None
    assert (parts.error.cell_index, parts.error.ename) == (2, "KeyError")


def test_what_was_frozen_has_no_outputs_and_no_injected_parameters():
    parts = split_notebook(
        packed(code("a = 1", tags=["parameters"]), code("a = 2", tags=["injected-parameters"]))
    )
    source = json.loads(parts.source)
    assert [cell["source"] for cell in source["cells"]] == [["a = 1"]]
    assert len(json.loads(parts.skeleton)["cells"]) == 2
    assert source["metadata"] == {"a": 1}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"nbformat": 3, "worksheets": []}', b'{"nbformat": 4, "cells": [1]}'],
)
def test_what_is_no_notebook_is_refused(content):
    with pytest.raises(InvalidNotebook):
        split_notebook(content)
