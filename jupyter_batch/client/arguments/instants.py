"""Instants as callers give them: with an offset, or as the local time of a zone.

One rule: without an offset it is local time of the trigger's zone, else of the job's, else of
the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from jupyter_batch.client.arguments.plain_values import shown
from jupyter_batch.domain.schedule.local_time import local_text, read_instant
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.schedule.zones import zone_of
from jupyter_batch.errors import InvalidInput, InvalidSchedule

#: What is accepted for an instant.
AnyInstant = datetime | date | str


def datetime_of(value: Any, field: str) -> datetime:
    """Returns a datetime, a date (its midnight) or ISO 8601 text as a datetime; InvalidInput."""
    try:
        if isinstance(value, datetime):
            # pandas' NaT is a datetime by its class only; its text is none.
            return datetime.fromisoformat(value.isoformat()).replace(fold=value.fold)
        if isinstance(value, date):
            return datetime.combine(value, time())
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip())
    except (ValueError, TypeError, OverflowError, NotImplementedError):
        pass
    raise InvalidInput(
        f"{shown(value)} is no instant: give a datetime, a date, or a text such as 2026-10-25T14:30 or "
        "2026-10-25T14:30+02:00",
        field=field,
    )


def instant_of(value: Any, field: str, *, zone: str | None = None) -> datetime:
    """Returns an instant in UTC, read in a zone (the caller's for None) without an offset.

    Raises InvalidInput.
    """
    return InstantReader().read(value, field, zone)


def instant_text(value: Any, field: str, *, zone: str | None = None) -> str:
    """Returns an instant in UTC as it is sent; see ``instant_of``."""
    return utc_text(instant_of(value, field, zone=zone))


def utc_text(at: datetime) -> str:
    """Returns an instant as ISO 8601 that ends in ``Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def zone_of_job(triggers: Iterable[AnyTrigger]) -> str | None:
    """Returns the zone that all triggers of a job have; None where they differ or there is none."""
    zones = {trigger.timezone for trigger in triggers}
    return zones.pop() if len(zones) == 1 else None


def caller_zone() -> str | None:
    """Returns the IANA name of this machine's zone; None where it has none."""
    try:
        # Images of runs may be without it.
        import tzlocal

        name = tzlocal.get_localzone_name()
        return str(zone_of(name).key) if name else None
    except Exception:  # tzlocal is missing, or whatever it finds in the files of a system.
        return None


class InstantReader:
    """Reads the instants of one call, and keeps what is to be said about them."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def read(self, value: Any, field: str, zone: str | None) -> datetime:
        """Returns an instant in UTC; without an offset it is local time of the zone.

        For None that is the caller's. Raises InvalidInput.
        """
        given = datetime_of(value, field)
        try:
            if zone is None and given.utcoffset() is None:
                return self._of_caller(given, field)
            found = read_instant(given, zone or "UTC", field=field)
        except InvalidSchedule:
            raise
        except (ValueError, OverflowError) as error:
            raise InvalidInput(f"{field} is out of range: {value}", field=field) from error
        if found.note and zone is not None:
            shown = given.replace(tzinfo=None).isoformat(timespec="minutes")
            taken = local_text(found.at, zone)
            self._note(f"{field}: {shown} is taken as {taken} ({found.note}), {zone}")
        return found.at

    def _of_caller(self, given: datetime, field: str) -> datetime:
        name = caller_zone()
        shown = given.isoformat(timespec="minutes")
        if name is not None:
            self._note(f"{field}: {shown} is read in this machine's zone, {name}")
            return self.read(given, field, name)
        at = given.astimezone()
        self._note(f"{field}: {shown} is read as this machine's local time, {at.isoformat()}")
        return at.astimezone(UTC)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
