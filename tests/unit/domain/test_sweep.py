from __future__ import annotations

from datetime import timedelta

import pytest

from jupyter_batch.domain.run import NotebookRef, RunState
from jupyter_batch.domain.sweep import (
    MAX_SWEEP_RUNS,
    SweepFacts,
    expand_grid,
    sweep_of,
    sweep_state,
)
from jupyter_batch.errors import InvalidInput, TooLarge
from jupyter_batch.testing import AT

S = RunState


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({S.QUEUED: 3}, "queued"),
        ({S.QUEUED: 2, S.STARTING: 1}, "running"),
        ({S.QUEUED: 2, S.SUCCEEDED: 1}, "running"),
        ({S.RUNNING: 1, S.CANCELLING: 1}, "running"),
        ({S.CANCELLING: 2, S.CANCELLED: 5, S.SUCCEEDED: 1}, "cancelling"),
        ({S.SUCCEEDED: 3}, "succeeded"),
        ({S.SUCCEEDED: 3, S.FAILED: 1}, "failed"),
        ({S.SUCCEEDED: 3, S.TIMED_OUT: 1}, "failed"),
        ({S.SUCCEEDED: 3, S.LOST: 1, S.FAILED: 0}, "failed"),
        ({S.SUCCEEDED: 3, S.CANCELLED: 1, S.FAILED: 1}, "cancelled"),
        ({S.SUCCEEDED: 3, S.SKIPPED: 1}, "cancelled"),
    ],
)
def test_the_runs_make_the_state(counts, state):
    assert sweep_state(counts) == state


def test_every_state_of_a_run_alone_makes_a_state_of_the_same_kind():
    for state in RunState:
        assert sweep_state({state: 1}).is_over == state.is_terminal


def test_a_sweep_has_an_end_only_once_all_its_runs_have():
    facts = SweepFacts(
        id="s", name="n", notebook=NotebookRef(path="p", sha256=""), created_at=AT, created_by="ada"
    )
    later = AT + timedelta(hours=1)
    going_on = sweep_of(facts, {S.SUCCEEDED: 2, S.QUEUED: 1, S.FAILED: 0}, later)
    assert (going_on.runs, going_on.finished_at) == (3, None)
    assert going_on.counts == {S.QUEUED: 1, S.SUCCEEDED: 2}
    assert sweep_of(facts, {S.SUCCEEDED: 2}, later).finished_at == later


def test_a_grid_has_a_set_for_each_combination_the_last_name_fastest():
    assert expand_grid({"a": [1, 2], "b": ["x", None]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": None},
        {"a": 2, "b": "x"},
        {"a": 2, "b": None},
    ]


def test_a_name_without_values_is_refused_by_name():
    with pytest.raises(InvalidInput, match="'b' has no values") as caught:
        expand_grid({"a": [1], "b": []})
    assert caught.value.details["field"] == "grid.b"


def test_a_grid_that_is_too_large_is_refused_before_it_is_made():
    with pytest.raises(TooLarge, match="1,000,000,000,000 runs") as caught:
        expand_grid({name: list(range(1000)) for name in "abcd"})
    assert caught.value.details["limit"] == MAX_SWEEP_RUNS
