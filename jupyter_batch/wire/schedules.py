"""Shapes of schedules and policies in requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from jupyter_batch.domain.request_limits import BackfillConcurrency
from jupyter_batch.domain.requests import BackfillRequest
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.schedule.cron import GapPolicy, RepeatPolicy
from jupyter_batch.domain.schedule.cron_sentence import join
from jupyter_batch.domain.schedule.local_time import read_instant
from jupyter_batch.domain.schedule.trigger import (
    TRIGGER_KINDS,
    AnyTrigger,
    MissedPolicy,
)
from jupyter_batch.domain.schedule.upcoming import UpcomingInstant
from jupyter_batch.errors import InvalidInput, InvalidSchedule
from jupyter_batch.wire.query_params import Instant, QueryParams, utc

_WEEK = 7 * 86_400.0

Cron = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Zone = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Many = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of what is in here."""


class TriggerShape(Shape, frozen=True, kw_only=True, tag_field="kind"):
    """The fields of all kinds of triggers; values are checked when the job is saved."""

    #: Of a trigger that the job has already; left out for a new one.
    id: str = ""
    #: UTC where it is left out. Instants without an offset are local times of it, and are refused
    #: where it is left out.
    timezone: Zone | msgspec.UnsetType = msgspec.UNSET
    start_at: datetime | None = None
    end_at: datetime | None = None
    max_runs: int | None = None
    jitter_seconds: float = 0.0
    excluded_dates: tuple[date, ...] = ()
    paused: bool = False
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    missed_policy: MissedPolicy = MissedPolicy.LATEST
    catch_up_window_seconds: float = _WEEK
    start_deadline_seconds: float | None = None


class CronShape(TriggerShape, frozen=True, kw_only=True, tag="cron"):
    """``kind: cron``."""

    cron: Cron
    gap: GapPolicy = GapPolicy.RUN
    repeat: RepeatPolicy = RepeatPolicy.FIRST


class IntervalShape(TriggerShape, frozen=True, kw_only=True, tag="interval"):
    """``kind: interval``."""

    interval_seconds: int
    anchor_at: datetime | None = None


class OnceShape(TriggerShape, frozen=True, kw_only=True, tag="once"):
    """``kind: once``."""

    at: datetime


AnyShape = CronShape | IntervalShape | OnceShape


def triggers_of(shapes: tuple[AnyShape, ...]) -> tuple[AnyTrigger, ...]:
    """Returns the values of the domain; raises InvalidInput for instants out of range."""
    made: list[AnyTrigger] = []
    for number, shape in enumerate(shapes):
        fields: dict[str, Any] = {
            name: _instant(value, shape.timezone, f"triggers.{number}", name)
            if isinstance(value, datetime)
            else value
            for name, value in msgspec.structs.asdict(shape).items()
            if value is not msgspec.UNSET
        }
        made.append(TRIGGER_KINDS[str(shape.__struct_config__.tag)](**fields))
    return tuple(made)


def _instant(at: datetime, zone: str | msgspec.UnsetType, place: str, name: str) -> datetime:
    """Returns an instant in UTC; without an offset it is a local time of the named zone."""
    field = f"{place}.{name}" if place else name
    if at.tzinfo is not None:
        return utc(at, field)
    if zone is msgspec.UNSET:
        raise InvalidInput(
            f"{field} needs an offset from UTC, as in {at.isoformat()}Z, or a timezone beside it",
            field=field,
        )
    try:
        return read_instant(at, zone, field=field).at
    except InvalidSchedule as error:
        if error.details.get("field") == "timezone" and place:
            error.details["field"] = f"{place}.timezone"
        raise


class RetryShape(RetryPolicy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``retry`` of a job."""

    def to_domain(self) -> RetryPolicy:
        """Returns the value of the domain."""
        return RetryPolicy(**msgspec.structs.asdict(self))


class PauseBody(Shape, frozen=True, kw_only=True):
    """``POST jobs/{id}/pause``; the body may be left out."""

    #: For people; who paused it is said in any case.
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class BackfillBody(Shape, frozen=True, kw_only=True):
    """``POST jobs/{id}/backfill``."""

    #: Without an offset: local time of each trigger's zone.
    since: datetime = msgspec.field(name="from")
    until: datetime = msgspec.field(name="to")
    trigger_id: str | None = None
    max_concurrent: BackfillConcurrency = 1
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)

    def to_domain(self) -> BackfillRequest:
        """Returns the value of the domain; raises InvalidInput."""
        return BackfillRequest(
            since=self.since,
            until=self.until,
            trigger_id=self.trigger_id,
            max_concurrent=self.max_concurrent,
            parameters=self.parameters,
        )


class PreviewQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET schedules/preview``: of a cron text, an interval, or one instant."""

    cron: Cron | None = None
    interval_seconds: int | None = None
    at: datetime | None = None
    #: UTC where it is left out; ``at`` and ``after`` without an offset are local times of it.
    timezone: Zone | msgspec.UnsetType = msgspec.UNSET
    #: Now, where it is left out.
    after: datetime | None = None
    count: Many = 5
    gap: GapPolicy = GapPolicy.RUN
    repeat: RepeatPolicy = RepeatPolicy.FIRST

    def trigger(self) -> AnyTrigger:
        """Returns the trigger that is asked about; raises InvalidInput unless there is one."""
        given = [kind for name, kind in _PREVIEWED.items() if getattr(self, name) is not None]
        if len(given) != 1:
            names = [*_PREVIEWED]
            raise InvalidInput(f"one of {join(names)} is needed, and no more", field=names[0])
        fields = {name: getattr(self, name, msgspec.UNSET) for name in given[0].__struct_fields__}
        made: dict[str, Any] = {
            name: _instant(value, self.timezone, "", name) if isinstance(value, datetime) else value
            for name, value in fields.items()
            if value is not msgspec.UNSET
        }
        return given[0](**made)

    def after_at(self, now: datetime) -> datetime:
        """Returns the instant after which the schedule is asked for; raises InvalidInput."""
        return now if self.after is None else _instant(self.after, self.timezone, "", "after")


#: The parameters that say which schedule is asked about, and the kinds of trigger they make.
_PREVIEWED: Mapping[str, type[AnyTrigger]] = {
    field.name: kind
    for kind in TRIGGER_KINDS.values()
    for field in msgspec.structs.fields(kind)
    if field.required and field.name in PreviewQuestion.__struct_fields__
}


class UpcomingQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET jobs/{id}/upcoming``."""

    after: Instant | None = None
    count: Many = 5


class Upcoming(msgspec.Struct, frozen=True, kw_only=True):
    """The next instants of a schedule."""

    #: The schedule in words.
    sentence: str
    instants: tuple[UpcomingInstant, ...]
