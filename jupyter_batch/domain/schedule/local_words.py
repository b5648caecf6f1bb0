"""Local times in plain words."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from jupyter_batch.domain.schedule.cron_sentence import MONTH_NAMES
from jupyter_batch.domain.schedule.zones import offset_at, to_tick


def zone_text(name: str) -> str:
    """Returns ``Amsterdam time``; the name as it is where it has no place in it."""
    if "/" not in name or name.startswith("Etc/"):
        return name.removeprefix("Etc/") if name == "Etc/UTC" else name
    return f"{name.rpartition('/')[2].replace('_', ' ')} time"


def local_time_text(at: datetime, zone: str) -> str:
    """Returns an instant as the clocks of a zone show it, with its date."""
    local = at.astimezone(timezone(timedelta(microseconds=offset_at(zone, to_tick(at)))))
    clock = local.strftime("%H:%M" if not (local.second or local.microsecond) else "%H:%M:%S")
    return f"{date_text(local.date())} at {clock}"


def date_text(day: date) -> str:
    """Returns a date such as ``1 March 2026``."""
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
