"""The bar that ``jb.track`` shows when a notebook or script is run by hand."""

from __future__ import annotations

import html
import sys
from typing import Any, Mapping, Optional

_WIDTH = 30


class Bar:
    """Shows progress in a notebook or a terminal; elsewhere nothing."""

    def __init__(self, *, leave: bool = True) -> None:
        self._leave = leave
        self._handle: Any = None
        self._is_terminal = False
        module = sys.modules.get("IPython")
        shell = module.get_ipython() if module is not None else None
        if shell is not None and hasattr(shell, "kernel"):
            display: Any = __import__("IPython.display", fromlist=["display"]).display
            self._handle = display({"text/plain": ""}, raw=True, display_id=True)
        else:
            self._is_terminal = sys.stderr is not None and sys.stderr.isatty()

    def show(self, facts: Mapping[str, Any]) -> None:
        """Shows where it is now."""
        line = line_of(facts)
        if self._handle is not None:
            self._handle.update({"text/plain": line, "text/html": _html(facts, line)}, raw=True)
        elif self._is_terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def close(self) -> None:
        """Leaves the bar as it is, or takes it away."""
        if self._handle is not None and not self._leave:
            self._handle.update({"text/plain": ""}, raw=True)
        elif self._is_terminal:
            sys.stderr.write("\n" if self._leave else "\r\x1b[K")
            sys.stderr.flush()


def line_of(facts: Mapping[str, Any]) -> str:
    """Returns progress as one line of text."""
    count, total = _count(facts), facts["total"]
    parts = [f"{facts['name']}: {count}" + (f"/{total}" if total else "")]
    if total:
        filled = min(_WIDTH, _WIDTH * count // total)
        parts.append("█" * filled + "·" * (_WIDTH - filled))
    if facts["failed"]:
        parts.append(f"{facts['failed']} failed")
    if facts["skipped"]:
        parts.append(f"{facts['skipped']} done before")
    if facts["rate_per_second"]:
        parts.append(f"{facts['rate_per_second']:.3g}/s")
    left = facts["eta_seconds"]
    if left and not facts["is_over"]:
        parts.append(f"{_duration(left)} left")
    if facts.get("postfix"):
        parts.append(str(facts["postfix"]))
    return "  ".join(parts)


def _html(facts: Mapping[str, Any], line: str) -> str:
    total: Optional[int] = facts["total"]
    of = f' value="{_count(facts)}" max="{total}"' if total else ""
    words = "  ".join(part for part in line.split("  ") if "█" not in part and "·" not in part)
    return (
        f'<div><progress aria-label="{html.escape(str(facts["name"]))}"{of} '
        f'style="width: 20em; vertical-align: middle"></progress> {html.escape(words)}</div>'
    )


def _count(facts: Mapping[str, Any]) -> int:
    return int(facts["processed"] + facts["failed"] + facts["skipped"])


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
