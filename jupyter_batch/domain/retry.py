"""Retry policies, and the automatic pause of jobs that fail repeatedly."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from jupyter_batch.domain.schedule.durations import duration_text
from jupyter_batch.domain.state import RunState
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidInput

#: Endings that can be retried. The other ones were intended.
RETRYABLE = (RunState.FAILED, RunState.TIMED_OUT, RunState.LOST)
_MAX_ATTEMPTS = 1000
_MAX_DELAY_SECONDS = 366 * 86_400


class RetryPolicy(Value, frozen=True, kw_only=True):
    """The number and timing of retries. By default there are none."""

    #: Number of attempts, including the first.
    max_attempts: int = 1
    #: Delay before the second attempt.
    delay_seconds: float = 30.0
    #: Factor by which each further delay grows.
    backoff_factor: float = 2.0
    max_delay_seconds: float = 3600.0
    #: Random share of each delay, from 0 to 1.
    jitter: float = 0.1
    #: Endings that are retried.
    endings: tuple[RunState, ...] = RETRYABLE
    #: Exit codes that are retried, regardless of ``endings``.
    exit_codes: tuple[int, ...] = ()
    #: Names of exceptions (``ValueError``) that are retried, regardless of ``endings``.
    exceptions: tuple[str, ...] = ()


class RetryDecision(Value, frozen=True, kw_only=True):
    """The decision whether there is another attempt."""

    again: bool
    #: Start of the next attempt; None for no further attempt.
    not_before: datetime | None = None
    #: One sentence.
    reason: str


def check_retry(policy: RetryPolicy) -> None:
    """Raises InvalidInput, naming the first bad field, unless the policy can be used."""
    numbers: tuple[tuple[str, float, float, float], ...] = (
        ("max_attempts", policy.max_attempts, 1, _MAX_ATTEMPTS),
        ("delay_seconds", policy.delay_seconds, 0, _MAX_DELAY_SECONDS),
        ("backoff_factor", policy.backoff_factor, 1, 100),
        ("max_delay_seconds", policy.max_delay_seconds, 0, _MAX_DELAY_SECONDS),
        ("jitter", policy.jitter, 0, 1),
    )
    for field, value, least, most in numbers:
        if not (math.isfinite(value) and least <= value <= most):
            raise InvalidInput(
                f"{field} must be from {least} to {most}, not {value}", field=f"retry.{field}"
            )
    for ending in policy.endings:
        if ending not in RETRYABLE:
            raise InvalidInput(
                f"a run that is {ending} cannot be tried again; allowed: {', '.join(RETRYABLE)}",
                field="retry.endings",
            )
    for name in policy.exceptions:
        if not all(part.isidentifier() for part in name.split(".")):
            raise InvalidInput(
                f"{name[:100]!r} is no name of an exception", field="retry.exceptions"
            )


def decide_retry(
    policy: RetryPolicy,
    *,
    attempt_no: int,
    state: RunState,
    at: datetime,
    random_fraction: float,
    exit_code: int | None = None,
    exception: str | None = None,
    give_up_at: datetime | None = None,
) -> RetryDecision:
    """Decides after attempt ``attempt_no`` (from 1) has ended in ``state`` at ``at``.

    ``random_fraction`` is a random number, ``0 <= random_fraction < 1``; ``exception`` the name that the notebook's
    kernel gave; ``give_up_at`` the end of the run's time as a whole.
    """
    if state not in RETRYABLE:
        return RetryDecision(again=False, reason=f"a run that is {state} is not tried again")
    if not _is_chosen(policy, state, exit_code, exception):
        return RetryDecision(again=False, reason="the retry policy does not cover this ending")
    if attempt_no >= policy.max_attempts:
        reason = f"attempt {attempt_no} of {policy.max_attempts} was the last"
        return RetryDecision(again=False, reason=reason)
    delay = retry_delay(policy, attempt_no, random_fraction)
    not_before = at + timedelta(seconds=delay)
    if give_up_at is not None and not_before >= give_up_at:
        return RetryDecision(again=False, reason="there is no time left for another attempt")
    reason = f"attempt {attempt_no + 1} of {policy.max_attempts} follows in {duration_text(delay)}"
    return RetryDecision(again=True, not_before=not_before, reason=reason)


def retry_delay(policy: RetryPolicy, attempt_no: int, random_fraction: float) -> float:
    """Returns the seconds between attempt ``attempt_no`` and the next: at most the maximum."""
    try:
        grown = policy.delay_seconds * policy.backoff_factor ** (attempt_no - 1)
    except OverflowError:
        grown = policy.max_delay_seconds
    delay = min(grown, policy.max_delay_seconds)
    return round(delay * (1 - policy.jitter * random_fraction), 3)


def _is_chosen(
    policy: RetryPolicy, state: RunState, exit_code: int | None, exception: str | None
) -> bool:
    if state in policy.endings:
        return True
    if exit_code is not None and exit_code in policy.exit_codes:
        return True
    if exception is None:
        return False
    short = exception.rpartition(".")[2]
    return any(name in (exception, short) for name in policy.exceptions)


def failures_in_a_row(endings: Iterable[RunState]) -> int:
    """Returns how many runs have failed since the last success; ``endings`` newest first.

    Only final endings of runs count, not those of attempts. Cancelled and skipped runs are ignored.
    """
    failures = 0
    for state in endings:
        if state is RunState.SUCCEEDED:
            break
        failures += state in RETRYABLE
    return failures


def why_pause(pause_after_failures: int | None, failures: int) -> str | None:
    """Returns why a job pauses its triggers after failures in a row; None if it does not."""
    if pause_after_failures is None or failures < pause_after_failures:
        return None
    runs = "run" if failures == 1 else "runs in a row"
    return f"paused by itself after {failures} failed {runs}"
