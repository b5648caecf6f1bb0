"""The instants of a trigger as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
)
from jupyter_batch.domain.schedule.upcoming import (
    count_instants,
    instants,
    next_after,
    upcoming,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW_YORK = "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(trigger: AnyTrigger, after: datetime, count: int) -> list[tuple[str, str | None]]:
    return [(item.local, item.note) for item in upcoming(trigger, after, count)]


def test_a_preview_tells_what_becomes_of_a_time_that_is_left_out():
    trigger = CronTrigger(cron="30 2 * * *", timezone=NEW_YORK)
    assert local(trigger, at("2026-03-07T12:00"), 2) == [
        ("2026-03-08T03:00:00-04:00", "after the gap"),
        ("2026-03-09T02:30:00-04:00", None),
    ]
    first = upcoming(trigger, at("2026-03-07T12:00"), 1)[0]
    assert first.at == at("2026-03-08T07:00")


def test_a_time_that_is_there_anyhow_is_not_after_the_gap():
    trigger = CronTrigger(cron="0 2,3 * * *", timezone=NEW_YORK)
    assert local(trigger, at("2026-03-07T12:00"), 1) == [("2026-03-08T03:00:00-04:00", None)]


def test_a_preview_tells_which_of_two_it_is():
    trigger = CronTrigger(cron="30 * * * *", timezone=NEW_YORK)
    assert local(trigger, at("2026-11-01T04:30"), 4) == [
        ("2026-11-01T01:30:00-04:00", "first of two"),
        ("2026-11-01T01:30:00-05:00", "second of two"),
        ("2026-11-01T02:30:00-05:00", None),
        ("2026-11-01T03:30:00-05:00", None),
    ]


def test_a_lost_day_is_made_up_for_at_once():
    trigger = CronTrigger(cron="0 6 * * *", timezone="Pacific/Apia")
    assert local(trigger, at("2011-12-29T12:00"), 3) == [
        ("2011-12-29T06:00:00-10:00", None),
        ("2011-12-31T00:00:00+14:00", "after the gap"),
        ("2011-12-31T06:00:00+14:00", None),
    ]


def test_an_interval_counts_real_time_from_its_anchor():
    trigger = IntervalTrigger(
        interval_seconds=90 * 60, anchor_at=at("2026-03-08T00:15"), timezone=NEW_YORK
    )
    assert local(trigger, at("2026-03-08T05:00"), 3) == [
        ("2026-03-08T01:15:00-05:00", None),
        ("2026-03-08T03:45:00-04:00", None),
        ("2026-03-08T05:15:00-04:00", None),
    ]


def test_an_interval_without_an_anchor_counts_from_its_start_or_the_epoch():
    after = at("2026-03-01T10:07")
    hourly = IntervalTrigger(interval_seconds=3600)
    assert next_after(hourly, after) == at("2026-03-01T11:00")
    started = IntervalTrigger(interval_seconds=3600, start_at=at("2026-03-01T09:20"))
    assert next_after(started, after) == at("2026-03-01T10:20")


def test_once_is_once():
    trigger = OnceTrigger(at=NOW)
    assert next_after(trigger, NOW - timedelta(days=9)) == NOW
    assert next_after(trigger, NOW) is None


def test_start_and_end_belong_to_the_schedule():
    trigger = CronTrigger(
        cron="0 * * * *", start_at=at("2026-03-01T13:00"), end_at=at("2026-03-01T15:00")
    )
    hours = [item.at.hour for item in upcoming(trigger, NOW, 99)]
    assert hours == [13, 14, 15]


def test_the_number_of_runs_ends_the_preview():
    trigger = CronTrigger(cron="0 * * * *", max_runs=5)
    assert len(upcoming(trigger, NOW, 99, runs=3)) == 2
    assert upcoming(trigger, NOW, 99, runs=7) == ()


@pytest.mark.parametrize(
    "trigger",
    [
        CronTrigger(cron="0 */6 * * *", timezone="Europe/Amsterdam"),
        IntervalTrigger(interval_seconds=6 * 3600, timezone="Europe/Amsterdam"),
    ],
)
def test_excluded_dates_are_local_and_have_no_instants(trigger: AnyTrigger):
    excluded = date(2026, 3, 29)  # 23 hours long: clocks change
    shorter = replace(trigger, excluded_dates=(excluded,))
    since, until = at("2026-03-28T00:00"), at("2026-03-31T00:00")
    everything = {item.at: item for item in upcoming(trigger, since, 12)}
    left = [item.at for item in upcoming(shorter, since, 8)]
    dropped = [item.local for key, item in everything.items() if key not in left]
    assert dropped
    assert all(text.startswith("2026-03-29") for text in dropped)
    assert count_instants(shorter, since, until) == len(list(instants(shorter, since, until)))


def test_a_backfill_gets_the_instants_of_a_stretch_without_its_end():
    trigger = CronTrigger(cron="0 0 * * *")
    found = list(instants(trigger, at("2024-01-01T00:00"), at("2026-01-01T00:00")))
    assert (found[0], found[-1]) == (at("2024-01-01T00:00"), at("2025-12-31T00:00"))
    assert len(found) == 731
    assert count_instants(trigger, at("2024-01-01T00:00"), at("2026-01-01T00:00")) == 731


def test_nothing_is_found_beyond_the_ends_of_time():
    trigger = CronTrigger(cron="0 0 * * *")
    assert next_after(trigger, datetime.max.replace(tzinfo=UTC)) is None
    assert next_after(trigger, datetime.min.replace(tzinfo=UTC)) == at("1900-01-01T00:00")
