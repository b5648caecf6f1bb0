"""Retention: decides which finished runs are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from jupyter_batch.domain.job import Job
from jupyter_batch.domain.value import Value


class Retention(Value, frozen=True, kw_only=True):
    """A run is deleted when it exceeds either limit; None for no limit."""

    keep_runs: int | None = None
    keep_days: float | None = None

    @property
    def keeps_all(self) -> bool:
        """Returns whether there is no limit."""
        return self.keep_runs is None and self.keep_days is None


class EndedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is over."""

    id: str
    ended_at: datetime


class EndedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of a job that are over."""

    #: None for all runs that have no job.
    job_id: str | None
    count: int
    newest_success: str | None


def retention_of(job: Job | None, default: Retention) -> Retention:
    """Returns the retention of a job's runs; ``default`` without a job, or for a deleted one.

    Runs that count for failures in a row are kept.
    """
    if job is None:
        return default
    keep_runs = default.keep_runs if job.keep_runs is None else job.keep_runs
    keep_days = default.keep_days if job.keep_days is None else job.keep_days
    if keep_runs is not None and job.pause_after_failures is not None:
        keep_runs = max(keep_runs, job.pause_after_failures)
    return Retention(keep_runs=keep_runs, keep_days=keep_days)


def expired(
    oldest: Sequence[EndedRun],
    *,
    count: int,
    protected: str | None,
    retention: Retention,
    now: datetime,
) -> tuple[str, ...]:
    """Returns which of a group's oldest runs are to be deleted.

    ``count`` is the size of the whole group, ``protected`` the run that stays whatever its age
    and place: the newest success of a job.
    """
    surplus = 0 if retention.keep_runs is None else count - retention.keep_runs
    limit = None
    if retention.keep_days is not None:
        limit = now - timedelta(days=retention.keep_days)
    return tuple(
        run.id
        for place, run in enumerate(oldest)
        if run.id != protected and (place < surplus or (limit is not None and run.ended_at < limit))
    )
