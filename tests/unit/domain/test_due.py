"""The decision on a trigger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.schedule.due import (
    Decision,
    MissCause,
    MissReason,
    due,
    jitter_of,
    next_at,
)
from jupyter_batch.domain.schedule.trigger import (
    CronTrigger,
    IntervalTrigger,
    MissedPolicy,
    OnceTrigger,
    TriggerProgress,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = CronTrigger(id="t", cron="0 * * * *")
MINUTELY = CronTrigger(id="t", cron="* * * * *")


def progress(at: datetime, runs: int = 0) -> TriggerProgress:
    return TriggerProgress(decided_until=at, runs=runs)


def fired(decision: Decision) -> list[datetime]:
    return [firing.scheduled_for for firing in decision.fire]


def missed(decision: Decision) -> list[tuple[datetime, int, MissReason]]:
    return [(m.last_at, m.count, m.reasons[0][0]) for m in decision.missed]


def test_nothing_is_due_between_two_instants():
    decision = due(HOURLY, progress(NOON), NOON + 59 * MINUTE)
    assert (decision.fire, decision.missed) == ((), ())
    assert decision.next_at == NOON + HOUR


def test_an_instant_is_due_at_its_instant():
    decision = due(HOURLY, progress(NOON), NOON + HOUR)
    assert fired(decision) == [NOON + HOUR]
    assert not decision.fire[0].is_late
    assert decision.progress == progress(NOON + HOUR, runs=1)
    assert decision.next_at == NOON + 2 * HOUR


def test_what_has_been_decided_is_not_decided_again():
    first = due(HOURLY, progress(NOON), NOON + HOUR)
    again = due(HOURLY, first.progress, NOON + HOUR + MINUTE)
    assert (again.fire, again.missed) == ((), ())


def test_the_instant_of_the_creation_itself_is_not_due():
    assert due(HOURLY, progress(NOON), NOON).fire == ()


def test_a_few_seconds_late_is_on_time_under_every_policy():
    for policy in MissedPolicy:
        trigger = replace(HOURLY, missed_policy=policy, catch_up_window_seconds=0)
        decision = due(trigger, progress(NOON), NOON + HOUR + timedelta(seconds=30))
        assert fired(decision) == [NOON + HOUR]
        assert not decision.fire[0].is_late


def test_only_the_latest_missed_instant_runs_by_default():
    decision = due(HOURLY, progress(NOON), NOON + 3.5 * HOUR, cause=MissCause.DOWN)
    assert fired(decision) == [NOON + 3 * HOUR]
    assert decision.fire[0].is_late
    assert missed(decision) == [
        (NOON + HOUR, 1, MissReason.SUPERSEDED),
        (NOON + 2 * HOUR, 1, MissReason.SUPERSEDED),
    ]
    assert decision.missed[0].reason == (
        "missed while no engine was running: a later one runs in its place"
    )


def test_an_instant_on_time_takes_the_place_of_the_missed_ones():
    decision = due(HOURLY, progress(NOON), NOON + 3 * HOUR)
    assert fired(decision) == [NOON + 3 * HOUR]
    assert [count for _, count, _ in missed(decision)] == [1, 1]


def test_all_missed_instants_run_oldest_first_where_wanted():
    trigger = replace(HOURLY, missed_policy=MissedPolicy.ALL)
    decision = due(trigger, progress(NOON), NOON + 3.5 * HOUR)
    assert fired(decision) == [NOON + n * HOUR for n in (1, 2, 3)]
    assert decision.missed == ()
    assert decision.progress == progress(NOON + 3.5 * HOUR, runs=3)


def test_missed_instants_can_be_skipped():
    trigger = replace(HOURLY, missed_policy=MissedPolicy.SKIP)
    decision = due(trigger, progress(NOON), NOON + 2.5 * HOUR)
    assert decision.fire == ()
    assert missed(decision) == [
        (NOON + HOUR, 1, MissReason.POLICY),
        (NOON + 2 * HOUR, 1, MissReason.POLICY),
    ]


@pytest.mark.parametrize("policy", [MissedPolicy.LATEST, MissedPolicy.ALL])
def test_the_catch_up_window_bounds_what_runs(policy: MissedPolicy):
    trigger = replace(HOURLY, missed_policy=policy, catch_up_window_seconds=1.5 * 3600)
    decision = due(trigger, progress(NOON), NOON + 3.5 * HOUR)
    assert fired(decision)[-1] == NOON + 3 * HOUR
    assert (NOON + HOUR, 1, MissReason.TOO_OLD) in missed(decision)
    reason = decision.missed[0].reason
    assert reason.endswith("older than the catch-up window of 1 hour 30 minutes")


def test_what_is_past_its_start_deadline_does_not_run():
    trigger = replace(HOURLY, missed_policy=MissedPolicy.ALL, start_deadline_seconds=1800)
    decision = due(trigger, progress(NOON), NOON + 2.5 * HOUR)
    assert fired(decision) == [NOON + 2 * HOUR]
    assert decision.fire[0].start_before == NOON + 2.5 * HOUR
    assert missed(decision) == [(NOON + HOUR, 1, MissReason.DEADLINE)]


def test_a_year_of_missed_minutes_is_one_run_and_one_record():
    decision = due(MINUTELY, progress(NOON), NOON + 365 * DAY, cause=MissCause.DOWN)
    assert fired(decision) == [NOON + 365 * DAY - MINUTE, NOON + 365 * DAY]
    (record,) = decision.missed
    assert record.count == 365 * 1440 - 2
    assert dict(record.reasons) == {
        MissReason.TOO_OLD: 358 * 1440 - 1,
        MissReason.SUPERSEDED: 7 * 1440 - 1,
    }
    assert (record.first_at, record.last_at) == (NOON + MINUTE, NOON + 365 * DAY - 2 * MINUTE)
    assert record.reason == (
        "525,598 runs from 2026-03-01T12:01:00+00:00 to 2027-03-01T11:58:00+00:00 were missed "
        "while no engine was running: 515,519: older than the catch-up window of 7 days; "
        "10,079: a later one runs in its place"
    )


def test_many_runs_to_make_come_in_several_decisions():
    trigger = replace(MINUTELY, missed_policy=MissedPolicy.ALL)
    now, last, found = NOON + DAY, progress(NOON), []
    for _ in range(10):
        decision = due(trigger, last, now, max_firings=200)
        last = decision.progress
        found += fired(decision)
        if decision.next_at is None or decision.next_at > now:
            break
    assert found == [NOON + n * MINUTE for n in range(1, 1441)]
    assert last == progress(now, runs=1440)


def test_a_paused_trigger_decides_nothing_and_catches_up_when_resumed():
    paused = replace(HOURLY, paused=True)
    decision = due(paused, progress(NOON), NOON + 3.5 * HOUR)
    assert decision == Decision(progress=progress(NOON))
    assert next_at(paused, progress(NOON)) is None
    resumed = due(HOURLY, decision.progress, NOON + 3.5 * HOUR, cause=MissCause.PAUSED)
    assert fired(resumed) == [NOON + 3 * HOUR]
    assert "while the schedule was paused" in resumed.missed[0].reason


def test_a_pause_across_a_change_of_clocks_loses_no_instant():
    trigger = CronTrigger(
        cron="30 2 * * *", timezone="America/New_York", missed_policy=MissedPolicy.ALL
    )
    decision = due(trigger, progress(datetime(2026, 3, 7, tzinfo=UTC)), NOON + 9 * DAY)
    assert [at.isoformat()[5:16] for at in fired(decision)] == [
        "03-07T07:30",
        "03-08T07:00",
        "03-09T06:30",
        "03-10T06:30",
    ]


def test_the_number_of_runs_is_never_exceeded():
    trigger = replace(HOURLY, max_runs=3, missed_policy=MissedPolicy.ALL)
    decision = due(trigger, progress(NOON, runs=1), NOON + 5.5 * HOUR)
    assert fired(decision) == [NOON + HOUR, NOON + 2 * HOUR]
    assert (decision.progress.runs, decision.next_at) == (3, None)
    after = due(trigger, decision.progress, NOON + 9 * HOUR)
    assert (after.fire, after.missed, after.next_at) == ((), (), None)


def test_skipped_instants_use_up_no_runs():
    trigger = replace(HOURLY, max_runs=1, missed_policy=MissedPolicy.SKIP)
    decision = due(trigger, progress(NOON), NOON + 5.5 * HOUR)
    assert (decision.progress.runs, decision.next_at) == (0, NOON + 6 * HOUR)


def test_nothing_happens_outside_of_start_and_end():
    trigger = replace(
        HOURLY,
        start_at=NOON + 2 * HOUR,
        end_at=NOON + 3 * HOUR,
        missed_policy=MissedPolicy.ALL,
    )
    decision = due(trigger, progress(NOON), NOON + 9 * HOUR)
    assert fired(decision) == [NOON + 2 * HOUR, NOON + 3 * HOUR]
    assert (decision.missed, decision.next_at) == ((), None)
    early = due(trigger, progress(NOON), NOON + HOUR)
    assert (early.fire, early.next_at) == ((), NOON + 2 * HOUR)


def test_once_runs_once_even_when_it_was_missed():
    trigger = OnceTrigger(at=NOON + HOUR)
    decision = due(trigger, progress(NOON), NOON + 2 * DAY)
    assert fired(decision) == [NOON + HOUR]
    assert decision.next_at is None
    assert due(trigger, decision.progress, NOON + 9 * DAY).fire == ()


def test_a_clock_that_is_set_back_an_hour_repeats_nothing():
    trigger = CronTrigger(id="t", cron="0 6-20 * * *")
    first = due(trigger, progress(NOON), NOON + 2 * HOUR)
    back = due(trigger, first.progress, NOON + HOUR)
    assert (back.fire, back.missed) == ((), ())
    assert back.progress == first.progress
    assert back.next_at == NOON + 3 * HOUR


@pytest.mark.parametrize(
    "trigger", [HOURLY, IntervalTrigger(id="t", interval_seconds=3600)], ids=["cron", "interval"]
)
def test_what_runs_every_so_often_goes_on_when_the_clock_is_set_back(trigger):
    first = due(trigger, progress(NOON), NOON + 9 * HOUR)
    back = due(trigger, first.progress, NOON + HOUR + MINUTE)
    assert (back.fire, back.missed) == ((), ())
    assert back.next_at == NOON + 2 * HOUR
    assert fired(due(trigger, back.progress, NOON + 2 * HOUR)) == [NOON + 2 * HOUR]


def test_a_clock_that_is_put_right_by_a_minute_repeats_nothing():
    first = due(MINUTELY, progress(NOON), NOON + 2 * MINUTE)
    back = due(MINUTELY, first.progress, NOON + MINUTE)
    assert back.fire == ()
    assert back.next_at == NOON + 3 * MINUTE


def test_a_clock_that_was_years_ahead_does_not_stop_the_schedule_for_years():
    ahead = due(HOURLY, progress(NOON), NOON + 3000 * DAY)
    decision = due(HOURLY, ahead.progress, NOON + 10 * MINUTE)
    assert decision.fire == ()
    assert decision.next_at == NOON + HOUR


def test_the_machine_sleeps_for_a_week():
    trigger = CronTrigger(cron="0 6 * * mon-fri", timezone="Europe/Amsterdam")
    decision = due(trigger, progress(NOON), NOON + 7 * DAY)
    assert fired(decision) == [datetime(2026, 3, 6, 5, tzinfo=UTC)]
    assert [record.last_at.day for record in decision.missed] == [2, 3, 4, 5]
    assert "the machine slept" in decision.missed[0].reason


def test_jitter_puts_off_the_start_and_leaves_the_nominal_time():
    trigger = replace(HOURLY, jitter_seconds=300)
    firing = due(trigger, progress(NOON), NOON + HOUR).fire[0]
    assert firing.scheduled_for == NOON + HOUR
    assert NOON + HOUR <= firing.not_before <= NOON + HOUR + 5 * MINUTE
    assert firing == due(trigger, progress(NOON), NOON + HOUR + MINUTE / 2).fire[0]


def test_jitter_spreads_runs_of_one_instant_over_its_whole_length():
    offsets = [
        jitter_of(replace(HOURLY, id=str(n), jitter_seconds=100), NOON).total_seconds()
        for n in range(500)
    ]
    assert 0 <= min(offsets) < 5
    assert 95 < max(offsets) < 100
    assert jitter_of(HOURLY, NOON) == timedelta()


def test_the_next_instant_of_what_was_left_behind_may_have_passed():
    assert next_at(HOURLY, progress(NOON - 5 * HOUR)) == NOON - 4 * HOUR
    assert next_at(replace(HOURLY, max_runs=2), progress(NOON, runs=2)) is None
