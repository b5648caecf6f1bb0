"""Durations for people."""

from __future__ import annotations

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def duration_text(seconds: float) -> str:
    """Returns a duration in words, exact to the millisecond: ``1 hour 30 minutes``."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    words = []
    for name, size in _UNITS[:-1]:
        count, whole = divmod(whole, size)
        if count:
            words.append(_count_text(f"{count:,}", name))
    if milliseconds:
        words.append(_count_text(f"{whole}.{milliseconds:03}".rstrip("0"), "second"))
    elif whole or not words:
        words.append(_count_text(f"{whole}", "second"))
    return " ".join(words)


def _count_text(count: str, unit: str) -> str:
    return f"{count} {unit}" if count == "1" else f"{count} {unit}s"
