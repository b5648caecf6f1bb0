"""Outputs and metadata that are nested beyond what notebooks can hold end nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Start = Callable[..., Any]
DEEP = "deep = []\nfor _ in range({0} - 1):\n    deep = [deep]\n"


def outputs(running: Any, cell: int) -> list[dict[str, Any]]:
    """Returns the outputs of a cell, none of them in slices."""
    return [json.loads(op.body) for op in running.ops() if op.cell == cell and op.body]


@pytest.mark.parametrize("levels", [300, 900])
@pytest.mark.parametrize(
    "show",
    [
        "display({'application/json': deep}, raw=True)",
        "display({'text/plain': 'x'}, metadata={'text/plain': {'a': deep}}, raw=True)",
        "display({'application/json': 1}, raw=True, display_id='i')\n"
        "from IPython.display import update_display\n"
        "update_display({'application/json': deep}, display_id='i', raw=True)",
    ],
    ids=["output", "metadata", "update"],
)
def test_the_run_goes_on_and_what_is_left_out_is_told(start: Start, levels: int, show: str):
    running = start(DEEP.format(levels) + show, "print('after')")
    finished = running.wait()
    assert (finished.verdict, finished.cause) == ("succeeded", "done")
    assert running.text(1) == "after\n"
    told = json.dumps(outputs(running, 0))
    assert "[[[[" not in told
    if "metadata" not in show:
        assert "an output of type application/json that is nested more than 200 levels" in told


def test_what_is_not_that_deep_is_kept_whole(start: Start):
    running = start(DEEP.format(190) + "display({'application/json': deep}, raw=True)")
    running.wait()
    (output,) = outputs(running, 0)
    assert json.dumps(output["data"]["application/json"]) == "[" * 190 + "]" * 190
