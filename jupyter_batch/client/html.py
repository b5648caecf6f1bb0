"""Pieces of HTML for notebooks: everything escaped, readable on light and dark pages.

Text has the page's own colour; only a dot has one of its own, from JupyterLab's theme where
there is one. Styles are inline, as notebooks that are not trusted lose their style sheets.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.plain_text import plain_text

_GOOD = "var(--jp-success-color1, #3a9b4f)"
_BAD = "var(--jp-error-color1, #d9534f)"
_BUSY = "var(--jp-brand-color1, #3a8fd6)"
_OFF = "var(--jp-warn-color1, #d08a2e)"
_REST = "var(--jp-ui-font-color2, #8a8a8a)"
_COLOURS = {
    "succeeded": _GOOD,
    "failed": _BAD,
    "timed_out": _BAD,
    "lost": _BAD,
    "starting": _BUSY,
    "running": _BUSY,
    "cancelling": _OFF,
    "cancelled": _OFF,
    "skipped": _OFF,
}
_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"
_NUMBER = "text-align:right;padding:2px 10px 2px 0;vertical-align:top"
#: Some pages give tables a colour and a size of their own.
_TABLE = "border-collapse:collapse;margin:0;color:inherit;font-size:inherit"
_MONO = "font-family:var(--jp-code-font-family, monospace);font-size:90%"
_MAX_TEXT = 120


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def text(value: Any, *, limit: int = _MAX_TEXT) -> Html:
    """Returns any value as escaped text, cut where it is long."""
    if isinstance(value, Html):
        return value
    shown = "" if value is None else plain_text(str(value))
    if len(shown) > limit:
        shown = f"{shown[: limit - 1]}…"
    return Html(html.escape(shown))


def code(value: Any, *, limit: int = _MAX_TEXT) -> Html:
    """Returns a text in the code's font."""
    return Html(f'<span style="{_MONO}">{text(value, limit=limit)}</span>')


def block(value: str, *, lines: int = 20) -> Html:
    """Returns lines in the code's font; many are cut."""
    kept = value.splitlines()
    shown = "\n".join([*kept[:lines], *(["…"] if len(kept) > lines else [])])
    return Html(f'<pre style="{_MONO};margin:2px 0">{text(shown, limit=4000)}</pre>')


def dim(value: Any) -> Html:
    """Returns a text that stands back."""
    return Html(f'<span style="opacity:0.7">{text(value, limit=400)}</span>')


def dot(state: str) -> Html:
    """Returns a state with its coloured dot."""
    colour = _COLOURS.get(state, _REST)
    words = text(state.replace("_", " "))
    return Html(
        f'<span style="white-space:nowrap"><span style="color:{colour}" '
        f'aria-hidden="true">●</span> {words}</span>'
    )


def instant(at: datetime | None) -> Html:
    """Returns an instant in the reader's local time."""
    if at is None:
        return Html("")
    local = at.astimezone()
    shown = html.escape(local.strftime("%Y-%m-%d %H:%M:%S"))
    return Html(
        f'<time datetime="{html.escape(at.isoformat())}" style="white-space:nowrap">{shown}</time>'
    )


def duration(seconds: float | None) -> Html:
    """Returns ``3.2 s``, ``4 min 10 s`` or ``2 h 5 min``."""
    if seconds is None:
        return Html("")
    if seconds < 60:
        return Html(f"{seconds:.1f} s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return Html(f"{minutes} min {rest} s")
    return Html(f"{minutes // 60} h {minutes % 60} min")


def values(named: Mapping[str, Any]) -> Html:
    """Returns ``alpha = 0.5, name = "x"`` in the code's font."""
    return code(", ".join(f"{name} = {json_text(value)}" for name, value in named.items()))


def json_text(value: Any) -> str:
    """Returns a value as JSON has it; as Python has it where JSON cannot."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        return repr(value)


def bar(done: int, total: int) -> Html:
    """Returns a progress bar with its numbers."""
    if not total:
        return Html("")
    return Html(
        f'<span style="white-space:nowrap"><progress value="{done:d}" max="{total:d}" '
        f'style="width:8em;vertical-align:middle"></progress> {done:,d}/{total:,d}</span>'
    )


def table(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Iterable[int] = ()
) -> Html:
    """Returns a table; columns named in ``numbers`` go to the right."""
    right = set(numbers)
    styles = [_NUMBER if place in right else _CELL for place in range(len(headings))]
    head = "".join(
        f'<th scope="col" style="{style}">{text(name)}</th>'
        for name, style in zip(headings, styles, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{style}">{text(cell)}</td>'
            for cell, style in zip(row, styles, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return Html(
        f'<div style="overflow-x:auto"><table style="{_TABLE}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, Any]]) -> Html:
    """Returns a table of names and what they are; what is empty is left out."""
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:normal;opacity:0.7">{text(name)}</th>'
        f'<td style="{_CELL}">{text(value, limit=400)}</td></tr>'
        for name, value in pairs
        if value not in (None, "")
    )
    return Html(f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>')


def box(title: str, *parts: Any) -> Html:
    """Returns a heading with what belongs to it."""
    inner = "".join(text(part, limit=400) for part in parts)
    return Html(f'<div style="margin:2px 0"><strong>{text(title)}</strong> {inner}</div>')


def joined(*parts: Any) -> Html:
    """Returns pieces one after the other."""
    return Html("".join(text(part, limit=400) for part in parts))
