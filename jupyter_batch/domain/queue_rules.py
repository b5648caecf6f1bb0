"""Decides whether a queued run may start now, and gives the reason if not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from jupyter_batch.domain.overlap import why_waits
from jupyter_batch.domain.run import Run

#: Clock corrections up to this are normal.
_TOLERATED = timedelta(minutes=1)


class Occupancy:
    """Counts active runs by the limits that apply to them."""

    def __init__(self, limit: int, per_user: int | None = None) -> None:
        self._limit = limit
        self._per_user = per_user
        self._runs: dict[str, Run] = {}
        self._users: Counter[str] = Counter()
        #: Active runs of backfills and of sweeps, by lane.
        self._groups: Counter[str] = Counter()
        self._jobs: dict[str, list[str]] = {}

    def add(self, run: Run) -> None:
        """Adds a run that starts."""
        self._runs[run.id] = run
        self._users[run.created_by] += 1
        if _is_grouped(run):
            self._groups[run.lanes[0]] += 1
        elif run.job_id is not None:
            self._jobs.setdefault(run.job_id, []).append(run.id)

    def remove(self, run_id: str) -> None:
        """Removes a run that is over."""
        run = self._runs.pop(run_id, None)
        if run is None:
            return
        self._users[run.created_by] -= 1
        if _is_grouped(run):
            self._groups[run.lanes[0]] -= 1
        elif run.job_id is not None:
            self._jobs[run.job_id].remove(run_id)

    def __len__(self) -> int:
        return len(self._runs)

    def is_full(self) -> bool:
        """Returns whether no further run may start."""
        return len(self._runs) >= self._limit

    def of_job(self, job_id: str) -> tuple[str, ...]:
        """Returns the active runs of a job, backfills apart, oldest first."""
        return tuple(self._jobs.get(job_id, ()))

    def obstacle(self, run: Run, max_concurrent: int | None) -> QueueObstacle | None:
        """Returns the limit that keeps a run from starting; None if none does.

        ``max_concurrent`` is the limit of its job.
        """
        for found in self._hindrances(run, max_concurrent):
            return found
        return None

    def _hindrances(self, run: Run, max_concurrent: int | None) -> Iterable[QueueObstacle]:
        lane = run.lanes[0]
        policies = run.policies
        if _is_grouped(run):
            kind, most = _group(run)
            if most is not None and self._groups[lane] >= most:
                yield QueueObstacle(lane, f"waits: the {kind} may have {_runs(most)} at once")
        elif run.job_id is not None and not policies.forced:
            active = self.of_job(run.job_id)
            reason = why_waits(policies.overlap_policy, active=active)
            if reason is not None:
                yield QueueObstacle(lane, reason)
            if max_concurrent is not None and len(active) >= max_concurrent:
                yield QueueObstacle(
                    lane, f"waits: the job may have {_runs(max_concurrent)} at once"
                )
        if self._per_user is not None and self._users[run.created_by] >= self._per_user:
            yield QueueObstacle(
                run.lanes[-1],
                f"waits: {run.created_by} may have {_runs(self._per_user)} at once",
            )
        if self.is_full():
            yield QueueObstacle(None, f"waits: {_runs(self._limit)} may be active at once")


class QueueObstacle(msgspec.Struct, frozen=True):
    """A limit that keeps a run from starting."""

    #: The limit blocks all runs in this lane; None for all runs.
    lane: str | None
    reason: str


def restarted_wait(run: Run, now: datetime) -> datetime | None:
    """Returns the new ``not_before`` of a run whose wait began in the future; None for others.

    The clock has been set back since. The run waits its whole delay, counted from now.
    """
    since = run.created_at
    if run.attempt is not None and run.attempt.finished_at is not None:
        since = run.attempt.finished_at
    if run.not_before is None or since - now <= _TOLERATED:
        return None
    return now + max(run.not_before - since, timedelta())


def why_not_yet(run: Run, now: datetime) -> str | None:
    """Returns why a run may not start before its ``not_before``; None if that has passed."""
    if run.not_before is None or run.not_before <= now:
        return None
    if run.reason:
        return run.reason
    return f"waits until {run.not_before.isoformat(timespec='seconds')}"


def _is_grouped(run: Run) -> bool:
    """Returns whether a limit of its backfill or sweep applies instead of its job's."""
    return run.backfill is not None or run.sweep is not None


def _group(run: Run) -> tuple[str, int | None]:
    """Returns the lane of a run's backfill or sweep, and its limit."""
    if run.backfill is not None:
        return "backfill", run.backfill.max_concurrent
    return "sweep", run.sweep.max_concurrent if run.sweep else None


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
