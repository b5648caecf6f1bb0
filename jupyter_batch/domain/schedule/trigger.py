"""Triggers: why runs of a job start by themselves."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from jupyter_batch.domain.schedule.cron import CronTimetable, GapPolicy, RepeatPolicy
from jupyter_batch.domain.schedule.cron_text import read_cron
from jupyter_batch.domain.schedule.timetable import IntervalTimetable, OnceTimetable, Timetable
from jupyter_batch.domain.schedule.zones import FIRST_TICK, LAST_TICK, SECOND, to_tick
from jupyter_batch.domain.value import Value

_WEEK_SECONDS = 7 * 86_400.0
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class MissedPolicy(StrEnum):
    """The rule for instants at which nothing could run."""

    #: The newest of them runs.
    LATEST = "latest"
    #: Each of them runs, oldest first.
    ALL = "all"
    SKIP = "skip"


class Trigger(Value, frozen=True, kw_only=True, tag_field="kind"):
    """The fields of all kinds of triggers. ``start_at`` and ``end_at`` are inclusive."""

    #: Given when the trigger is saved.
    id: str = ""
    #: IANA name; local times and excluded dates are read in it.
    timezone: str = "UTC"
    start_at: datetime | None = None
    end_at: datetime | None = None
    #: How many runs it may make in all; None for no limit.
    max_runs: int | None = None
    #: Each run waits for a part of this, the same each time one asks; its nominal time stays.
    jitter_seconds: float = 0.0
    #: Local dates on which the schedule has no instants.
    excluded_dates: tuple[date, ...] = ()
    paused: bool = False
    #: Put over the parameters of the job.
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    missed_policy: MissedPolicy = MissedPolicy.LATEST
    #: How old a missed instant may be and still run.
    catch_up_window_seconds: float = _WEEK_SECONDS
    #: How long after its nominal time a run may still start; None for ever.
    start_deadline_seconds: float | None = None


class CronTrigger(Trigger, frozen=True, kw_only=True, tag="cron"):
    """At the local times that a cron text names."""

    #: Five fields, or a nickname such as ``@daily``.
    cron: str
    gap: GapPolicy = GapPolicy.RUN
    repeat: RepeatPolicy = RepeatPolicy.FIRST


class IntervalTrigger(Trigger, frozen=True, kw_only=True, tag="interval"):
    """Every so many seconds of real time."""

    interval_seconds: int
    #: An instant of the schedule; None for ``start_at``, and without it for 1970-01-01 UTC.
    anchor_at: datetime | None = None


class OnceTrigger(Trigger, frozen=True, kw_only=True, tag="once"):
    """At one instant."""

    at: datetime


AnyTrigger = CronTrigger | IntervalTrigger | OnceTrigger


class TriggerProgress(Value, frozen=True, kw_only=True):
    """The position up to which a trigger has been decided on; it begins at the creation."""

    #: All instants up to and including this one have been decided on.
    decided_until: datetime
    #: How many runs it has made.
    runs: int = 0


def timetable(trigger: AnyTrigger) -> Timetable:
    """Returns the instants of a valid trigger, without regard to its start, end and number."""
    excluded = [day.toordinal() - _EPOCH_DAY for day in trigger.excluded_dates]
    match trigger:
        case CronTrigger():
            return CronTimetable(
                trigger.cron, trigger.timezone, trigger.gap, trigger.repeat, excluded
            )
        case IntervalTrigger():
            anchor = trigger.anchor_at or trigger.start_at
            step = trigger.interval_seconds * SECOND
            return IntervalTimetable(
                to_tick(anchor) if anchor else 0, step, trigger.timezone, excluded
            )
        case OnceTrigger():
            return OnceTimetable(to_tick(trigger.at), trigger.timezone, excluded)


def counts_real_time(trigger: AnyTrigger) -> bool:
    """Says whether a trigger runs every so often, rather than at some times of some days.

    Where the clock is set back it goes on at once, as Debian's cron does with such lines.
    """
    if isinstance(trigger, CronTrigger):
        return read_cron(trigger.cron).is_wildcard
    return isinstance(trigger, IntervalTrigger)


def bounds(trigger: AnyTrigger) -> tuple[int, int]:
    """Returns the ticks from which on, and before which, a trigger may have instants."""
    start = to_tick(trigger.start_at) if trigger.start_at else FIRST_TICK
    end = to_tick(trigger.end_at) + 1 if trigger.end_at else LAST_TICK
    return max(start, FIRST_TICK), min(end, LAST_TICK)
