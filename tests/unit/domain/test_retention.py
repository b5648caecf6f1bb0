"""The selection of runs that retention deletes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jupyter_batch.domain.retention import EndedRun, Retention, expired, retention_of
from jupyter_batch.testing import AT, make_job


def runs(*days_ago: float) -> list[EndedRun]:
    """Returns runs r0, r1, ... that ended so many days ago."""
    return [
        EndedRun(id=f"r{number}", ended_at=AT - timedelta(days=days))
        for number, days in enumerate(days_ago)
    ]


@pytest.mark.parametrize(
    ("retention", "protected", "gone"),
    [
        (Retention(), None, ""),
        (Retention(keep_runs=2), None, "r0 r1 r2"),
        (Retention(keep_runs=5), None, ""),
        (Retention(keep_runs=1), "r1", "r0 r2 r3"),
        (Retention(keep_days=6), None, "r0 r1"),
        (Retention(keep_days=7), None, "r0"),
        (Retention(keep_days=0.5), "r4", "r0 r1 r2 r3"),
        (Retention(keep_days=0.5), None, "r0 r1 r2 r3 r4"),
        (Retention(keep_runs=4, keep_days=4), None, "r0 r1 r2"),
        (Retention(keep_runs=2, keep_days=100), None, "r0 r1 r2"),
    ],
)
def test_a_run_goes_when_it_is_beyond_either_limit(retention, protected, gone):
    oldest = runs(9, 7, 5, 3, 1)
    found = expired(oldest, count=5, protected=protected, retention=retention, now=AT)
    assert found == tuple(gone.split())


def test_only_the_oldest_of_a_large_group_are_needed():
    found = expired(runs(9, 8), count=50, protected=None, retention=Retention(keep_runs=49), now=AT)
    assert found == ("r0",)


def test_a_job_may_say_otherwise_and_failures_in_a_row_can_still_be_counted():
    default = Retention(keep_runs=10, keep_days=30)
    assert retention_of(None, default) == default
    assert retention_of(make_job(keep_runs=3), default) == Retention(keep_runs=3, keep_days=30)
    assert retention_of(make_job(keep_days=3), default) == Retention(keep_runs=10, keep_days=3)
    job = make_job(keep_runs=2, pause_after_failures=5)
    assert retention_of(job, Retention()) == Retention(keep_runs=5)
