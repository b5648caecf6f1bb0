"""Cron in plain words: on which days, at which times."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_batch.domain.schedule.cron_text import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    MINUTE,
    MONTH,
    CronText,
    numbers,
)

DAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = "January February March April May June July August September October November December"
MONTH_NAMES = tuple(_MONTHS.split(" "))
_NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth"}
_EVERY_DAY = "every day"
_MAX_TIMES = 6


def describe_cron(cron: CronText) -> str:
    """Returns the days and times of a cron text in words, without its zone."""
    days, only_if, times = _describe_days(cron), _describe_condition(cron), _describe_times(cron)
    if not times.startswith("at ") or ", " in days:
        days = "" if days == _EVERY_DAY else f"{days}, "
        return f"{days}{times}{only_if}"
    return f"{days} {times}{only_if}"


def join(words: Sequence[str], last: str = "and") -> str:
    """Returns ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _describe_times(cron: CronText) -> str:
    minutes = numbers(MINUTE, cron.minute) or ()
    hours = numbers(HOUR, cron.hour) or ()
    minute_step, hour_step = _step(minutes, 60), _step(hours, 24)
    all_hours = len(hours) == 24
    if minute_step and all_hours:
        return f"every {_count(minute_step, 'minute')}"
    if all_hours:
        return (
            "every hour" if minutes == (0,) else f"every hour at {_describe_minutes(minutes)} past"
        )
    if len(minutes) == 1 and hour_step:
        start = "" if minutes == (0,) else f" from {_clock(0, minutes[0])}"
        return f"every {_count(hour_step, 'hour')}{start}"
    if len(minutes) * len(hours) <= _MAX_TIMES:
        return f"at {join([_clock(hour, minute) for hour in hours for minute in minutes])}"
    if hours[-1] - hours[0] == len(hours) - 1 and (minute_step or len(minutes) == 1):
        every = _count(minute_step, "minute") if minute_step else "hour"
        span = f"from {_clock(hours[0], minutes[0])} to {_clock(hours[-1], minutes[-1])}"
        return f"every {every} {span}"
    shown = [
        f"{_clock(a, 0)}" if a == b else f"{_clock(a, 0)} to {_clock(b, 0)}"
        for a, b in _runs(hours)
    ]
    return f"at {_describe_minutes(minutes)} past {join(shown)}"


def _describe_minutes(minutes: Sequence[int]) -> str:
    shown = join([str(a) if a == b else f"{a} to {b}" for a, b in _runs(minutes)])
    return f"{shown} minute{'' if tuple(minutes) == (1,) else 's'}"


def _describe_days(cron: CronText) -> str:
    by_date, by_weekday = _describe_dates(cron.day), _Weekdays(cron.weekday)
    months = numbers(MONTH, cron.month) or ()
    every_month = len(months) == 12
    of_months = "every month" if every_month else join([MONTH_NAMES[m - 1] for m in months])
    if by_date is None and not by_weekday.all and cron.days_must_agree:
        return by_weekday.text(of_months)
    if by_date is not None and not by_weekday.all:
        weekday = by_weekday.text(of_months)
        if cron.days_must_agree:
            return weekday
        return f"on {by_date} of {of_months}, as well as {weekday}"
    if by_date is None or not cron.days_must_agree:
        # Where one of the two is enough and takes every day, the other adds nothing.
        return _EVERY_DAY if every_month else f"{_EVERY_DAY} in {of_months}"
    if len(months) == 1 and cron.day.isdigit():
        return f"every year on {int(cron.day)} {of_months}"
    return f"on {by_date} of {of_months}"


def _describe_condition(cron: CronText) -> str:
    """Returns what the date must be besides the weekday; empty where either is free."""
    by_date = _describe_dates(cron.day, "or")
    if by_date is None or not cron.days_must_agree or _Weekdays(cron.weekday).all:
        return ""
    return f", if that day is {by_date} of its month"


def _describe_dates(field: str, last: str = "and") -> str | None:
    """Returns ``the 1st, the 15th and the last day``; None for every day."""
    items = field.split(",")
    plain = [item for item in items if "L" not in item]
    days = (numbers(DAY_OF_MONTH, ",".join(plain)) or ()) if plain else ()
    if len(days) == 31:
        return None
    words = [_th(a) if a == b else f"{_th(a)} to {_th(b)}" for a, b in _runs(days)]
    shown = [f"the {join(words, last)}"] if words else []
    if "LW" in items:
        shown.append("the last day from Monday to Friday")
    if "L" in items:
        shown.append("the last day")
    return join(shown, last)


class _Weekdays:
    """The day-of-week field."""

    def __init__(self, field: str) -> None:
        items = field.split(",")
        self._special = [item for item in items if "L" in item or "#" in item]
        plain = [item for item in items if item not in self._special]
        self._days = (numbers(DAY_OF_WEEK, ",".join(plain)) or ()) if plain else ()
        self.all = len(self._days) == 7

    def text(self, of_months: str) -> str:
        """Returns ``every Monday in May``, ``on the last Friday of every month``."""
        words = []
        if self._days:
            in_months = "" if of_months == "every month" else f" in {of_months}"
            words.append(f"every {self._plain_text()}{in_months}")
        if self._special:
            names = join([_special_text(item) for item in self._special])
            words.append(f"on {names} of {of_months}")
        return " and ".join(words)

    def _plain_text(self) -> str:
        if self._days == (1, 2, 3, 4, 5):
            return "weekday"
        # The week begins on Monday here, so that Saturday and Sunday stand together.
        week = sorted((day - 1) % 7 for day in self._days)
        names = [DAY_NAMES[(day + 1) % 7] for day in range(7)]
        return join([names[a] if a == b else f"{names[a]} to {names[b]}" for a, b in _runs(week)])


def _special_text(item: str) -> str:
    if item.endswith("L"):
        return f"the last {DAY_NAMES[int(item[:-1]) % 7]}"
    day, _, nth = item.partition("#")
    return f"the {_NTH[nth]} {DAY_NAMES[int(day) % 7]}"


def _step(values: Sequence[int], size: int) -> int:
    """Returns the step of values that are evenly spread over the whole field; 0 for none."""
    step = values[1] - values[0] if len(values) > 1 else size
    spread = len(values) > 1 and size % step == 0 and tuple(values) == tuple(range(0, size, step))
    return step if spread else 0


def _runs(values: Sequence[int]) -> list[tuple[int, int]]:
    """Returns the values with three or more consecutive ones as (first, last)."""
    runs: list[tuple[int, int]] = []
    for value in values:
        if runs and value == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    split: list[tuple[int, int]] = []
    for first, last in runs:
        split += [(first, first), (last, last)] if last == first + 1 else [(first, last)]
    return split


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _count(step: int, unit: str) -> str:
    return unit if step == 1 else f"{step} {unit}s"


def _th(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{'th' if 11 <= day <= 13 else ending}"
