"""The table of traps: weekdays, OR and AND, hours that are left out or come twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from jupyter_batch.domain.schedule.cron import CronTimetable, GapPolicy, RepeatPolicy, check_cron
from jupyter_batch.domain.schedule.timetable import HORIZON, first_in
from jupyter_batch.domain.schedule.zones import DAY, to_instant, to_tick
from jupyter_batch.errors import InvalidSchedule

NEW_YORK = "America/New_York"


def runs(text: str, start: str, count: int, zone: str = NEW_YORK, **policies: str) -> list[str]:
    """Returns the first instants from a local date on, in local time, with the weekday."""
    info = ZoneInfo(zone)
    begin = to_tick(datetime.fromisoformat(start).replace(tzinfo=info))
    table = CronTimetable(
        text,
        zone,
        GapPolicy(policies.get("gap", "run")),
        RepeatPolicy(policies.get("repeat", "first")),
    )
    ticks = islice(table.between(begin, begin + 800 * DAY), count)
    return [to_instant(tick).astimezone(info).strftime("%a %d %b %H:%M %Z") for tick in ticks]


def weekdays(text: str) -> str:
    table = CronTimetable(text, "UTC")
    start = to_tick(datetime(2026, 3, 2, tzinfo=UTC))  # a Monday
    return " ".join(f"{to_instant(t):%a}" for t in table.between(start, start + 7 * DAY))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("0", "Sun"),
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("7", "Sun"),
        ("5-7", "Fri Sat Sun"),
        ("0-7", "Mon Tue Wed Thu Fri Sat Sun"),
        ("sun", "Sun"),
        ("MON-Fri", "Mon Tue Wed Thu Fri"),
        ("fri-mon", "Mon Fri Sat Sun"),
        ("5-1", "Mon Fri Sat Sun"),
        ("sat-sun", "Sat Sun"),
        ("sun-tue", "Mon Tue Sun"),
        ("7-2", "Mon Tue Sun"),
        ("fri-mon/2", "Fri Sun"),
        ("tue,fri-sat", "Tue Fri Sat"),
        ("*/2", "Tue Thu Sat Sun"),
        ("?", "Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_weekdays_are_counted_as_in_debian(field: str, expected: str):
    assert weekdays(f"0 0 * * {field}") == expected


def test_a_date_and_a_weekday_are_alternatives():
    assert runs("0 0 13 * 5", "2026-03-01", 4) == [
        "Fri 06 Mar 00:00 EST",
        "Fri 13 Mar 00:00 EDT",
        "Fri 20 Mar 00:00 EDT",
        "Fri 27 Mar 00:00 EDT",
    ]
    assert runs("0 0 14 * 5", "2026-03-13", 3) == [
        "Fri 13 Mar 00:00 EDT",
        "Sat 14 Mar 00:00 EDT",
        "Fri 20 Mar 00:00 EDT",
    ]


def test_a_field_that_begins_with_a_star_must_agree_with_the_other():
    assert runs("0 0 */2 * 1", "2026-03-01", 4) == [
        "Mon 09 Mar 00:00 EDT",
        "Mon 23 Mar 00:00 EDT",
        "Mon 13 Apr 00:00 EDT",
        "Mon 27 Apr 00:00 EDT",
    ]


def test_a_time_that_is_left_out_runs_right_after_the_gap():
    assert runs("30 2 * * *", "2026-03-07", 3) == [
        "Sat 07 Mar 02:30 EST",
        "Sun 08 Mar 03:00 EDT",
        "Mon 09 Mar 02:30 EDT",
    ]


def test_a_time_that_is_left_out_can_be_skipped():
    assert runs("30 2 * * *", "2026-03-07", 2, gap="skip") == [
        "Sat 07 Mar 02:30 EST",
        "Mon 09 Mar 02:30 EDT",
    ]


def test_several_times_that_are_left_out_run_once_together():
    assert runs("0,30 2-3 * * *", "2026-03-08", 3) == [
        "Sun 08 Mar 03:00 EDT",
        "Sun 08 Mar 03:30 EDT",
        "Mon 09 Mar 02:00 EDT",
    ]


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ("first", ["Sun 01 Nov 01:30 EDT", "Mon 02 Nov 01:30 EST"]),
        ("last", ["Sun 01 Nov 01:30 EST", "Mon 02 Nov 01:30 EST"]),
        ("both", ["Sun 01 Nov 01:30 EDT", "Sun 01 Nov 01:30 EST", "Mon 02 Nov 01:30 EST"]),
    ],
)
def test_a_time_that_comes_twice_runs_as_its_policy_says(repeat: str, expected: list[str]):
    assert runs("30 1 * * *", "2026-11-01", len(expected), repeat=repeat) == expected


@pytest.mark.parametrize("repeat", ["first", "both", "last"])
@pytest.mark.parametrize("text", ["*/30 * * * *", "*/30 0-23 * * *", "0,30 * * * *"])
def test_a_star_runs_each_real_half_hour(text: str, repeat: str):
    assert runs(text, "2026-11-01", 6, repeat=repeat) == [
        "Sun 01 Nov 00:00 EDT",
        "Sun 01 Nov 00:30 EDT",
        "Sun 01 Nov 01:00 EDT",
        "Sun 01 Nov 01:30 EDT",
        "Sun 01 Nov 01:00 EST",
        "Sun 01 Nov 01:30 EST",
    ]


@pytest.mark.parametrize("gap", ["run", "skip"])
def test_a_star_has_nothing_to_make_up_for_after_a_gap(gap: str):
    assert runs("30 * * * *", "2026-03-08T01:00", 2, gap=gap) == [
        "Sun 08 Mar 01:30 EST",
        "Sun 08 Mar 03:30 EDT",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 L * *", ["Sat 28 Feb 00:00 EST", "Tue 31 Mar 00:00 EDT"]),
        ("0 0 * * 5L", ["Fri 27 Feb 00:00 EST", "Fri 27 Mar 00:00 EDT"]),
        ("0 0 * * friL", ["Fri 27 Feb 00:00 EST", "Fri 27 Mar 00:00 EDT"]),
        ("0 0 * * 5#2", ["Fri 13 Feb 00:00 EST", "Fri 13 Mar 00:00 EDT"]),
        ("0 0 * * FRI#2", ["Fri 13 Feb 00:00 EST", "Fri 13 Mar 00:00 EDT"]),
        ("0 0 LW * *", ["Fri 27 Feb 00:00 EST", "Tue 31 Mar 00:00 EDT"]),
        ("0 0 lw * ?", ["Fri 27 Feb 00:00 EST", "Tue 31 Mar 00:00 EDT"]),
    ],
)
def test_the_last_and_the_nth_of_a_month(text: str, expected: list[str]):
    assert runs(text, "2026-02-01", 2) == expected


@pytest.mark.parametrize(
    ("nickname", "text"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@Annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        (" @hourly ", "0 * * * *"),
        ("0 12 ? * mon", "0 12 * * 1"),
        ("0 12 15 * ?", "0 12 15 * *"),
        ("0 22-2 * * *", "0 22,23,0,1,2 * * *"),
        ("0 22-2/2 * * *", "0 22,0,2 * * *"),
        ("50-10/10 * * * *", "50,0,10 * * * *"),
        ("0 0 30-2 * *", "0 0 30,31,1,2 * *"),
        ("0 0 * NOV-feb *", "0 0 * 11,12,1,2 *"),
        ("0 0 * jan,Mar *", "0 0 * 1,3 *"),
        ("5-5/2 * * * *", "5 * * * *"),
        ("007 * * * *", "7 * * * *"),
    ],
)
def test_what_people_write_is_read_as_plain_cron(nickname: str, text: str):
    assert check_cron(nickname) == check_cron(text)


@pytest.mark.parametrize(
    ("text", "field", "position", "words"),
    [
        ("60 * * * *", "minute", 0, "a number from 0 to 59"),
        ("* 24 * * *", "hour", 2, "a number from 0 to 23"),
        ("* * 0 * *", "day of month", 4, "a number from 1 to 31"),
        ("* * * 13 *", "month", 6, "a number from 1 to 12 or a name from jan to dec"),
        ("* * * juni *", "month", 6, "did you mean jun?"),
        ("* * * * 8", "day of week", 8, "a number from 0 to 7"),
        ("* * * * mon-fry", "day of week", 8, "did you mean fri?"),
        ("0  1,2,x  * * *", "hour", 7, "'x' is not a number"),
        ("0,, * * * *", "minute", 2, "an item is empty"),
        ("*/0 * * * *", "minute", 0, "a step is a number from 1 to 60"),
        ("*/90 * * * *", "minute", 0, "a step is a number from 1 to 60"),
        ("1- * * * *", "minute", 0, "a number is missing"),
        ("-5 * * * *", "minute", 0, "a number is missing"),
        ("? * * * *", "minute", 0, "? may stand in a day field only"),
        ("0 0 15W * *", "day of month", 4, "LW (the last weekday)"),
        ("0 0 * * L", "day of week", 8, "L needs its day"),
        ("0 0 * * 5#6", "day of week", 8, "a number from 1 to 5"),
        ("٣ * * * *", "minute", 0, "a number from 0 to 59"),
        ("0 0 30 2 *", "day of month", 4, "never comes"),
        ("0 0 31 2,4 *", "day of month", 4, "never comes"),
        ("0 0 */28 * 1#2", "day of month", 4, "never comes"),
    ],
)
def test_a_bad_field_is_named_with_the_reason_and_what_is_allowed(
    text: str, field: str, position: int, words: str
):
    with pytest.raises(InvalidSchedule) as caught:
        check_cron(text)
    details = caught.value.details
    assert (details["field"], details["cron_field"], details["position"]) == (
        "cron",
        field,
        position,
    )
    assert words in caught.value.message
    assert details["allowed"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("* * * *", "five fields"),
        ("0 * * * * *", "seconds are not among them"),
        ("@reboot", "no time"),
        ("@every 5m", "use an interval"),
        ("@dayly", "did you mean @daily?"),
        ("@never", "there are: @yearly"),
        ("@daily 5", "stands alone"),
        ("1," * 1000, "longer than"),
    ],
)
def test_a_text_that_is_no_cron_is_refused(text: str, words: str):
    with pytest.raises(InvalidSchedule, match=words) as caught:
        check_cron(text)
    assert caught.value.details["field"] == "cron"


def test_a_day_that_comes_every_28_years_is_found():
    table = CronTimetable("0 0 * 2 mon#5", "UTC")
    start = to_tick(datetime(2026, 1, 1, tzinfo=UTC))
    first = first_in(table, start, start + HORIZON)
    assert first is not None
    assert to_instant(first) == datetime(2044, 2, 29, tzinfo=UTC)
