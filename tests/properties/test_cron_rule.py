"""Cron in a zone against the rule, minute by minute.

The rule is Debian's cron as it works: it walks over real minutes and looks at the local clock.
Where that jumps ahead, jobs at fixed times that were jumped over run at once; where it falls
back, they wait until the clock shows a new time; a job with ``*`` as its minute or hour just
looks at the clock. Nothing of it is shared with the code under test.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_batch.domain.schedule.cron import CronTimetable, GapPolicy, RepeatPolicy
from jupyter_batch.domain.schedule.zones import to_instant, to_tick

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def numbers_of(field: str, low: int, high: int) -> set[int]:
    """Returns the plain numbers of a field, without its L and # items."""
    found: set[int] = set()
    for item in field.split(","):
        if "L" in item or "#" in item:
            continue
        base, _, step = item.partition("/")
        if base == "*":
            first, last = low, high
        elif "-" in base:
            first, last = map(int, base.split("-"))
        else:
            first, last = int(base), high if step else int(base)
        found |= {n for n in range(first, last + 1) if (n - first) % int(step or 1) == 0}
    return found


class Rule:
    """The rule for one cron text in numbers."""

    def __init__(self, text: str) -> None:
        minute, hour, self.day, month, self.weekday = text.split()
        self.minutes, self.hours = numbers_of(minute, 0, 59), numbers_of(hour, 0, 23)
        self.days, self.months = numbers_of(self.day, 1, 31), numbers_of(month, 1, 12)
        self.weekdays = {n % 7 for n in numbers_of(self.weekday, 0, 7)}
        self.looks_at_clock = minute[0] == "*" or hour[0] == "*"
        self.both = self.day[0] == "*" or self.weekday[0] == "*"
        self._dates: dict[date, bool] = {}

    def matches(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        today = wall.date()
        if today not in self._dates:
            by_day, by_weekday = self._by_day(today), self._by_weekday(today)
            agree = (by_day and by_weekday) if self.both else (by_day or by_weekday)
            self._dates[today] = today.month in self.months and agree
        return self._dates[today]

    def _by_day(self, today: date) -> bool:
        last = calendar.monthrange(today.year, today.month)[1]
        weekdays = [d for d in range(1, last + 1) if today.replace(day=d).weekday() < 5]
        items = self.day.split(",")
        return (
            today.day in self.days
            or ("L" in items and today.day == last)
            or ("LW" in items and today.day == weekdays[-1])
        )

    def _by_weekday(self, today: date) -> bool:
        weekday = today.isoweekday() % 7
        nth = (today.day - 1) // 7 + 1
        is_last = (today + 7 * DAY).month != today.month
        for item in self.weekday.split(","):
            if item.endswith("L") and int(item[:-1]) % 7 == weekday and is_last:
                return True
            if "#" in item:
                day, number = map(int, item.split("#"))
                if day % 7 == weekday and number == nth:
                    return True
        return weekday in self.weekdays

    def runs(
        self,
        zone: str,
        start: datetime,
        end: datetime,
        gap: str = "run",
        repeat: str = "first",
    ) -> list[datetime]:
        """Returns the minutes of ``start <= minute < end`` at which the job runs."""
        found, walls = [], walls_of(zone, start, end)
        last_shown = {wall: minute for minute, wall in walls}
        latest = walls[0][1]
        for (_, before), (minute, wall) in pairwise(walls):
            runs = self.matches(wall)
            if not self.looks_at_clock:
                if wall > before + MINUTE and gap == "run" and not runs:
                    left_out = (wall - before) // MINUTE
                    runs = any(self.matches(before + i * MINUTE) for i in range(1, left_out))
                if repeat == "first" and wall <= latest:
                    runs = False
                if repeat == "last" and last_shown[wall] != minute:
                    runs = False
            latest = max(latest, wall)
            if runs and start <= minute < end:
                found.append(minute)
        return found


@cache
def walls_of(zone: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Returns each minute, from a day before to a day after, with what the local clock shows."""
    info = ZoneInfo(zone)
    count = (end - start + 2 * DAY) // MINUTE
    minutes = [start - DAY + i * MINUTE for i in range(count)]
    return [(minute, minute.astimezone(info).replace(tzinfo=None)) for minute in minutes]


TEXTS = [
    "30 2 * * *",
    "30 1 * * *",
    "0 0 * * *",
    "0 3 * * *",
    "15,45 1,2 * * *",
    "0,30 2-3 * * *",
    "*/30 * * * *",
    "30 * * * *",
    "*/20 2 * * *",
    "17 */2 * * *",
    "* 1 * * *",
    "0-59 2 * * *",
    "1 0-23 * * *",
    "10-50/20 0-4 * * *",
    "0 2 * * 0",
    "30 2 29 * *",
    "0 0 */2 * 1",
    "30 0 13 * 5",
    "59 23 L * *",
    "0 0 LW * *",
    "45 1 * * 0L",
    "5 2 * * 0#1",
    "5 2 * * 7#2,3",
    "0 12 * 3,10,11 6-7",
    "0 6 1-7 * */3",
    "30 23 1,L 2,4,12 *",
]
#: Days on which clocks change, and a few on which they do not.
CHANGES = {
    ("America/New_York", date(2026, 3, 8)): "an hour is left out",
    ("America/New_York", date(2026, 11, 1)): "an hour comes twice",
    ("Europe/Amsterdam", date(2026, 3, 29)): "an hour is left out",
    ("Europe/Amsterdam", date(2026, 10, 25)): "an hour comes twice",
    ("Australia/Lord_Howe", date(2026, 10, 4)): "half an hour is left out",
    ("Australia/Lord_Howe", date(2026, 4, 5)): "half an hour comes twice",
    ("America/Sao_Paulo", date(2018, 11, 4)): "midnight is left out",
    ("America/Sao_Paulo", date(2018, 2, 18)): "the hour before midnight comes twice",
    ("Pacific/Apia", date(2011, 12, 30)): "a day is left out",
    ("Pacific/Apia", date(2012, 4, 1)): "an hour comes twice",
    ("UTC", date(2028, 2, 29)): "a leap day",
}
WINDOWS = [
    (zone, datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY) for zone, day in CHANGES
]


def between(
    text: str, zone: str, start: datetime, end: datetime, gap: str = "run", repeat: str = "first"
) -> list[datetime]:
    table = CronTimetable(text, zone, GapPolicy(gap), RepeatPolicy(repeat))
    return [to_instant(tick) for tick in table.between(to_tick(start), to_tick(end))]


def test_there_are_at_least_two_hundred_vectors():
    assert len(TEXTS) * len(WINDOWS) >= 200


@pytest.mark.parametrize(("zone", "start"), WINDOWS, ids=[f"{z} {d}" for z, d in CHANGES])
@pytest.mark.parametrize("text", TEXTS)
def test_a_schedule_runs_as_the_rule_says(text: str, zone: str, start: datetime):
    end = start + 4 * DAY
    assert between(text, zone, start, end) == Rule(text).runs(zone, start, end)


def test_the_vectors_are_about_something():
    runs = [
        len(Rule(text).runs(zone, start, start + 4 * DAY))
        for text in TEXTS
        for zone, start in WINDOWS
    ]
    assert sum(count > 0 for count in runs) >= 200


def items(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.integers(1, high)
    return st.one_of(
        number.map(str),
        span,
        st.builds(lambda a, n: f"{a}/{n}", span, step),
        step.map(lambda n: f"*/{n}"),
    )


def fields(low: int, high: int, *extras: str) -> st.SearchStrategy[str]:
    item = items(low, high) if not extras else items(low, high) | st.sampled_from(extras)
    return st.just("*") | st.lists(item, min_size=1, max_size=3).map(",".join)


CRON = st.builds(
    lambda *words: " ".join(words),
    fields(0, 59),
    st.sampled_from(["0", "1", "2", "2-3", "1,2", "23"]) | fields(0, 23),
    st.just("*") | fields(1, 28, "L", "LW"),
    st.just("*") | fields(1, 12),
    st.just("*") | fields(0, 7, "5L", "1#2", "0#5"),
)


@settings(max_examples=200, deadline=None)
@given(
    text=CRON,
    window=st.sampled_from(WINDOWS),
    gap=st.sampled_from(["run", "skip"]),
    repeat=st.sampled_from(["first", "both", "last"]),
)
def test_any_schedule_runs_as_the_rule_says(text, window, gap, repeat):
    zone, start = window
    end = start + 4 * DAY
    expected = Rule(text).runs(zone, start, end, gap, repeat)
    assert between(text, zone, start, end, gap, repeat) == expected


@settings(max_examples=60, deadline=None)
@given(
    text=CRON,
    zone=st.sampled_from(["Europe/Dublin", "Africa/Casablanca", "Asia/Tehran", "Asia/Kathmandu"]),
    day=st.dates(date(1990, 1, 1), date(2037, 12, 1)),
)
def test_any_schedule_runs_as_the_rule_says_on_any_day(text, zone, day):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert between(text, zone, start, start + DAY) == Rule(text).runs(zone, start, start + DAY)
