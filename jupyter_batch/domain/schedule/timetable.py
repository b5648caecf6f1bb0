"""The instants of a schedule, as a function of time only.

A timetable answers in ticks (see zones), for half-open stretches of time; so two stretches that
meet have each instant once, and none is lost between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from jupyter_batch.domain.schedule.zones import DAY, FIRST_TICK, LAST_TICK, pieces

#: How far a next or a previous instant is looked for: 29 February comes on a Monday every 28
#: years, or 40 years over 2100.
HORIZON_YEARS = 60
HORIZON = HORIZON_YEARS * 366 * DAY
#: Most instants are near, so the search begins with little steps.
_FIRST_WINDOW, _LAST_WINDOW = 2 * DAY, 366 * DAY


class Timetable(Protocol):
    """The instants of a schedule."""

    def between(self, start: int, end: int, *, reverse: bool = False) -> Iterator[int]:
        """Yields each instant of ``start <= tick < end`` once, in order or in reverse order."""

    def count(self, start: int, end: int) -> int:
        """Returns how many instants ``between`` would yield, without going through them."""

    def is_after_gap(self, tick: int) -> bool:
        """Returns whether an instant exists only because a change of clocks left out its local time."""


def first_in(table: Timetable, start: int, end: int) -> int | None:
    """Returns the earliest instant of ``start <= tick < end`` within the horizon, or None."""
    low, end = max(start, FIRST_TICK), min(end, start + HORIZON, LAST_TICK)
    window = _FIRST_WINDOW
    while low < end:
        high = min(low + window, end)
        for tick in table.between(low, high):
            return tick
        low, window = high, min(window * 16, _LAST_WINDOW)
    return None


def last_in(table: Timetable, start: int, end: int) -> int | None:
    """Returns the latest instant of ``start <= tick < end`` within the horizon, or None."""
    high, start = min(end, LAST_TICK), max(start, end - HORIZON, FIRST_TICK)
    window = _FIRST_WINDOW
    while start < high:
        low = max(high - window, start)
        for tick in table.between(low, high, reverse=True):
            return tick
        high, window = low, min(window * 16, _LAST_WINDOW)
    return None


class OnceTimetable:
    """One instant, or none where its date is excluded."""

    def __init__(self, tick: int, zone: str, excluded_days: Sequence[int] = ()) -> None:
        self._tick = tick
        self._ranges = _Allowed(zone, excluded_days)

    def between(self, start: int, end: int, *, reverse: bool = False) -> Iterator[int]:
        """Yields the instant where it is in the stretch."""
        if start <= self._tick < end and self._ranges.within(self._tick, self._tick + 1):
            yield self._tick

    def count(self, start: int, end: int) -> int:
        """Returns 0 or 1."""
        return sum(1 for _ in self.between(start, end))

    def is_after_gap(self, tick: int) -> bool:
        """Never: it is an instant, not a local time."""
        return False


class IntervalTimetable:
    """Every so often, counted from an anchor in both directions, whatever clocks do."""

    def __init__(
        self, anchor: int, step: int, zone: str, excluded_days: Sequence[int] = ()
    ) -> None:
        self._anchor = anchor
        self._step = step
        self._ranges = _Allowed(zone, excluded_days)

    def between(self, start: int, end: int, *, reverse: bool = False) -> Iterator[int]:
        """Yields the multiples of the interval."""
        ranges = self._ranges.within(start, end)
        for low, high in reversed(ranges) if reverse else ranges:
            ticks = self._ticks(low, high)
            yield from reversed(ticks) if reverse else ticks

    def count(self, start: int, end: int) -> int:
        """Returns the number of multiples."""
        return sum(len(self._ticks(low, high)) for low, high in self._ranges.within(start, end))

    def is_after_gap(self, tick: int) -> bool:
        """Never: it counts real time."""
        return False

    def _ticks(self, low: int, high: int) -> range:
        return range(low + (self._anchor - low) % self._step, high, self._step)


class _Allowed:
    """The stretches of time that are on no excluded local date."""

    def __init__(self, zone: str, excluded_days: Sequence[int]) -> None:
        self._zone = zone
        #: Days since 1970-01-01, in order.
        self._excluded = sorted(set(excluded_days))

    def within(self, start: int, end: int) -> list[tuple[int, int]]:
        """Returns the parts of ``start <= tick < end`` that are left, in order."""
        if not self._excluded:
            return [(start, end)] if start < end else []
        found = []
        for piece in pieces(self._zone, start, end):
            low, high = max(start, piece.start), min(end, piece.end)
            for day in self._excluded:
                midnight = day * DAY - piece.offset
                if midnight + DAY <= low or midnight >= high:
                    continue
                if low < midnight:
                    found.append((low, midnight))
                low = min(midnight + DAY, high)
            if low < high:
                found.append((low, high))
        return found
