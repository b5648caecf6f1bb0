"""Reads sizes and durations as people write them, and writes them so."""

from __future__ import annotations

import re
from datetime import timedelta

from jupyter_batch.client.arguments.plain_values import scalar, shown
from jupyter_batch.errors import InvalidInput

_BYTES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
#: Beyond any time that anybody can mean; a float still holds it.
_LONGEST = 1e15
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.IGNORECASE)


def bytes_of(size: int | str, *, field: str = "environment.memory_bytes") -> int:
    """Returns the bytes of a number or of a text such as ``512m`` or ``2 GiB`` (powers of 1024)."""
    size = scalar(size)
    if isinstance(size, bool) or not isinstance(size, int | str):
        raise InvalidInput(f"{shown(size)} is no size: write 512m or 2g, or bytes", field=field)
    if isinstance(size, int):
        return size
    match = _SIZE.fullmatch(size.strip())
    if match is None:
        raise InvalidInput(f"{shown(size)} is no size: write 512m or 2g, or bytes", field=field)
    return int(float(match[1]) * _BYTES[match[2].lower()])


def seconds_of(duration: float | str | timedelta, *, field: str = "timeout_seconds") -> float:
    """Returns the seconds of a number, a timedelta or a text such as ``90``, ``10m`` or ``1.5h``."""
    if isinstance(duration, timedelta):
        duration = duration.total_seconds()
    duration = scalar(duration)
    if isinstance(duration, int | float) and not isinstance(duration, bool):
        if -_LONGEST < duration < _LONGEST:
            return float(duration)
    elif isinstance(duration, str) and (match := _DURATION.fullmatch(duration.strip())):
        return float(match[1]) * _SECONDS[match[2].lower()]
    raise InvalidInput(f"{shown(duration)} is no duration: write 90, 10m or 1.5h", field=field)


def duration(seconds: float | None) -> str:
    """Returns ``0.12 s``, ``3.4 s``, ``2 min 05 s``, ``3 h 10 min``."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(count: int | None) -> str:
    """Returns ``12 B``, ``3.4 KiB``, ``512 MiB``."""
    if count is None:
        return ""
    value, unit = float(count), "B"
    for bigger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, bigger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
