"""The HTML of the widgets; everything that comes from runs is escaped."""

from __future__ import annotations

import html
from datetime import datetime

from jupyter_batch.domain.plain_text import plain_text

#: Symbol and kind of each state; the word always stands beside it.
_LOOKS = {
    "queued": ("○", "idle"),
    "starting": ("◔", "busy"),
    "running": ("●", "busy"),
    "cancelling": ("◌", "odd"),
    "succeeded": ("✓", "good"),
    "failed": ("✗", "bad"),
    "timed_out": ("◷", "bad"),
    "cancelled": ("⊘", "odd"),
    "lost": ("?", "bad"),
    "skipped": ("–", "idle"),
    "not_run": ("·", "idle"),
}
#: Colours of a progress bar.
_BARS = {"good": "success", "bad": "danger", "odd": "warning", "busy": "info", "idle": ""}

#: Text keeps the theme's own colour; only symbols and edges are coloured. The names are those of
#: JupyterLab and Notebook, then those of VS Code, then something that is seen on both grounds.
_RULES = """
.jbw{--jbw-good:var(--jp-success-color1,var(--vscode-charts-green,#388a34));
--jbw-bad:var(--jp-error-color1,var(--vscode-charts-red,#d13438));
--jbw-busy:var(--jp-brand-color1,var(--vscode-charts-blue,#1a85ff));
--jbw-odd:var(--jp-warn-color1,var(--vscode-charts-yellow,#bf8803));
--jbw-line:var(--jp-border-color2,var(--vscode-panel-border,rgba(128,128,128,.4)));
--jbw-soft:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,inherit));
color:var(--jp-ui-font-color1,var(--vscode-foreground,inherit));
font-family:var(--jp-ui-font-family,system-ui,sans-serif);
font-size:var(--jp-ui-font-size1,13px);line-height:1.5;overflow-wrap:anywhere}
.jbw-head{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline}
.jbw-head b{font-size:1.1em;font-weight:600}
.jbw-soft{color:var(--jbw-soft)}
.jbw-pill{white-space:nowrap}
.jbw-pill i{font-style:normal;font-weight:700;display:inline-block;min-width:1.2em}
.jbw-good i{color:var(--jbw-good)}.jbw-bad i{color:var(--jbw-bad)}
.jbw-busy i{color:var(--jbw-busy)}.jbw-odd i{color:var(--jbw-odd)}
.jbw-note{border-left:3px solid var(--jbw-bad);padding:2px 0 2px 8px;margin:4px 0;
white-space:pre-wrap}
.jbw-note.jbw-fine{border-left-color:var(--jbw-good)}
.jbw pre,.jbw code{font-family:var(--jp-code-font-family,var(--vscode-editor-font-family,monospace));
font-size:var(--jp-code-font-size,12px);color:inherit;background:none;margin:0;padding:0}
.jbw pre{white-space:pre-wrap;max-height:22em;overflow:auto;line-height:1.4}
.jbw table{border-collapse:collapse;width:100%;table-layout:auto}
.jbw td,.jbw th{padding:1px 10px 1px 0;text-align:left;vertical-align:top;font-weight:normal}
.jbw th{white-space:nowrap;color:var(--jbw-soft)}
.jbw tr+tr td{border-top:1px solid var(--jbw-line)}
.jbw .jbw-number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.jbw td.jbw-wide{width:99%;max-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.jbw-scroll{max-height:22em;overflow:auto}
.jbw-squares{display:flex;flex-wrap:wrap;gap:3px;margin:4px 0}
.jbw-square{box-sizing:border-box;width:1.7em;height:1.7em;display:grid;place-items:center;
border:1px solid var(--jbw-line);border-radius:3px}
.jbw-square i{font-style:normal;font-weight:700}
.jbw-square.jbw-good{border-color:var(--jbw-good)}.jbw-square.jbw-bad{border-color:var(--jbw-bad)}
.jbw-square.jbw-busy{border-color:var(--jbw-busy)}.jbw-square.jbw-odd{border-color:var(--jbw-odd)}
""".replace("\n", "")

STYLE = f"<style>{_RULES}</style>"


def escape(text: object) -> str:
    """Returns a text as HTML shows it, without escape sequences and control characters."""
    return html.escape(plain(str(text)))


def plain(text: str) -> str:
    """Returns a text without terminal colours and control characters."""
    return plain_text(text.replace("\r\n", "\n"))


def block(inner: str, *, role: str = "") -> str:
    """Puts a piece of a widget into our look."""
    spoken = f' role="{role}" aria-live="polite"' if role else ""
    return f'<div class="jbw"{spoken}>{inner}</div>'


def symbol(state: str) -> tuple[str, str]:
    """Returns the symbol of a state, and its kind: good, bad, busy, odd or idle."""
    return _LOOKS.get(state, ("·", "idle"))


def pill(state: str) -> str:
    """Returns a state as symbol and word."""
    mark, kind = symbol(state)
    word = escape(state.replace("_", " "))
    return f'<span class="jbw-pill jbw-{kind}"><i aria-hidden="true">{mark}</i>{word}</span>'


def bar_style(state: str) -> str:
    """Returns the ``bar_style`` of a progress bar of ipywidgets."""
    return _BARS[symbol(state)[1]]


def note(text: object, *, fine: bool = False) -> str:
    """Returns a remark: an error, or with ``fine`` good news; empty for an empty text."""
    if not text:
        return ""
    role, more = ("status", " jbw-fine") if fine else ("alert", "")
    return f'{STYLE}<div class="jbw"><div class="jbw-note{more}" role="{role}">{escape(text)}</div></div>'


def soft(text: object) -> str:
    """Returns a text that stands back."""
    return f'<span class="jbw-soft">{escape(text)}</span>'


def instant(at: datetime | None) -> str:
    """Returns an instant in local time, to the second."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def first_line(source: str, longest: int = 160) -> str:
    """Returns the first line of a cell that says something."""
    line = next((one.strip() for one in source.splitlines() if one.strip()), "")
    return line if len(line) <= longest else line[: longest - 1] + "…"
