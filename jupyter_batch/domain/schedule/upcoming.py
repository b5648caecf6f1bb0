"""The instants of a trigger, for people and for backfills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from jupyter_batch.domain.schedule.local_time import (
    AFTER_THE_GAP,
    local_text,
    note_of,
)
from jupyter_batch.domain.schedule.timetable import first_in
from jupyter_batch.domain.schedule.trigger import AnyTrigger, bounds
from jupyter_batch.domain.schedule.zones import (
    DAY,
    LAST_TICK,
    to_instant,
    to_tick,
)
from jupyter_batch.domain.value import Value


class UpcomingInstant(Value, frozen=True, kw_only=True):
    """An instant of a trigger as people read it."""

    #: UTC.
    at: datetime
    #: ISO 8601 in the trigger's zone, with the offset.
    local: str
    #: ``after the gap``, ``first of two``, ``second of two``; None where clocks do nothing odd.
    note: str | None = None
    #: The trigger's.
    timezone: str = "UTC"


def upcoming(
    trigger: AnyTrigger, after: datetime, count: int, *, runs: int = 0
) -> tuple[UpcomingInstant, ...]:
    """Returns the next instants strictly after ``after``; fewer where the schedule ends.

    ``runs`` is how many runs the trigger has made, for its ``max_runs``. Whether it is paused
    makes no difference.
    """
    if trigger.max_runs is not None:
        count = min(count, trigger.max_runs - runs)
    found: list[UpcomingInstant] = []
    at = after
    while len(found) < count:
        instant = next_after(trigger, at)
        if instant is None:
            break
        found.append(describe(trigger, instant))
        at = instant
    return tuple(found)


def describe(trigger: AnyTrigger, at: datetime) -> UpcomingInstant:
    """Returns an instant of a trigger with its local time and what is odd about it."""
    tick = to_tick(at)
    return UpcomingInstant(
        at=at.astimezone(UTC),
        local=local_text(at, trigger.timezone),
        note=_note(trigger, tick),
        timezone=trigger.timezone,
    )


def next_after(trigger: AnyTrigger, after: datetime, *, inclusive: bool = False) -> datetime | None:
    """Returns the first instant after ``after`` (or at it), or None."""
    start, end = bounds(trigger)
    tick = first_in(trigger.timetable(), max(start, to_tick(after) + (not inclusive)), end)
    return None if tick is None else to_instant(tick)


def instants(trigger: AnyTrigger, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yields the instants of ``since <= at < until``, in order, lazily."""
    start, end = bounds(trigger)
    low, high = max(start, to_tick(since)), min(end, to_tick(until))
    table = trigger.timetable()
    while low < high:
        cut = min(low + 366 * DAY, high)
        yield from map(to_instant, table.between(low, cut))
        low = cut


def count_instants(trigger: AnyTrigger, since: datetime, until: datetime) -> int:
    """Returns how many instants ``instants`` would yield, at once."""
    start, end = bounds(trigger)
    low, high = max(start, to_tick(since)), min(end, to_tick(until), LAST_TICK)
    return trigger.timetable().count(low, high) if low < high else 0


def _note(trigger: AnyTrigger, tick: int) -> str | None:
    after_gap = trigger.timetable().is_after_gap(tick)
    return AFTER_THE_GAP if after_gap else note_of(tick, trigger.timezone)
