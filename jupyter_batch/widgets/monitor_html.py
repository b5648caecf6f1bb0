"""The pieces of HTML that a run's monitor is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from jupyter_batch.client.arguments.units import duration, size
from jupyter_batch.domain.cell import CellError
from jupyter_batch.domain.progress import ItemProgress
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.monitored_run import CellLine, MonitoredRun

#: Cells in the list at once; of long notebooks those around the one that runs or failed.
_MOST_CELLS = 100
_MOST_LOG_LINES = 500


def head(name: str, run_id: str, monitored_run: MonitoredRun, now: datetime) -> str:
    """Returns the line that says which run it is and how it stands."""
    count = monitored_run.count
    facts = []
    if count.total:
        facts.append(f"{count.done} of {count.total} cells")
    seconds = monitored_run.seconds(now)
    if seconds is not None:
        facts.append(duration(seconds))
    if monitored_run.attempt_no > 1:
        facts.append(f"attempt {monitored_run.attempt_no}")
    if monitored_run.memory_bytes and not monitored_run.is_over:
        facts.append(size(monitored_run.memory_bytes))
    parts = [f"<b>{markup.escape(name)}</b>", markup.pill(str(monitored_run.state))]
    parts += [f"<span>{markup.escape(fact)}</span>" for fact in facts]
    parts.append(markup.soft(run_id))
    line = f'<div class="jbw-head">{"".join(parts)}</div>'
    told = monitored_run.reason or (monitored_run.preparing if not monitored_run.is_over else None)
    if told:
        line += f"<div>{markup.escape(told)}</div>"
    return markup.STYLE + markup.block(line, role="status")


def items(progress: Iterable[ItemProgress]) -> str:
    """Returns how far the notebook's own loops over items are; empty where it has none."""
    lines = "".join(_loop(one) for one in progress)
    return markup.block(lines) if lines else ""


def error_box(error: CellError | None, source: str) -> str:
    """Returns the exception that ended the run with its cell; empty where there was none."""
    if error is None:
        return ""
    trace = markup.escape("\n".join(error.traceback) or f"{error.ename}: {error.evalue}")
    title = f"Cell {error.cell_index + 1}: {error.ename}: {error.evalue}"
    code = f'<pre class="jbw-soft">{markup.escape(source)}</pre>' if source else ""
    return markup.block(
        f'<div class="jbw-note" role="alert"><b>{markup.escape(title)}</b>{code}<pre>{trace}</pre></div>'
    )


def cell_list(cells: Sequence[CellLine], total: int) -> str:
    """Returns the cells as a table, one line each."""
    if not cells:
        return markup.block(markup.soft("No cell has started yet."))
    shown = _window(cells)
    rows = [_row(cell) for cell in shown]
    before = shown[0].index
    if before:
        rows.insert(0, _remark(f"{before} cells before"))
    after = max(total, cells[-1].index + 1) - shown[-1].index - 1
    if after > 0:
        rows.append(_remark(f"{after} more to come" if shown[-1] is cells[-1] else f"{after} more"))
    heading = (
        '<tr><th class="jbw-number">Cell</th><th>State</th><th>Source</th>'
        '<th class="jbw-number">Time</th></tr>'
    )
    body = f"<table><thead>{heading}</thead><tbody>{''.join(rows)}</tbody></table>"
    return markup.block(f'<div class="jbw-scroll" tabindex="0">{body}</div>')


def log_text(lines: Sequence[str], count: int) -> str:
    """Returns the end of the log."""
    if not lines:
        return markup.block(
            markup.soft("The log is empty: what cells print is kept with the cells.")
        )
    left_out = count - min(count, _MOST_LOG_LINES)
    remark = markup.soft(f"{left_out:,} lines before") if left_out else ""
    text = markup.escape("\n".join(lines[-_MOST_LOG_LINES:]))
    return markup.block(f'{remark}<pre tabindex="0">{text}</pre>')


def outputs_head(cell: CellLine) -> str:
    """Returns what stands above the outputs of a cell."""
    code = f"<code>{markup.escape(markup.first_line(cell.source))}</code>"
    return markup.block(
        f'<div class="jbw-head">{markup.soft(f"Cell {cell.index + 1}")}{code}</div>'
    )


def _loop(one: ItemProgress) -> str:
    done = one.processed + one.failed + one.skipped
    facts = [f"{done:,} of {one.total:,}" if one.total is not None else f"{done:,}"]
    if one.failed:
        facts.append(f"{one.failed:,} failed")
    if one.skipped:
        facts.append(f"{one.skipped:,} by earlier attempts")
    if one.eta_seconds is not None and not one.is_over:
        facts.append(f"{duration(one.eta_seconds)} left")
    name, told = markup.escape(one.name), "".join(f"<span>{fact}</span>" for fact in facts)
    bar = ""
    if one.total:
        bar = f'<progress aria-label="{name}" value="{min(done, one.total)}" max="{one.total}"></progress>'
    return f'<div class="jbw-head"><span>{name}</span>{bar}{told}</div>'


def _row(cell: CellLine) -> str:
    took = duration(cell.seconds)
    source = markup.escape(markup.first_line(cell.source))
    if cell.cell_type != "code":
        source = f'<span class="jbw-soft">{source}</span>'
    return (
        f'<tr><td class="jbw-number">{cell.index + 1}</td><td>{markup.pill(cell.state)}</td>'
        f'<td class="jbw-wide"><code>{source}</code></td><td class="jbw-number">{took}</td></tr>'
    )


def _remark(text: str) -> str:
    return f'<tr><td></td><td></td><td colspan="2">{markup.soft(text)}</td></tr>'


def _window(cells: Sequence[CellLine]) -> Sequence[CellLine]:
    if len(cells) <= _MOST_CELLS:
        return cells
    places = [i for i, cell in enumerate(cells) if cell.state in ("running", "failed")]
    middle = places[-1] if places else len(cells) - 1
    begin = max(0, min(middle - _MOST_CELLS * 3 // 4, len(cells) - _MOST_CELLS))
    return cells[begin : begin + _MOST_CELLS]
