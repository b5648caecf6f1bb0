"""Cron in a time zone, by Debian's rules, also when its clocks change.

cronsim reads the fields, on a calendar without any zone: once for the days of a year, once for
the times of a day. The zone is laid over that piece by piece (see zones.Piece), so that what
becomes of the hour that is left out or shown twice is decided in one place, here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from cronsim import CronSim, CronSimError

from jupyter_batch.domain.schedule.cron_text import CronText, read_cron
from jupyter_batch.domain.schedule.zones import DAY, SECOND, Piece, pieces
from jupyter_batch.errors import InvalidSchedule

_EPOCH_DAY = date(1970, 1, 1).toordinal()


class GapPolicy(StrEnum):
    """The rule for a local time that clocks leave out."""

    #: One run right after the gap.
    RUN = "run"
    SKIP = "skip"


class RepeatPolicy(StrEnum):
    """The rule for a local time that clocks show twice."""

    FIRST = "first"
    BOTH = "both"
    LAST = "last"


def check_cron(text: str) -> CronText:
    """Returns the fields; raises InvalidSchedule, also where no date will ever match."""
    cron = read_cron(text)
    if not _has_days(cron.day_fields):
        message = f"cron {text.strip()!r} never comes: no month of its has such a day"
        raise InvalidSchedule(
            message,
            field="cron",
            cron_field="day of month",
            position=_position_of_day(text),
            allowed="a day that at least one of the months has",
        )
    return cron


def _position_of_day(text: str) -> int:
    """Returns where the third word begins."""
    rest = text.lstrip().split(None, 2)[-1]
    return text.rindex(rest)


class CronTimetable:
    """The instants of a cron text in a zone; a Timetable.

    A text whose minute or hour begins with ``*`` counts real time and is not subject to the
    policies: in an hour that is shown twice it runs in both, in one that is left out in none.
    """

    def __init__(
        self,
        text: str,
        zone: str,
        gap: GapPolicy = GapPolicy.RUN,
        repeat: RepeatPolicy = RepeatPolicy.FIRST,
        excluded_days: Sequence[int] = (),
    ) -> None:
        cron = read_cron(text)
        self._zone = zone
        self._times = _times_of_day(cron.time_fields)
        self._days = cron.day_fields
        self._excluded = frozenset(excluded_days)
        self._runs_after_gap = gap is GapPolicy.RUN and not cron.is_wildcard
        self._drops_second = repeat is RepeatPolicy.FIRST and not cron.is_wildcard
        self._drops_first = repeat is RepeatPolicy.LAST and not cron.is_wildcard

    def between(self, start: int, end: int, *, reverse: bool = False) -> Iterator[int]:
        """Yields each instant of ``start <= tick < end`` once, in order or in reverse order."""
        parts = pieces(self._zone, start, end)
        for piece in reversed(list(parts)) if reverse else parts:
            opening = start <= piece.start and self._opens(piece)
            if opening and not reverse:
                yield piece.start
            low, high = self._wall(piece, start, end)
            for wall in self._walls(low, high, reverse=reverse):
                yield wall - piece.offset
            if opening and reverse:
                yield piece.start

    def count(self, start: int, end: int) -> int:
        """Returns how many instants ``between`` would yield, without going through them."""
        total = 0
        for piece in pieces(self._zone, start, end):
            total += start <= piece.start and self._opens(piece)
            total += self._count_walls(*self._wall(piece, start, end))
        return total

    def is_after_gap(self, tick: int) -> bool:
        """Returns whether an instant exists only because a change of clocks left out its local time."""
        return any(
            piece.start == tick and self._opens(piece)
            for piece in pieces(self._zone, tick, tick + 1)
        )

    def _wall(self, piece: Piece, start: int, end: int) -> tuple[int, int]:
        """Returns the stretch of local time in which matches count, within a piece."""
        low = max(start, piece.start) + piece.offset
        high = min(end, piece.end) + piece.offset
        if self._drops_second:
            low = max(low, piece.start + piece.before)
        if self._drops_first:
            high = min(high, piece.end + piece.after)
        return low, high

    def _opens(self, piece: Piece) -> bool:
        """Returns whether a piece begins with an instant for a time left out just before it."""
        if not self._runs_after_gap or piece.before >= piece.offset:
            return False
        left_out, shown = piece.start + piece.before, piece.start + piece.offset
        if shown // DAY in self._excluded or any(self._walls(shown, shown + 1)):
            return False
        return self._count_walls(left_out, shown) > 0

    def _walls(self, low: int, high: int, *, reverse: bool = False) -> Iterator[int]:
        """Yields the local times of ``low <= wall < high`` that match."""
        if low >= high:
            return
        first, last = low // DAY, (high - 1) // DAY
        days = self._days_in(first, last + 1)
        for day in reversed(days) if reverse else days:
            midnight, times = day * DAY, self._times
            if not first < day < last:
                begin = bisect_left(times, low - midnight)
                times = times[begin : bisect_left(times, high - midnight)]
            for time in reversed(times) if reverse else times:
                yield midnight + time

    def _count_walls(self, low: int, high: int) -> int:
        if low >= high:
            return 0
        first, last = low // DAY, (high - 1) // DAY
        total = len(self._days_in(first + 1, last)) * len(self._times)
        for day in {first, last}:
            if self._days_in(day, day + 1):
                begin = bisect_left(self._times, low - day * DAY)
                total += bisect_left(self._times, high - day * DAY) - begin
        return total

    def _days_in(self, first: int, end: int) -> list[int]:
        """Returns the days of ``first <= day < end`` that match, in order."""
        if first >= end:
            return []
        found: list[int] = []
        for year in range(_year(first), _year(end - 1) + 1):
            days = _days_of_year(self._days, year)
            found += days[bisect_left(days, first) : bisect_left(days, end)]
        if self._excluded:
            return [day for day in found if day not in self._excluded]
        return found


def _year(day: int) -> int:
    return date.fromordinal(day + _EPOCH_DAY).year


@lru_cache(maxsize=4096)
def _days_of_year(day_fields: str, year: int) -> tuple[int, ...]:
    """Returns the days of a year, counted from 1970-01-01, that match the three day fields."""
    found = []
    for midnight in _from(f"0 0 {day_fields}", datetime(year, 1, 1)):  # noqa: DTZ001 a calendar
        if midnight.year != year:
            break
        found.append(midnight.toordinal() - _EPOCH_DAY)
    return tuple(found)


@lru_cache(maxsize=4096)
def _times_of_day(time_fields: str) -> tuple[int, ...]:
    """Returns the times of a day that match, in microseconds since its midnight."""
    day = datetime(2001, 1, 1)  # noqa: DTZ001 any day of a calendar
    found = []
    for time in _from(f"{time_fields} * * *", day):
        if time.date() != day.date():
            break
        found.append((time.hour * 3600 + time.minute * 60) * SECOND)
    return tuple(found)


@lru_cache(maxsize=4096)
def _has_days(day_fields: str) -> bool:
    try:
        days = _from(f"0 0 {day_fields}", datetime(2000, 1, 1))  # noqa: DTZ001 a calendar
    except CronSimError:
        return False
    return next(days, None) is not None


def _from(text: str, start: datetime) -> Iterator[datetime]:
    """Returns the matches from a naive time on, that time included."""
    return CronSim(text, start - timedelta(seconds=1))
