"""Triggers: why runs of a job start by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args

import msgspec

from jupyter_batch.domain.schedule.cron import (
    CronTimetable,
    GapPolicy,
    RepeatPolicy,
    check_cron,
)
from jupyter_batch.domain.schedule.cron_sentence import describe_cron
from jupyter_batch.domain.schedule.cron_text import read_cron
from jupyter_batch.domain.schedule.durations import duration_text
from jupyter_batch.domain.schedule.local_time import note_of
from jupyter_batch.domain.schedule.local_words import local_time_text, zone_text
from jupyter_batch.domain.schedule.range_checks import check_instant, check_seconds
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

    @property
    def kind(self) -> str:
        """Returns what tells kinds apart on the wire."""
        return str(self.__struct_config__.tag)

    def check(self) -> None:
        """Raises InvalidSchedule for a bad value of a field that only this kind has."""
        raise NotImplementedError

    def timetable(self) -> Timetable:
        """Returns the instants, without regard to the start, the end and the number of runs.

        The trigger has been checked.
        """
        raise NotImplementedError

    def words(self) -> str:
        """Returns when it fires, in words that begin a sentence."""
        raise NotImplementedError

    def clock_words(self) -> list[str]:
        """Returns what differs from the default where clocks change, in words."""
        return []

    def counts_real_time(self) -> bool:
        """Returns whether it fires every so often, rather than at some times of some days.

        Where the clock is set back it goes on at once, as Debian's cron does with such lines.
        """
        return False

    def _excluded_days(self) -> list[int]:
        return [day.toordinal() - _EPOCH_DAY for day in self.excluded_dates]


class CronTrigger(Trigger, frozen=True, kw_only=True, tag="cron"):
    """At the local times that a cron text names."""

    #: Five fields, or a nickname such as ``@daily``.
    cron: str
    gap: GapPolicy = GapPolicy.RUN
    repeat: RepeatPolicy = RepeatPolicy.FIRST

    def check(self) -> None:
        """Raises InvalidSchedule for a text that cannot be read or that no date matches."""
        check_cron(self.cron)

    def timetable(self) -> Timetable:
        """Returns the instants of the text in the zone."""
        return CronTimetable(self.cron, self.timezone, self.gap, self.repeat, self._excluded_days())

    def words(self) -> str:
        """Returns ``every weekday at 06:00, Amsterdam time``."""
        return f"{describe_cron(read_cron(self.cron))}, {zone_text(self.timezone)}"

    def clock_words(self) -> list[str]:
        """Returns what becomes of local times that clocks leave out or show twice."""
        if self.counts_real_time():
            return []
        words = []
        if self.gap is GapPolicy.SKIP:
            words.append("not when clocks leave the time out")
        if self.repeat is RepeatPolicy.BOTH:
            words.append("both times when clocks show it twice")
        if self.repeat is RepeatPolicy.LAST:
            words.append("the second time when clocks show it twice")
        return words

    def counts_real_time(self) -> bool:
        """Returns whether the minute or the hour begins with ``*``."""
        return read_cron(self.cron).is_wildcard


class IntervalTrigger(Trigger, frozen=True, kw_only=True, tag="interval"):
    """Every so many seconds of real time."""

    interval_seconds: int
    #: An instant of the schedule; None for ``start_at``, and without it for 1970-01-01 UTC.
    anchor_at: datetime | None = None

    def check(self) -> None:
        """Raises InvalidSchedule for an interval or an anchor out of range."""
        check_seconds("interval_seconds", self.interval_seconds, least=1)
        check_instant("anchor_at", self.anchor_at)

    def timetable(self) -> Timetable:
        """Returns the multiples of the interval from the anchor."""
        anchor = self._anchor
        return IntervalTimetable(
            to_tick(anchor) if anchor else 0,
            self.interval_seconds * SECOND,
            self.timezone,
            self._excluded_days(),
        )

    def words(self) -> str:
        """Returns ``every 15 minutes``, with the anchor where there is one."""
        duration = duration_text(self.interval_seconds)
        every = f"every {duration.removeprefix('1 ') if duration.count(' ') == 1 else duration}"
        if self._anchor is None:
            return every
        anchor = local_time_text(self._anchor, self.timezone)
        return f"{every}, counted from {anchor}, {zone_text(self.timezone)}"

    def counts_real_time(self) -> bool:
        """Returns True."""
        return True

    @property
    def _anchor(self) -> datetime | None:
        return self.anchor_at or self.start_at


class OnceTrigger(Trigger, frozen=True, kw_only=True, tag="once"):
    """At one instant."""

    at: datetime

    def check(self) -> None:
        """Raises InvalidSchedule for an instant out of range."""
        check_instant("at", self.at)

    def timetable(self) -> Timetable:
        """Returns the instant, unless its date is excluded."""
        return OnceTimetable(to_tick(self.at), self.timezone, self._excluded_days())

    def words(self) -> str:
        """Returns ``once, on 1 March 2026 at 06:00, Amsterdam time``."""
        words = f"once, on {local_time_text(self.at, self.timezone)}, {zone_text(self.timezone)}"
        note = note_of(to_tick(self.at), self.timezone)
        return f"{words} ({note})" if note else words


#: A trigger of any kind. A new kind is a class above and a part of this union.
AnyTrigger = CronTrigger | IntervalTrigger | OnceTrigger

#: The classes by what tells them apart on the wire, in the order in which people see them.
TRIGGER_KINDS: Mapping[str, type[AnyTrigger]] = MappingProxyType(
    {str(kind.__struct_config__.tag): kind for kind in get_args(AnyTrigger)}
)


class TriggerProgress(Value, frozen=True, kw_only=True):
    """The position up to which a trigger has been decided on; it begins at the creation."""

    #: All instants up to and including this one have been decided on.
    decided_until: datetime
    #: How many runs it has made.
    runs: int = 0


def bounds(trigger: AnyTrigger) -> tuple[int, int]:
    """Returns the ticks from which on, and before which, a trigger may have instants."""
    start = to_tick(trigger.start_at) if trigger.start_at else FIRST_TICK
    end = to_tick(trigger.end_at) + 1 if trigger.end_at else LAST_TICK
    return max(start, FIRST_TICK), min(end, LAST_TICK)
