"""The state machine of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.run import (
    ACTIVE,
    TERMINAL,
    TRANSITIONS,
    Attempt,
    NotebookRef,
    Run,
    RunState,
    TriggerKind,
)
from jupyter_batch.errors import Conflict

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run_in(state: RunState) -> Run:
    return Run(
        id="r",
        name="n",
        state=state,
        trigger=TriggerKind.API,
        scheduled_for=NOW,
        created_at=NOW,
        created_by="ada",
        notebook=NotebookRef(path="nb.ipynb", sha256="0"),
    )


def test_the_table_knows_every_state():
    assert set(TRANSITIONS) == set(RunState)


def test_every_state_that_is_not_terminal_can_be_left():
    assert all(TRANSITIONS[state] for state in RunState if not state.is_terminal)


def test_every_active_state_can_end_in_every_ending_but_skipped():
    for state in ACTIVE:
        assert TERMINAL - {RunState.SKIPPED} <= TRANSITIONS[state]


def test_success_and_skip_are_final():
    assert not TRANSITIONS[RunState.SUCCEEDED]
    assert not TRANSITIONS[RunState.SKIPPED]


@pytest.mark.parametrize("state", list(RunState))
@pytest.mark.parametrize("target", list(RunState))
def test_a_run_moves_only_where_the_table_leads(state: RunState, target: RunState):
    run = run_in(state)
    if target in TRANSITIONS[state]:
        assert run.move_to(target, at=NOW, reason="why").state is target
        return
    with pytest.raises(Conflict) as caught:
        run.move_to(target, at=NOW)
    assert caught.value.details["state"] == str(state)


def test_an_ending_has_an_end_time_and_a_retry_takes_it_away():
    later = NOW + timedelta(minutes=1)
    failed = run_in(RunState.RUNNING).move_to(RunState.FAILED, at=later, reason="it broke")
    assert failed.finished_at == later
    assert failed.reason == "it broke"
    assert failed.move_to(RunState.QUEUED, at=later).finished_at is None


def test_the_start_time_is_that_of_the_first_attempt():
    first = run_in(RunState.QUEUED).move_to(RunState.STARTING, at=NOW)
    again = first.move_to(RunState.FAILED, at=NOW).move_to(RunState.QUEUED, at=NOW)
    assert again.move_to(RunState.STARTING, at=NOW + timedelta(hours=1)).started_at == NOW


def test_the_duration_is_that_of_the_attempts_without_the_waits_between_them():
    def seconds(number: float) -> datetime:
        return NOW + timedelta(seconds=number)

    run = replace(run_in(RunState.QUEUED), attempts=())
    assert run.duration_seconds(seconds(5)) is None
    run = run.move_to(RunState.STARTING, at=NOW)
    first = Attempt(attempt_no=1, state=RunState.STARTING, started_at=NOW)
    run = run.with_attempt(first)
    assert run.duration_seconds(seconds(2)) == 2
    run = run.with_attempt(replace(first, finished_at=seconds(3)))
    run = run.move_to(RunState.FAILED, at=seconds(3)).move_to(RunState.QUEUED, at=seconds(3))
    assert run.duration_seconds(seconds(600)) == 3
    run = run.move_to(RunState.STARTING, at=seconds(626))
    second = Attempt(attempt_no=2, state=RunState.STARTING, started_at=seconds(626))
    run = run.with_attempt(second)
    assert run.duration_seconds(seconds(627)) == 4
    run = run.with_attempt(replace(second, finished_at=seconds(629)))
    run = run.move_to(RunState.FAILED, at=seconds(629))
    assert run.duration_seconds(seconds(9999)) == 6
    assert run.elapsed_seconds(seconds(9999)) == 629


def test_a_run_without_attempts_on_record_took_from_its_start_to_its_end():
    run = replace(run_in(RunState.SUCCEEDED), attempts=(), started_at=NOW)
    run = replace(run, finished_at=NOW + timedelta(seconds=7))
    assert run.duration_seconds(NOW + timedelta(days=1)) == 7


def test_an_attempt_replaces_the_one_of_its_number():
    run = run_in(RunState.RUNNING)
    for number, exit_code in ((1, None), (2, None), (2, 0)):
        attempt = Attempt(attempt_no=number, state=RunState.RUNNING, exit_code=exit_code)
        run = run.with_attempt(attempt)
    assert [(a.attempt_no, a.exit_code) for a in run.attempts] == [(1, None), (2, 0)]


def test_ids_increase_even_when_the_clock_does_not():
    source = IdSource()
    ids = [source.new(NOW - timedelta(seconds=number)) for number in range(500)]
    assert ids == sorted(set(ids))
    assert {len(value) for value in ids} == {26}


def test_an_id_of_a_later_instant_sorts_later():
    assert IdSource().new(NOW) < IdSource().new(NOW + timedelta(milliseconds=1))
