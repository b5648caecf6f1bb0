"""Sweeps: many runs of one notebook over parameter sets, with one common state."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from jupyter_batch.domain.run import NotebookRef, RunState
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidInput, TooLarge

#: Most runs of one sweep.
MAX_SWEEP_RUNS = 10_000

#: Endings that count as failed for a retry.
FAILURES = (RunState.FAILED, RunState.TIMED_OUT, RunState.LOST)
#: Endings from which a run of a sweep can be retried.
RETRYABLE = (*FAILURES, RunState.CANCELLED)

Counts = Mapping[RunState, int]


class SweepState(StrEnum):
    """The state of a sweep, which follows from its runs."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Returns whether the sweep is over."""
        return self in (SweepState.SUCCEEDED, SweepState.FAILED, SweepState.CANCELLED)


class SweepFacts(Value, frozen=True, kw_only=True):
    """The stored fields of a sweep. The others follow from its runs."""

    id: str
    name: str
    notebook: NotebookRef
    created_at: datetime
    created_by: str
    #: How many of its runs may be active at once; None for no limit of its own.
    max_concurrent: int | None = None


class Sweep(SweepFacts, frozen=True, kw_only=True):
    """A set of runs of one notebook over many parameter sets."""

    state: SweepState
    #: How many of its runs are in each state; states with none are left out.
    counts: dict[RunState, int] = msgspec.field(default_factory=dict)
    #: How many runs it has; one that is deleted does not count any more.
    runs: int
    #: When the last of its runs was over; None while one is not.
    finished_at: datetime | None = None


def sweep_of(facts: SweepFacts, counts: Counts, finished_at: datetime | None) -> Sweep:
    """Returns the sweep; ``finished_at`` is the latest of its runs'."""
    state = sweep_state(counts)
    return Sweep(
        **msgspec.structs.asdict(facts),
        state=state,
        counts={one: counts[one] for one in RunState if counts.get(one)},
        runs=sum(counts.values()),
        finished_at=finished_at if state.is_over else None,
    )


def sweep_state(counts: Counts) -> SweepState:
    """Returns the state of a sweep whose runs are in these states.

    A sweep with a cancelled run is not complete, so it is ``cancelled`` even if
    others have failed; the counts show those.
    """
    present = {state for state, count in counts.items() if count}
    going_on = present & UNFINISHED
    if going_on:
        if present == {RunState.QUEUED}:
            return SweepState.QUEUED
        only_ending = going_on == {RunState.CANCELLING}
        return SweepState.CANCELLING if only_ending else SweepState.RUNNING
    if present & {RunState.CANCELLED, RunState.SKIPPED}:
        return SweepState.CANCELLED
    return SweepState.FAILED if present & set(FAILURES) else SweepState.SUCCEEDED


def expand_grid(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Returns one parameter set for each combination; the last name changes fastest.

    Raises InvalidInput for a name without values, TooLarge.
    """
    for name, values in grid.items():
        if not values:
            raise InvalidInput(f"{name!r} has no values to sweep over", field=f"grid.{name}")
    check_size(math.prod(len(values) for values in grid.values()), field="grid")
    return [
        dict(zip(grid, combination, strict=True))
        for combination in itertools.product(*grid.values())
    ]


def check_size(count: int, *, field: str) -> None:
    """Raises InvalidInput for no runs at all, TooLarge for more than one sweep may have."""
    if count < 1:
        raise InvalidInput("a sweep has at least one parameter set", field=field)
    if count > MAX_SWEEP_RUNS:
        raise TooLarge(
            f"that would be {count:,} runs; a sweep has at most {MAX_SWEEP_RUNS:,}: "
            "take fewer values, or make several sweeps",
            field=field,
            count=count,
            limit=MAX_SWEEP_RUNS,
        )
