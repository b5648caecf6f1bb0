"""The retry of a run, and the automatic pause of its job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.retry import (
    RETRYABLE,
    RetryDecision,
    RetryPolicy,
    check_retry,
    decide_retry,
    failures_in_a_row,
    retry_delay,
    why_pause,
)
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TWICE_MORE = RetryPolicy(max_attempts=3, delay_seconds=10, jitter=0)


def decide(policy: RetryPolicy = TWICE_MORE, **facts: Any) -> RetryDecision:
    known: dict[str, Any] = {
        "attempt_no": 1,
        "state": RunState.FAILED,
        "at": NOON,
        "random_fraction": 0.0,
    }
    return decide_retry(policy, **(known | facts))


def test_nothing_is_tried_again_by_default():
    assert not decide(RetryPolicy()).again


@pytest.mark.parametrize("state", RETRYABLE)
def test_a_bad_ending_is_tried_again_after_the_delay(state: RunState):
    decision = decide(state=state)
    assert decision.again
    assert decision.not_before == NOON + timedelta(seconds=10)
    assert decision.reason == "attempt 2 of 3 follows in 10 seconds"


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.CANCELLED, RunState.SKIPPED])
def test_what_ended_on_purpose_is_never_tried_again(state: RunState):
    policy = replace(TWICE_MORE, exit_codes=(3,), exceptions=("ValueError",))
    assert not decide(policy, state=state, exit_code=3, exception="ValueError").again


def test_the_last_attempt_is_the_last():
    assert decide(attempt_no=2).again
    decision = decide(attempt_no=3)
    assert (decision.again, decision.not_before) == (False, None)
    assert decision.reason == "attempt 3 of 3 was the last"


@pytest.mark.parametrize(
    ("facts", "again"),
    [
        ({"state": RunState.LOST}, True),
        ({"state": RunState.FAILED}, False),
        ({"state": RunState.FAILED, "exit_code": 75}, True),
        ({"state": RunState.FAILED, "exit_code": 1}, False),
        ({"state": RunState.FAILED, "exception": "ConnectionError"}, True),
        ({"state": RunState.FAILED, "exception": "requests.exceptions.ConnectionError"}, True),
        ({"state": RunState.FAILED, "exception": "httpx.ReadTimeout"}, True),
        ({"state": RunState.FAILED, "exception": "ReadTimeout"}, False),
        ({"state": RunState.FAILED, "exception": "ValueError"}, False),
    ],
)
def test_endings_exit_codes_and_exceptions_choose_what_is_tried_again(facts, again):
    policy = replace(
        TWICE_MORE,
        endings=(RunState.LOST,),
        exit_codes=(75,),
        exceptions=("ConnectionError", "httpx.ReadTimeout"),
    )
    assert decide(policy, **facts).again is again


def test_delays_grow_up_to_the_maximum():
    policy = RetryPolicy(
        max_attempts=9, delay_seconds=10, backoff_factor=3, max_delay_seconds=200, jitter=0
    )
    assert [retry_delay(policy, n, 0.5) for n in range(1, 6)] == [10, 30, 90, 200, 200]
    assert retry_delay(policy, 5000, 0.5) == 200


def test_jitter_shortens_a_delay_by_its_share_at_most():
    policy = replace(TWICE_MORE, jitter=0.5)
    assert retry_delay(policy, 1, 0.0) == 10
    assert retry_delay(policy, 1, 0.5) == 7.5
    assert 5 <= retry_delay(policy, 1, 0.999) < 5.01


def test_there_is_no_attempt_after_the_runs_own_time():
    assert decide(give_up_at=NOON + timedelta(seconds=11)).again
    decision = decide(give_up_at=NOON + timedelta(seconds=10))
    assert decision == RetryDecision(
        again=False, reason="there is no time left for another attempt"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"max_attempts": 0}, "retry.max_attempts"),
        ({"max_attempts": 10**6}, "retry.max_attempts"),
        ({"delay_seconds": -1}, "retry.delay_seconds"),
        ({"delay_seconds": float("nan")}, "retry.delay_seconds"),
        ({"backoff_factor": 0.5}, "retry.backoff_factor"),
        ({"max_delay_seconds": float("inf")}, "retry.max_delay_seconds"),
        ({"jitter": 1.5}, "retry.jitter"),
        ({"endings": (RunState.CANCELLED,)}, "retry.endings"),
        ({"exceptions": ("Value Error",)}, "retry.exceptions"),
    ],
)
def test_a_bad_policy_is_refused_by_field(change: dict[str, Any], field: str):
    with pytest.raises(InvalidInput) as caught:
        check_retry(replace(TWICE_MORE, **change))
    assert caught.value.details["field"] == field


def test_good_policies_pass():
    check_retry(RetryPolicy())
    check_retry(replace(TWICE_MORE, exceptions=("builtins.ValueError",), exit_codes=(0, 137)))


def test_failures_are_counted_back_to_the_last_success():
    s = RunState
    assert failures_in_a_row([]) == 0
    assert failures_in_a_row([s.FAILED, s.SKIPPED, s.LOST, s.CANCELLED, s.TIMED_OUT]) == 3
    assert failures_in_a_row([s.FAILED, s.SUCCEEDED, s.FAILED]) == 1


def test_a_job_pauses_itself_after_so_many_failures():
    assert why_pause(None, 99) is None
    assert why_pause(3, 2) is None
    assert why_pause(3, 3) == "paused by itself after 3 failed runs in a row"
    assert why_pause(1, 1) == "paused by itself after 1 failed run"
