"""A trigger in one plain sentence, for people to see whether they said what they meant."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from jupyter_batch.domain.schedule.cron import GapPolicy, RepeatPolicy
from jupyter_batch.domain.schedule.cron_sentence import MONTH_NAMES, describe_cron, join
from jupyter_batch.domain.schedule.cron_text import read_cron
from jupyter_batch.domain.schedule.durations import duration_text
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
)
from jupyter_batch.domain.schedule.upcoming import describe
from jupyter_batch.domain.schedule.zones import offset_at, to_tick

_MAX_DATES = 3


def sentence(trigger: AnyTrigger) -> str:
    """Returns ``every weekday at 06:00, Amsterdam time``, with all that limits it after ``;``."""
    match trigger:
        case CronTrigger():
            what = f"{describe_cron(read_cron(trigger.cron))}, {zone_text(trigger.timezone)}"
        case IntervalTrigger():
            what = _interval_text(trigger)
        case OnceTrigger():
            what = f"once, on {_local_text(trigger, trigger.at)}, {zone_text(trigger.timezone)}"
            if describe(trigger, trigger.at).note:
                what += f" ({describe(trigger, trigger.at).note})"
    return "; ".join([what, *_limits(trigger)])


def zone_text(name: str) -> str:
    """Returns ``Amsterdam time``; the name as it is where it has no place in it."""
    if "/" not in name or name.startswith("Etc/"):
        return name.removeprefix("Etc/") if name == "Etc/UTC" else name
    return f"{name.rpartition('/')[2].replace('_', ' ')} time"


def _interval_text(trigger: IntervalTrigger) -> str:
    duration = duration_text(trigger.interval_seconds)
    every = f"every {duration.removeprefix('1 ') if duration.count(' ') == 1 else duration}"
    anchor = trigger.anchor_at or trigger.start_at
    if anchor is None:
        return every
    return f"{every}, counted from {_local_text(trigger, anchor)}, {zone_text(trigger.timezone)}"


def _limits(trigger: AnyTrigger) -> list[str]:
    words = []
    if trigger.start_at:
        words.append(f"from {_local_text(trigger, trigger.start_at)} on")
    if trigger.end_at:
        words.append(f"until {_local_text(trigger, trigger.end_at)}")
    if trigger.excluded_dates:
        dates = sorted(set(trigger.excluded_dates))
        few = len(dates) <= _MAX_DATES
        named = join([_date_text(day) for day in dates], "or")
        words.append(f"not on {named if few else f'{len(dates)} excluded dates'}")
    if trigger.max_runs is not None:
        words.append(f"at most {trigger.max_runs:,} {'run' if trigger.max_runs == 1 else 'runs'}")
    if trigger.jitter_seconds:
        words.append(f"each up to {duration_text(trigger.jitter_seconds)} later")
    if isinstance(trigger, CronTrigger) and not read_cron(trigger.cron).is_wildcard:
        if trigger.gap is GapPolicy.SKIP:
            words.append("not when clocks leave the time out")
        if trigger.repeat is RepeatPolicy.BOTH:
            words.append("both times when clocks show it twice")
        if trigger.repeat is RepeatPolicy.LAST:
            words.append("the second time when clocks show it twice")
    if trigger.paused:
        words.append("paused")
    return words


def _local_text(trigger: AnyTrigger, at: datetime) -> str:
    offset = offset_at(trigger.timezone, to_tick(at))
    local = at.astimezone(timezone(timedelta(microseconds=offset)))
    clock = local.strftime("%H:%M" if not (local.second or local.microsecond) else "%H:%M:%S")
    return f"{_date_text(local.date())} at {clock}"


def _date_text(day: date) -> str:
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
