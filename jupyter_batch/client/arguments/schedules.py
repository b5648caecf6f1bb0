"""The schedules of a job, as Python callers write them and as the wire carries them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

import msgspec

from jupyter_batch.client.arguments.instants import (
    InstantReader,
    caller_zone,
    datetime_of,
    utc_text,
    zone_of_job,
)
from jupyter_batch.client.arguments.option_docs import document_options
from jupyter_batch.client.arguments.options import RunOptions
from jupyter_batch.client.arguments.plain_values import scalar, shown
from jupyter_batch.client.arguments.shape_check import check_options, encoded
from jupyter_batch.client.arguments.units import seconds_of
from jupyter_batch.domain.schedule.cron_sentence import join
from jupyter_batch.domain.schedule.trigger import TRIGGER_KINDS, AnyTrigger, Trigger
from jupyter_batch.domain.schedule.trigger_check import check_trigger
from jupyter_batch.errors import InvalidInput, InvalidSchedule
from jupyter_batch.wire.schedules import AnyShape, triggers_of


class ScheduleOptions(TypedDict, total=False):
    """Options for when a job runs, and its policies.

    An option that is left out or None takes its default. A duration is a number of seconds, a
    timedelta, or a text such as ``"15m"``. A date or datetime without an offset is a local time of
    ``timezone``, else of the time zone of the job's triggers, else of this machine.

    Attributes
    ----------
    cron : str or list of str, optional
        Cron expression, or several.
    every : float, str or timedelta, optional
        Interval between runs, in whole seconds if it is a number.
    at : datetime, date or str, optional
        Time of a single run.
    triggers : list of dict, optional
        Triggers in the JSON form of the REST interface, for settings that have no option here.
    timezone : str, optional
        IANA time zone, such as ``"Europe/Amsterdam"``. Default for a cron expression: the zone
        of the job's triggers, else UTC.
    start : datetime, date or str, optional
        Time before which the schedule makes no run.
    end : datetime, date or str, optional
        Time after which the schedule makes no run.
    max_runs : int, optional
        Number of runs that a trigger may make in all. Default: no limit.
    jitter : float, str or timedelta, optional
        Longest random delay of a run, in seconds if it is a number. Default: 0.
    excluded_dates : list of date or str, optional
        Local dates on which nothing runs.
    missed : {"latest", "all", "skip"}, optional
        Which missed times run later. Default: ``"latest"``.
    catch_up_window : float, str or timedelta, optional
        Greatest age of a missed time that still runs, in seconds if it is a number. Default: 7
        days.
    start_deadline : float, str or timedelta, optional
        How long after its scheduled time a run may start, in seconds if it is a number. Default:
        no limit.
    gap : {"run", "skip"}, optional
        Whether a local time that a change of clocks leaves out runs. Default: ``"run"``.
    repeat : {"first", "both", "last"}, optional
        Which occurrence of a repeated local time runs. Default: ``"first"``.
    overlap : {"skip", "queue", "queue_all", "replace", "allow"}, optional
        What happens to a new run while another run of the job is active. Default: ``"skip"``
        with a schedule, ``"allow"`` without.
    retries : int, optional
        How often a failed run is tried again. Default: 0.
    retry : dict, optional
        Retry policy in the JSON form of the REST interface; not together with ``retries``.
    pause_after_failures : int, optional
        Number of failed runs in a row after which the triggers are paused. Default: never.
    run_timeout : float, str or timedelta, optional
        Time limit of a run with all its attempts, in seconds if it is a number.
    queue_timeout : float, str or timedelta, optional
        Time in the queue after which a run is skipped, in seconds if it is a number.
    keep_runs : int, optional
        Number of finished runs that are kept. Default: as the server's settings say. The newest
        successful run is always kept.
    keep_days : float, optional
        Number of days that finished runs are kept. Default: as the server's settings say.
    source : {"latest", "pinned"}, optional
        Whether runs take the notebook on disk now (``"latest"``, the default) or the one on disk
        when the job was saved.
    """

    cron: str | Sequence[str] | None
    every: float | str | timedelta | None
    at: datetime | date | str | None
    triggers: Sequence[Mapping[str, Any]] | None
    timezone: str | None
    start: datetime | date | str | None
    end: datetime | date | str | None
    max_runs: int | None
    jitter: float | str | timedelta | None
    excluded_dates: Sequence[date | str] | None
    missed: str | None
    catch_up_window: float | str | timedelta | None
    start_deadline: float | str | timedelta | None
    gap: str | None
    repeat: str | None
    overlap: str | None
    retries: int | None
    retry: Mapping[str, Any] | None
    pause_after_failures: int | None
    run_timeout: float | str | timedelta | None
    queue_timeout: float | str | timedelta | None
    keep_runs: int | None
    keep_days: float | None
    source: str | None


document_options(ScheduleOptions)


class JobOptions(RunOptions, ScheduleOptions, total=False):
    """Options of a job besides its notebook and parameters."""


#: Names in Python and on the wire.
_TRIGGER_TEXTS = {
    "timezone": "timezone",
    "max_runs": "max_runs",
    "missed": "missed_policy",
    "gap": "gap",
    "repeat": "repeat",
}
_TRIGGER_SECONDS = {
    "jitter": "jitter_seconds",
    "catch_up_window": "catch_up_window_seconds",
    "start_deadline": "start_deadline_seconds",
}
_TRIGGER_INSTANTS = {"start": "start_at", "end": "end_at"}
#: Instants on the wire, and what callers call them.
_CALLED = {"at": "at", "start_at": "start", "end_at": "end", "anchor_at": "anchor_at"}
_INSTANTS = tuple(_CALLED)
_POLICIES = {
    "overlap": "overlap_policy",
    "pause_after_failures": "pause_after_failures",
    "keep_runs": "keep_runs",
    "keep_days": "keep_days",
    "source": "source",
}
_POLICY_SECONDS = {"run_timeout": "run_timeout_seconds", "queue_timeout": "queue_timeout_seconds"}


def split_options(options: JobOptions) -> tuple[RunOptions, ScheduleOptions]:
    """Returns what is about runs and what is about schedules."""
    check_options(options, JobOptions.__annotations__)
    mine = {name: v for name, v in options.items() if name in ScheduleOptions.__annotations__}
    rest: Any = {name: value for name, value in options.items() if name not in mine}
    schedule: Any = mine
    return rest, schedule


def schedule_on_the_wire(
    options: ScheduleOptions,
    known: Sequence[AnyTrigger] = (),
    *,
    reader: InstantReader | None = None,
) -> dict[str, Any]:
    """Returns the fields of a job that the options make; raises InvalidInput.

    Settings of triggers without a trigger change all that the job has. ``reader`` hears what is
    to be said about instants.
    """
    reader = reader or InstantReader()
    given: dict[str, Any] = {n: scalar(value) for n, value in options.items() if value is not None}
    body: dict[str, Any] = {_POLICIES[name]: given[name] for name in _POLICIES if name in given}
    for name, field in _POLICY_SECONDS.items():
        if name in given:
            body[field] = seconds_of(given[name], field=field)
    if "retries" in given and "retry" in given:
        raise InvalidInput("give retries or retry, not both", field="retry")
    if "retries" in given:
        body["retry"] = {"max_attempts": _count(given["retries"], "retries") + 1}
    elif "retry" in given:
        if not isinstance(given["retry"], Mapping):
            raise InvalidInput("retry is a dict; retries=3 is the shorter word", field="retry")
        body["retry"] = dict(given["retry"])
    triggers = _triggers(given)
    settings = _settings(given)
    if triggers:
        zone = zone_of_job(known)
        made = [{**_for_kind(settings, t["kind"]), **t} for t in triggers]
        body["triggers"] = [_with_instants(trigger, zone, reader) for trigger in made]
    elif settings or "triggers" in given:
        old = [] if "triggers" in given else msgspec.to_builtins(list(known))
        if settings and not old:
            raise InvalidInput(
                f"{next(iter(settings))} needs a schedule: give {join([*TRIGGER_OPTIONS], 'or')}",
                field="triggers",
            )
        changed = [{**t, **_for_kind(settings, t["kind"])} for t in old]
        body["triggers"] = [_with_instants(trigger, None, reader) for trigger in changed]
    return body


def _with_instants(
    trigger: dict[str, Any], job_zone: str | None, reader: InstantReader
) -> dict[str, Any]:
    """Returns a trigger with its zone, and its instants in UTC."""
    made = dict(trigger)
    named = scalar(made.get("timezone"))
    if named is not None and not isinstance(named, str):
        raise InvalidSchedule(f"{shown(named)} is no name of a time zone", field="timezone")
    zone = named or job_zone
    if zone is None and made["kind"] == "cron":
        zone = "UTC"  # As the cron text itself is read.
    given = {name: made[name] for name in _INSTANTS if made.get(name) is not None}
    is_local = any(datetime_of(v, _CALLED[n]).tzinfo is None for n, v in given.items())
    own = caller_zone() if zone is None and is_local else zone
    if own is not None:
        made["timezone"] = own
    for name, value in given.items():
        made[name] = utc_text(reader.read(value, _CALLED[name], zone))
    return made


def check_triggers(body: Mapping[str, Any]) -> None:
    """Raises InvalidSchedule for a trigger in a request that the server would refuse."""
    for number, shape in enumerate(body.get("triggers", ())):
        for trigger in triggers_of((msgspec.json.decode(encoded(shape), type=AnyShape),)):
            try:
                check_trigger(trigger)
            except InvalidSchedule as error:
                field = error.details.get("field", "")
                error.details["field"] = f"triggers.{number}.{field}".rstrip(".")
                raise


def _triggers(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [dict(trigger) for trigger in _mappings(given.get("triggers", ()))]
    for trigger in found:
        trigger.setdefault("kind", "cron")
    for name, make in _MAKERS.items():
        if name in given:
            found += make(given[name])
    return found


def _cron(texts: Any) -> list[dict[str, Any]]:
    if not isinstance(texts, str | Sequence):
        raise InvalidSchedule(
            f"cron is a text, or a list of texts; not {shown(texts)}", field="cron"
        )
    each = [texts] if isinstance(texts, str) else texts
    return [{"kind": "cron", "cron": text} for text in each]


def _every(interval: Any) -> list[dict[str, Any]]:
    seconds = seconds_of(interval, field="every")
    if seconds != int(seconds):
        raise InvalidInput("an interval is whole seconds", field="every")
    return [{"kind": "interval", "interval_seconds": int(seconds)}]


def _at(instant: Any) -> list[dict[str, Any]]:
    return [{"kind": "once", "at": instant}]


#: The options that make triggers, and what makes triggers of their values.
_MAKERS: Mapping[str, Callable[[Any], list[dict[str, Any]]]] = {
    "cron": _cron,
    "every": _every,
    "at": _at,
}
#: The same options, each with an example of its value.
TRIGGER_OPTIONS = {"cron": "0 6 * * *", "every": "15m", "at": "2026-12-24T18:00"}


def _mappings(triggers: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(triggers, Sequence) or not all(isinstance(t, Mapping) for t in triggers):
        raise InvalidSchedule(
            'triggers is a list of dicts, such as [{"kind": "cron", "cron": "0 6 * * *"}]',
            field="triggers",
        )
    return triggers


def _count(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"{field} is a number from 0 on, not {shown(value)}", field=field)
    return value


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    settings = {field: given[name] for name, field in _TRIGGER_TEXTS.items() if name in given}
    for name, field in _TRIGGER_SECONDS.items():
        if name in given:
            settings[field] = seconds_of(given[name], field=name)
    for name, field in _TRIGGER_INSTANTS.items():
        if name in given:
            settings[field] = given[name]
    if "excluded_dates" in given:
        days = given["excluded_dates"]
        if isinstance(days, str) or not isinstance(days, Iterable):
            raise InvalidInput(f"a list of dates, not {shown(days)}", field="excluded_dates")
        settings["excluded_dates"] = [_date(day) for day in days]
    return settings


def _date(day: Any) -> str:
    """Returns a date as ISO 8601; what is none is refused when the whole is looked at."""
    if isinstance(day, date) and type(day).__name__ != "NaTType":
        return (day.date() if isinstance(day, datetime) else day).isoformat()
    return str(day)


def _for_kind(settings: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Returns the settings that a kind of trigger has."""
    known = TRIGGER_KINDS.get(kind, Trigger).__struct_fields__
    return {field: value for field, value in settings.items() if field in known}
