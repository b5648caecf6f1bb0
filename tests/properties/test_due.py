"""Deciding over time: whatever the clock does, each instant is dealt with once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_batch.domain.schedule.cron import GapPolicy, RepeatPolicy
from jupyter_batch.domain.schedule.due import MAX_MISSED_RECORDS, ON_TIME_SECONDS, due, next_at
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    MissedPolicy,
    OnceTrigger,
    TriggerProgress,
)
from jupyter_batch.domain.schedule.upcoming import (
    count_instants,
    instants,
    next_after,
    upcoming,
)

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Amsterdam",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
]
TEXTS = [
    "*/15 * * * *",
    "30 1,2 * * *",
    "0 0 * * *",
    "0 */6 * * *",
    "0 6 * * mon-fri",
    "59 23 L * *",
    "0 0 13 * 5",
]
COMMON = {
    "id": st.text(max_size=3),
    "timezone": st.sampled_from(ZONES),
    "start_at": st.none() | st.just(BEGIN + 3 * DAY),
    "end_at": st.none() | st.just(BEGIN + 25 * DAY),
    "excluded_dates": st.sampled_from([(), (date(2026, 3, 8), date(2026, 3, 29))]),
    "missed_policy": st.sampled_from(MissedPolicy),
    "catch_up_window_seconds": st.sampled_from([0.0, 600.0, 86_400.0, 9e6]),
    "start_deadline_seconds": st.none() | st.sampled_from([10.0, 30.0, 7200.0]),
}
CRONS = st.builds(
    CronTrigger,
    cron=st.sampled_from(TEXTS),
    gap=st.sampled_from(GapPolicy),
    repeat=st.sampled_from(RepeatPolicy),
    **COMMON,
)
INTERVALS = st.builds(
    IntervalTrigger,
    interval_seconds=st.integers(600, 200_000),
    anchor_at=st.none() | st.just(BEGIN + timedelta(seconds=7.5)),
    **COMMON,
)
ONCE = st.builds(
    OnceTrigger, at=st.integers(0, 40 * 86_400).map(lambda s: BEGIN + s * timedelta(0, 1)), **COMMON
)
TRIGGERS: st.SearchStrategy[AnyTrigger] = CRONS | INTERVALS | ONCE
#: Steps of the clock between two looks at it, in seconds: also back, also asleep for a week.
STEPS = st.lists(
    st.sampled_from([1, 59, 60, 61, 900, 3600, 7200, 86_400, 7 * 86_400, -1, -60, -3600]),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(trigger=TRIGGERS, steps=STEPS)
def test_each_instant_runs_or_is_on_record_as_missed_and_never_both(trigger, steps):
    now, last = BEGIN, TriggerProgress(decided_until=BEGIN)
    runs, skipped = [], 0
    for step in [*steps, 3600]:
        now += timedelta(seconds=step)
        if trigger.counts_real_time():
            # Where the clock is set back by more, it comes by its instants again.
            now = max(now, last.decided_until - timedelta(seconds=ON_TIME_SECONDS))
        decision = due(trigger, last, now)
        fired = [firing.scheduled_for for firing in decision.fire]
        assert fired == sorted(set(fired))
        assert all(last.decided_until < at <= now for at in fired)
        assert len(decision.missed) <= MAX_MISSED_RECORDS
        assert decision.next_at is None or decision.next_at > now
        assert decision.next_at == next_at(trigger, decision.progress)
        runs += fired
        skipped += sum(record.count for record in decision.missed)
        last = decision.progress
    assert runs == sorted(set(runs))
    assert last.runs == len(runs)
    since, until = BEGIN + TICK, last.decided_until + TICK
    everything = list(instants(trigger, since, until))
    assert set(runs) <= set(everything)
    assert len(runs) + skipped == len(everything) == count_instants(trigger, since, until)


@settings(max_examples=80, deadline=None)
@given(trigger=TRIGGERS, steps=STEPS, pauses=st.lists(st.booleans(), max_size=25))
def test_no_trigger_with_instants_left_ever_stays_silent(trigger, steps, pauses):
    now, last = BEGIN, TriggerProgress(decided_until=BEGIN)
    for step, paused in zip(steps, pauses, strict=False):
        now += timedelta(seconds=step)
        last = due(replace(trigger, paused=paused), last, now).progress
    now = max(now, last.decided_until)
    resumed = due(trigger, last, now)
    following = next_after(trigger, now)
    assert resumed.next_at == following
    if following is not None:
        later = due(trigger, resumed.progress, following)
        assert [firing.scheduled_for for firing in later.fire] == [following]


@settings(max_examples=80, deadline=None)
@given(trigger=TRIGGERS, steps=STEPS, most=st.integers(1, 5))
def test_the_number_of_runs_is_a_limit(trigger, steps, most):
    limited = replace(trigger, max_runs=most)
    now, last = BEGIN, TriggerProgress(decided_until=BEGIN)
    for step in steps:
        now += timedelta(seconds=step)
        last = due(limited, last, now).progress
        assert last.runs <= most
    assert len(upcoming(limited, now, 9, runs=last.runs)) <= most - last.runs


@settings(max_examples=80, deadline=None)
@given(trigger=TRIGGERS, batch=st.integers(1, 40))
def test_a_backlog_in_batches_is_the_same_as_at_once(trigger, batch):
    trigger = replace(trigger, missed_policy=MissedPolicy.ALL)
    now, last = BEGIN + 10 * DAY, TriggerProgress(decided_until=BEGIN)
    found: list[Any] = []
    whole = due(trigger, last, now, max_firings=10_000)
    while True:
        decision = due(trigger, last, now, max_firings=batch)
        found += decision.fire
        last = decision.progress
        if decision.next_at is None or decision.next_at > now:
            break
    assert tuple(found) == whole.fire
    assert last == whole.progress


@settings(max_examples=150, deadline=None)
@given(trigger=TRIGGERS, seconds=st.integers(0, 400 * 86_400))
def test_nothing_lies_between_an_instant_and_the_next(trigger, seconds):
    first = next_after(trigger, BEGIN + timedelta(seconds=seconds))
    second = None if first is None else next_after(trigger, first)
    if first is None or second is None:
        return
    assert second > first
    assert list(instants(trigger, first, second)) == [first]


@settings(max_examples=80, deadline=None)
@given(trigger=TRIGGERS, cuts=st.lists(st.integers(0, 60 * 86_400), max_size=6))
def test_a_stretch_has_the_same_instants_however_it_is_cut(trigger, cuts):
    end = BEGIN + 60 * DAY
    edges = [BEGIN, *sorted(BEGIN + timedelta(seconds=cut) for cut in cuts), end]
    parts = [at for a, b in pairwise(edges) for at in instants(trigger, a, b)]
    assert parts == list(instants(trigger, BEGIN, end))


def test_ten_years_of_a_mix_make_every_run_exactly_once():
    """The clock jumps from one next instant to the next, as the engine's alarm does."""
    mix: list[AnyTrigger] = [
        CronTrigger(cron="0 6 * * mon-fri", timezone="Europe/Amsterdam"),
        CronTrigger(cron="30 2 * * *", timezone="America/New_York"),
        CronTrigger(cron="0 */6 * * *", timezone="Australia/Lord_Howe"),
        CronTrigger(cron="0 0 L * *", timezone="America/Sao_Paulo"),
        CronTrigger(cron="0 12 29 2 *", timezone="Pacific/Apia"),
        IntervalTrigger(interval_seconds=12 * 3600),
    ]
    end = BEGIN + 3653 * DAY
    for trigger in mix:
        last, found = TriggerProgress(decided_until=BEGIN), []
        at = next_at(trigger, last)
        while at is not None and at <= end:
            decision = due(trigger, last, at)
            assert decision.missed == ()
            found += [firing.scheduled_for for firing in decision.fire]
            last, at = decision.progress, decision.next_at
        assert found == list(instants(trigger, BEGIN + TICK, end + TICK))
        assert len(found) == len(set(found)) > 1
