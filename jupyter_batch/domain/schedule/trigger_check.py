"""Checks a trigger before it is stored, so that no row can ever stop the engine."""

from __future__ import annotations

from datetime import datetime

from jupyter_batch.domain.schedule.range_checks import check_instant, check_seconds
from jupyter_batch.domain.schedule.timetable import HORIZON, HORIZON_YEARS
from jupyter_batch.domain.schedule.trigger import AnyTrigger, OnceTrigger
from jupyter_batch.domain.schedule.upcoming import next_after
from jupyter_batch.domain.schedule.zones import to_tick, zone_of
from jupyter_batch.errors import InvalidSchedule

_MAX_EXCLUDED = 10_000
#: With less, an engine that is busy for a moment would never start a run in time.
_MIN_DEADLINE_SECONDS = 10


def check_trigger(trigger: AnyTrigger) -> None:
    """Raises InvalidSchedule, naming the first bad field, unless the trigger can be used."""
    zone_of(trigger.timezone)
    trigger.check()
    check_instant("start_at", trigger.start_at)
    check_instant("end_at", trigger.end_at)
    if trigger.start_at and trigger.end_at and trigger.end_at < trigger.start_at:
        raise InvalidSchedule("the end is before the start", field="end_at")
    if trigger.max_runs is not None and trigger.max_runs < 1:
        raise InvalidSchedule("max_runs must be at least 1, or null for no limit", field="max_runs")
    check_seconds("jitter_seconds", trigger.jitter_seconds)
    check_seconds("catch_up_window_seconds", trigger.catch_up_window_seconds)
    if trigger.start_deadline_seconds is not None:
        check_seconds(
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
