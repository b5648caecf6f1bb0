"""Transitions of a run: end or retry after an attempt, expiry, return to the queue."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from jupyter_batch.domain.retry import decide_retry
from jupyter_batch.domain.run import Run, RunState


def end_or_retry(
    run: Run,
    state: RunState,
    *,
    at: datetime,
    random_fraction: float,
    reason: str | None = None,
) -> Run:
    """Returns the run after its newest attempt has ended in a state.

    Its policies decide whether it goes back to the queue; a run that is being cancelled does not.
    """
    attempt = run.attempt
    if attempt is None or run.state is RunState.CANCELLING:
        return run.move_to(state, at=at, reason=reason)
    decision = decide_retry(
        run.policies.retry,
        attempt_no=attempt.attempt_no,
        state=state,
        at=at,
        random_fraction=random_fraction,
        exit_code=attempt.exit_code,
        exception=run.error.ename if run.error else None,
        give_up_at=run.give_up_at,
    )
    if not decision.again:
        return run.move_to(state, at=at, reason=reason)
    told = f"{decision.reason}; attempt {attempt.attempt_no} {state.replace('_', ' ')}"
    if reason:
        told += f": {reason}"
    return replace(run.move_to(RunState.QUEUED, at=at, reason=told), not_before=decision.not_before)


def tried_again(run: Run, *, at: datetime, by: str) -> Run:
    """Returns a finished run, queued for one more attempt; raises Conflict."""
    run = run.move_to(RunState.QUEUED, at=at, reason=f"retried by {by}")
    return replace(run, not_before=None, start_before=None, give_up_at=None)


def expire(run: Run, *, at: datetime) -> Run:
    """Returns an expired queued run in its final state: skipped, or timed out."""
    if run.state is not RunState.QUEUED or run.expires_at is None or run.expires_at > at:
        return run
    if run.started_at is None:
        waited = f"waited: {run.reason}" if run.reason else "waited in the queue"
        reason = f"not started by {run.expires_at.isoformat(timespec='seconds')}; it {waited}"
        return run.move_to(RunState.SKIPPED, at=at, reason=reason)
    limit = run.policies.run_timeout_seconds
    return run.move_to(
        RunState.TIMED_OUT,
        at=at,
        reason=f"not done after {limit:g} s, all attempts together" if limit else "out of time",
    )


def back_to_queue(run: Run, attempt_no: int, *, at: datetime, why: str) -> Run:
    """Returns the run in the queue again. Its attempt never began and is not counted."""
    kept = tuple(a for a in run.attempts if a.attempt_no != attempt_no)
    run = replace(run, attempts=kept, started_at=run.started_at if kept else None)
    return run.move_to(RunState.QUEUED, at=at, reason=f"waits: {why}")
