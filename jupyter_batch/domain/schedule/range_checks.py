"""Ranges of the numbers and instants in triggers."""

from __future__ import annotations

import math
from datetime import datetime

from jupyter_batch.domain.schedule.zones import FIRST_TICK, LAST_TICK, to_tick
from jupyter_batch.errors import InvalidSchedule

_MAX_SECONDS = 100 * 366 * 86_400


def check_seconds(field: str, seconds: float, *, least: float = 0) -> None:
    """Raises InvalidSchedule unless a number of seconds is in its range."""
    if not (math.isfinite(seconds) and least <= seconds <= _MAX_SECONDS):
        raise InvalidSchedule(
            f"{field} must be a number from {least} to {_MAX_SECONDS}, not {seconds}",
            field=field,
            minimum=least,
            maximum=_MAX_SECONDS,
        )


def check_instant(field: str, at: datetime | None) -> None:
    """Raises InvalidSchedule unless an instant has an offset and is in range."""
    if at is None:
        return
    if at.tzinfo is None:
        raise InvalidSchedule(
            f"{field} needs an offset from UTC, as in {at.isoformat()}+00:00", field=field
        )
    if not FIRST_TICK <= to_tick(at) < LAST_TICK:
        raise InvalidSchedule(f"{field} must be in the years 1900 to 9989", field=field)
