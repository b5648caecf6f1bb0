"""Pauses a job that fails again and again."""

from __future__ import annotations

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.retry import RETRYABLE, failures_in_a_row, why_pause
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.ports import Store
from jupyter_batch.services.jobs import JobService

#: Extra runs to read, because runs of backfills do not count.
_SPARE = 50


class AutoPause:
    """Checks a job each time that one of its runs has ended."""

    def __init__(self, *, store: Store, jobs: JobService) -> None:
        self._store = store
        self._jobs = jobs

    async def check(self, run: Run) -> None:
        """Pauses the run's job if it has failed too often in a row."""
        if run.state not in RETRYABLE or run.job_id is None or run.backfill is not None:
            return
        job = await self._store.jobs.get(run.job_id)
        if job is None or job.paused or job.pause_after_failures is None:
            return
        query = RunQuery(
            job_id=job.id,
            states=(RunState.SUCCEEDED, *RETRYABLE),
            since=job.resumed_at,
            limit=job.pause_after_failures + _SPARE,
        )
        ended = (await self._store.runs.list(query)).items
        failures = failures_in_a_row(own.state for own in ended if own.backfill is None)
        reason = why_pause(job.pause_after_failures, failures)
        if reason is not None:
            await self._jobs.pause(job.id, reason=reason)
