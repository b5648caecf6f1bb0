"""Instants that people write without an offset: read in a zone, with what its clocks make of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from jupyter_batch.domain.schedule.zones import (
    DAY,
    FIRST_TICK,
    LAST_TICK,
    offset_at,
    pieces,
    to_instant,
    to_tick,
    zone_of,
)
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidSchedule

AFTER_THE_GAP = "after the gap"
FIRST_OF_TWO = "first of two"
SECOND_OF_TWO = "second of two"


class LocalInstant(Value, frozen=True, kw_only=True):
    """An instant that was written as a local time."""

    #: UTC.
    at: datetime
    #: ``after the gap``, ``first of two``, ``second of two``; None where clocks do nothing odd.
    note: str | None = None


def read_local(wall: datetime, zone: str, *, field: str = "at") -> LocalInstant:
    """Returns the instant at which the zone's clocks show a naive time.

    A time that is shown twice means the first one, or the second with ``fold=1``; a time that is
    left out means the instant of the change. Raises InvalidSchedule for what is out of range.
    """
    zone_of(zone)
    tick = to_tick(wall.replace(tzinfo=UTC, fold=0))
    if not FIRST_TICK + DAY <= tick < LAST_TICK - DAY:
        raise InvalidSchedule(f"{field} must be in the years 1900 to 9989", field=field)
    shown: list[int] = []
    for piece in pieces(zone, tick - DAY, tick + DAY):
        if not shown and tick < piece.start + piece.offset:
            return LocalInstant(at=to_instant(piece.start), note=AFTER_THE_GAP)
        if piece.start + piece.offset <= tick < piece.end + piece.offset:
            shown.append(tick - piece.offset)
    if len(shown) < 2:
        return LocalInstant(at=to_instant(shown[0]))
    second = bool(wall.fold)
    return LocalInstant(
        at=to_instant(shown[second]), note=SECOND_OF_TWO if second else FIRST_OF_TWO
    )


def read_instant(at: datetime, zone: str, *, field: str = "at") -> LocalInstant:
    """Returns an instant as it is where it has an offset, else as ``read_local`` does."""
    if at.utcoffset() is None:
        return read_local(at.replace(tzinfo=None), zone, field=field)
    try:
        return LocalInstant(at=at.astimezone(UTC))
    except OverflowError as error:
        raise InvalidSchedule(f"{field} is out of range", field=field) from error


def note_of(tick: int, zone: str) -> str | None:
    """Returns which of two instants with the same local time a tick is; None where it is alone."""
    for piece in pieces(zone, tick, tick + 1):
        wall = tick + piece.offset
        if wall >= piece.end + piece.after:
            return FIRST_OF_TWO
        if wall < piece.start + piece.before:
            return SECOND_OF_TWO
    return None


def local_text(at: datetime, zone: str) -> str:
    """Returns an instant as ISO 8601 in a zone, with the offset."""
    offset = timedelta(microseconds=offset_at(zone, to_tick(at)))
    return at.astimezone(timezone(offset)).isoformat()
