"""Checks a trigger before it is stored, so that no row can ever stop the engine."""

from __future__ import annotations

import math
from datetime import datetime

from jupyter_batch.domain.schedule.cron import check_cron
from jupyter_batch.domain.schedule.timetable import HORIZON, HORIZON_YEARS
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
)
from jupyter_batch.domain.schedule.upcoming import next_after
from jupyter_batch.domain.schedule.zones import FIRST_TICK, LAST_TICK, to_tick, zone_of
from jupyter_batch.errors import InvalidSchedule

_MAX_SECONDS = 100 * 366 * 86_400
_MAX_EXCLUDED = 10_000
#: With less, an engine that is busy for a moment would never start a run in time.
_MIN_DEADLINE_SECONDS = 10


def check_trigger(trigger: AnyTrigger) -> None:
    """Raises InvalidSchedule, naming the first bad field, unless the trigger can be used."""
    zone_of(trigger.timezone)
    match trigger:
        case CronTrigger():
            check_cron(trigger.cron)
        case IntervalTrigger():
            _check_seconds("interval_seconds", trigger.interval_seconds, least=1)
            _check_instant("anchor_at", trigger.anchor_at)
        case OnceTrigger():
            _check_instant("at", trigger.at)
    _check_instant("start_at", trigger.start_at)
    _check_instant("end_at", trigger.end_at)
    if trigger.start_at and trigger.end_at and trigger.end_at < trigger.start_at:
        raise InvalidSchedule("the end is before the start", field="end_at")
    if trigger.max_runs is not None and trigger.max_runs < 1:
        raise InvalidSchedule("max_runs must be at least 1, or null for no limit", field="max_runs")
    _check_seconds("jitter_seconds", trigger.jitter_seconds)
    _check_seconds("catch_up_window_seconds", trigger.catch_up_window_seconds)
    if trigger.start_deadline_seconds is not None:
        _check_seconds(
            "start_deadline_seconds", trigger.start_deadline_seconds, least=_MIN_DEADLINE_SECONDS
        )
        if trigger.jitter_seconds > trigger.start_deadline_seconds:
            raise InvalidSchedule(
                "the jitter is longer than the start deadline: runs would be too late to start",
                field="jitter_seconds",
            )
    if len(trigger.excluded_dates) > _MAX_EXCLUDED:
        raise InvalidSchedule(f"more than {_MAX_EXCLUDED} excluded dates", field="excluded_dates")


def check_has_future(trigger: AnyTrigger, now: datetime) -> datetime:
    """Returns the first instant from ``now`` on; raises InvalidSchedule where there is none.

    For new and changed triggers only: one that has done its work stays valid.
    """
    first = next_after(trigger, now, inclusive=True)
    if first is not None:
        return first
    if isinstance(trigger, OnceTrigger) and trigger.at < now:
        raise InvalidSchedule(f"{trigger.at.isoformat()} has passed", field="at")
    if isinstance(trigger, OnceTrigger) and to_tick(trigger.at) - to_tick(now) >= HORIZON:
        raise InvalidSchedule(
            f"{trigger.at.isoformat()} is more than {HORIZON_YEARS} years away", field="at"
        )
    if trigger.end_at is not None and trigger.end_at < now:
        raise InvalidSchedule(f"the end, {trigger.end_at.isoformat()}, has passed", field="end_at")
    raise InvalidSchedule(
        "the schedule has no instant left between its start and its end, excluded dates apart",
        field="end_at" if trigger.end_at else "excluded_dates",
    )


def _check_seconds(field: str, seconds: float, *, least: float = 0) -> None:
    if not (math.isfinite(seconds) and least <= seconds <= _MAX_SECONDS):
        raise InvalidSchedule(
            f"{field} must be a number from {least} to {_MAX_SECONDS}, not {seconds}",
            field=field,
            minimum=least,
            maximum=_MAX_SECONDS,
        )


def _check_instant(field: str, at: datetime | None) -> None:
    if at is None:
        return
    if at.tzinfo is None:
        raise InvalidSchedule(
            f"{field} needs an offset from UTC, as in {at.isoformat()}+00:00", field=field
        )
    if not FIRST_TICK <= to_tick(at) < LAST_TICK:
        raise InvalidSchedule(f"{field} must be in the years 1900 to 9989", field=field)
