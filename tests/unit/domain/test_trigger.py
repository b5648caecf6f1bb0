"""Triggers: their form on the wire, and what is refused before it is stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
)
from jupyter_batch.domain.schedule.trigger_check import check_has_future, check_trigger
from jupyter_batch.errors import InvalidSchedule

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "trigger",
    [
        CronTrigger(id="a", cron="0 6 * * mon-fri", timezone="Europe/Amsterdam", max_runs=3),
        IntervalTrigger(interval_seconds=300, anchor_at=NOW, parameters={"day": [1, {"x": None}]}),
        OnceTrigger(at=NOW, excluded_dates=(date(2026, 12, 25),), paused=True),
    ],
)
def test_a_trigger_survives_the_wire(trigger: AnyTrigger):
    text = msgspec.json.encode(trigger)
    assert msgspec.json.decode(text, type=AnyTrigger) == trigger


def test_the_kind_tells_what_a_trigger_is():
    trigger = msgspec.json.decode(b'{"kind": "cron", "cron": "@daily"}', type=AnyTrigger)
    assert trigger == CronTrigger(cron="@daily")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cron": "61 * * * *"}, "cron"),
        ({"timezone": "Europe/Amsterdm"}, "timezone"),
        ({"start_at": NOW, "end_at": NOW - HOUR}, "end_at"),
        ({"start_at": datetime(2026, 1, 1)}, "start_at"),  # noqa: DTZ001 that is the point
        ({"end_at": datetime(9999, 1, 1, tzinfo=UTC)}, "end_at"),
        ({"max_runs": 0}, "max_runs"),
        ({"max_runs": -1}, "max_runs"),
        ({"jitter_seconds": -1}, "jitter_seconds"),
        ({"jitter_seconds": float("nan")}, "jitter_seconds"),
        ({"jitter_seconds": 61, "start_deadline_seconds": 60}, "jitter_seconds"),
        ({"catch_up_window_seconds": -1}, "catch_up_window_seconds"),
        ({"catch_up_window_seconds": float("inf")}, "catch_up_window_seconds"),
        ({"start_deadline_seconds": -60}, "start_deadline_seconds"),
        ({"start_deadline_seconds": 0.5}, "start_deadline_seconds"),
        ({"excluded_dates": (date(2026, 1, 1),) * 10_001}, "excluded_dates"),
    ],
)
def test_a_bad_field_is_refused_by_name(change: dict[str, Any], field: str):
    with pytest.raises(InvalidSchedule) as caught:
        check_trigger(CronTrigger(**({"cron": "0 6 * * *"} | change)))
    assert caught.value.details["field"] == field


@pytest.mark.parametrize("seconds", [0, -5, 10**12])
def test_an_interval_is_at_least_a_second(seconds: int):
    with pytest.raises(InvalidSchedule) as caught:
        check_trigger(IntervalTrigger(interval_seconds=seconds))
    assert caught.value.details["field"] == "interval_seconds"


def test_good_triggers_pass():
    check_trigger(CronTrigger(cron="@daily", start_at=NOW, end_at=NOW, max_runs=1))
    check_trigger(IntervalTrigger(interval_seconds=1, anchor_at=NOW))
    check_trigger(OnceTrigger(at=NOW, start_deadline_seconds=10))


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        (OnceTrigger(at=NOW - HOUR), "at"),
        (CronTrigger(cron="@daily", end_at=NOW - HOUR), "end_at"),
        (CronTrigger(cron="@daily", end_at=NOW + HOUR), "end_at"),
        (OnceTrigger(at=NOW, excluded_dates=(NOW.date(),)), "excluded_dates"),
    ],
)
def test_a_trigger_that_never_runs_again_is_refused(trigger: AnyTrigger, field: str):
    check_trigger(trigger)
    with pytest.raises(InvalidSchedule) as caught:
        check_has_future(trigger, NOW)
    assert caught.value.details["field"] == field


def test_an_instant_beyond_what_is_looked_for_is_refused_by_that():
    with pytest.raises(InvalidSchedule, match=r"2099.* is more than 60 years away") as caught:
        check_has_future(OnceTrigger(at=NOW.replace(year=2099)), NOW)
    assert caught.value.details["field"] == "at"
    far = CronTrigger(cron="0 0 * * *", start_at=NOW.replace(year=2099))
    assert check_has_future(far, NOW).year == 2099


def test_the_first_instant_may_be_now():
    assert check_has_future(OnceTrigger(at=NOW), NOW) == NOW
