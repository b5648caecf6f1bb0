"""Formats states, times and sizes for people."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from jupyter_batch.client.arguments.units import duration
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.domain.progress import ItemProgress

#: Symbol and style of each state; the word always stands beside them.
_LOOKS = {
    "queued": ("○", "dim"),
    "starting": ("◔", "cyan"),
    "running": ("●", "cyan"),
    "cancelling": ("◌", "yellow"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "timed_out": ("◷", "red"),
    "cancelled": ("⊘", "yellow"),
    "lost": ("?", "bold red"),
    "skipped": ("–", "dim"),
    "not_run": ("·", "dim"),
}
#: From the end of an id, where it is random; enough to name a run of one's own.
_SHORT = 8


def state_text(state: str) -> Text:
    """Returns a state with its symbol and colour."""
    symbol, style = _LOOKS.get(state, ("·", ""))
    return Text(f"{symbol} {state.replace('_', ' ')}", style=style)


def short(run_id: str) -> str:
    """Returns the end of an id, by which ``show`` and the others find the run."""
    return run_id[-_SHORT:]


def clock(at: datetime | None, *, now: datetime | None = None) -> str:
    """Returns an instant in local time, without what is the same today."""
    if at is None:
        return ""
    local = at.astimezone()
    today = (now or datetime.now().astimezone()).astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    if local.year == today.year:
        return f"{local:%b %d %H:%M}"
    return f"{local:%Y-%m-%d %H:%M}"


def full_clock(at: datetime | None) -> str:
    """Returns an instant in local time with date and zone."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def cpus(count: float | None) -> str:
    """Returns ``1 cpu``, ``0.5 cpus``; nothing for None."""
    if count is None:
        return ""
    return "1 cpu" if count == 1 else f"{count:g} cpus"


def first_line(source: str, width: int = 60) -> str:
    """Returns the first line of a cell that says something, cut to a width."""
    for line in plain_text(source).splitlines():
        if line.strip():
            return line.strip() if len(line.strip()) <= width else line.strip()[: width - 1] + "…"
    return ""


def ago(text: str, now: datetime) -> datetime | None:
    """Returns the instant that ``90m``, ``2h``, ``3d`` or ``1w`` is before now, or None."""
    match = re.fullmatch(r"(\d+)\s*([mhdw])", text.strip())
    if match is None:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    step: dict[str, Any] = {units[match[2]]: int(match[1])}
    return now - timedelta(**step)


def plural(count: int, word: str) -> str:
    """Returns ``1 run``, ``2 runs``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def progress_line(loop: ItemProgress) -> str:
    """Returns how far a tracked loop is, as in ``orders: 40 of 100, 2 failed, 12/s, 5 s left``."""
    dealt_with = loop.processed + loop.failed + loop.skipped
    parts = [f"{loop.name}: {dealt_with:,}" + (f" of {loop.total:,}" if loop.total else "")]
    if loop.failed:
        parts.append(f"{loop.failed:,} failed")
    if loop.skipped:
        parts.append(f"{loop.skipped:,} done before")
    if loop.rate_per_second:
        parts.append(f"{loop.rate_per_second:.3g}/s")
    if loop.eta_seconds and not loop.is_over:
        parts.append(f"{duration(loop.eta_seconds)} left")
    return ", ".join(parts)
