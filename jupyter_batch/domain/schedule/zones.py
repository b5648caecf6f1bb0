"""Time zones: which there are, and at which instants their clocks change.

Instants are *ticks* in here and in the timetables: whole microseconds since 1970-01-01 UTC.
A *wall* tick is the same count read off a local clock: ``tick + offset``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from jupyter_batch.errors import InvalidSchedule

SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: No two changes of one zone are nearer than 3.9 days in the whole tz database.
_PROBE_SECONDS = 3 * 86_400
_YEAR = 366 * DAY
#: Longer than any change of a clock (Samoa left out a day).
_PAD = 3 * DAY
#: Names in some tz databases that mean another zone on every machine.
_NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})


def to_tick(at: datetime) -> int:
    """Returns the tick of an aware instant."""
    return (at - _EPOCH) // _MICROSECOND


def to_instant(tick: int) -> datetime:
    """Returns the instant of a tick, in UTC."""
    return _EPOCH + timedelta(microseconds=tick)


#: Nothing is looked for before and after these.
FIRST_TICK = to_tick(datetime(1900, 1, 1, tzinfo=UTC))
LAST_TICK = to_tick(datetime(9990, 1, 1, tzinfo=UTC))


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Returns an IANA zone; raises InvalidSchedule with near matches for what is none."""
    if name in _names():
        return ZoneInfo(name)
    near = _near(name)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; use a name as Europe/Amsterdam"
    raise InvalidSchedule(
        f"there is no time zone {name[:100]!r}{hint}", field="timezone", near=list(near)
    )


def _near(name: str) -> tuple[str, ...]:
    wanted = name[:100].strip().casefold().replace(" ", "_")
    folded = {zone.casefold(): zone for zone in sorted(_names())}
    if wanted in folded:
        return (folded[wanted],)
    cities: dict[str, list[str]] = {}
    for zone in folded.values():
        cities.setdefault(zone.rpartition("/")[2].casefold(), []).append(zone)
    city = wanted.rpartition("/")[2]
    if city in cities:
        return tuple(cities[city][:3])
    near = [folded[key] for key in difflib.get_close_matches(wanted, folded, n=3)]
    for key in difflib.get_close_matches(city, cities, n=2, cutoff=0.75):
        near += [zone for zone in cities[key] if zone not in near]
    return tuple(near[:3])


class Piece(NamedTuple):
    """A stretch of time, ``start`` included, over which a zone keeps one offset from UTC."""

    start: int
    end: int
    offset: int
    #: The offset before ``start`` and from ``end`` on.
    before: int
    after: int


def offset_at(zone: str, tick: int) -> int:
    """Returns the offset from UTC, in microseconds."""
    return _offset(zone_of(zone), tick // SECOND) * SECOND


def pieces(zone: str, start: int, end: int) -> Iterator[Piece]:
    """Yields the pieces that have a part in ``start <= tick < end``, in order.

    The outermost two are cut somewhere outside of that.
    """
    if start >= end:
        return
    low, high = start - _PAD, end + _PAD
    first = low // _YEAR
    edge, offset = low, _changes(zone, first)[0]
    before = offset
    for year in range(first, high // _YEAR + 1):
        for at, after in _changes(zone, year)[1]:
            if at <= low:
                before = offset = after
                continue
            if at >= high or edge >= end:
                break
            if at > start:
                yield Piece(edge, at, offset, before, after)
            edge, before, offset = at, offset, after
    if edge < end:
        yield Piece(edge, high, offset, before, offset)


@lru_cache(maxsize=8192)
def _changes(name: str, year: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Returns the offset just before a year (of 366 days, from 1970 on) and its changes.

    A change is (tick, offset from then on).
    """
    zone = zone_of(name)
    low = year * _YEAR // SECOND - 1
    end = low + _YEAR // SECOND
    opening = offset = _offset(zone, low)
    changes = []
    while low < end:
        high = min(low + _PROBE_SECONDS, end)
        after = _offset(zone, high)
        if after != offset:
            changes.append((_bisect(zone, low, high, offset) * SECOND, after * SECOND))
        low, offset = high, after
    return opening * SECOND, tuple(changes)


def _bisect(zone: ZoneInfo, low: int, high: int, offset: int) -> int:
    """Returns the first second after ``low`` that does not have the offset."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, second: int) -> int:
    delta = datetime.fromtimestamp(second, zone).utcoffset()
    return (delta.days * 86_400 + delta.seconds) if delta is not None else 0
