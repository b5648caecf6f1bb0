"""The pieces of HTML that a sweep's monitor is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from jupyter_batch.client.arguments.units import duration
from jupyter_batch.client.run import Run
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.sweep import FAILURES
from jupyter_batch.widgets import markup

#: Squares of more runs would cost more to send than they tell.
_MOST_SQUARES = 600
_MOST_FAILURES = 10


def head(sweep: Sweep) -> str:
    """Returns the line that says which sweep it is and how it stands."""
    facts = [f"{sweep.done} of {len(sweep)} runs"]
    facts += [f"{count} {state.replace('_', ' ')}" for state, count in sweep.counts.items()]
    facts.append(duration(sweep.duration_seconds))
    parts = [f"<b>{markup.escape(sweep.name)}</b>", markup.pill(str(sweep.state))]
    parts += [f"<span>{markup.escape(fact)}</span>" for fact in facts]
    parts.append(markup.soft(sweep.id))
    line = f'<div class="jbw-head">{"".join(parts)}</div>'
    return markup.STYLE + markup.block(line, role="status")


def squares(runs: Sequence[Run], states: Mapping[str, RunState]) -> str:
    """Returns a square for each run with its parameters as its title."""
    if not runs:
        return ""
    if len(runs) > _MOST_SQUARES:
        return markup.block(markup.soft(f"{len(runs):,} runs: too many for a square each"))
    marks = "".join(_square(run, str(states.get(run.id, run.state))) for run in runs)
    return markup.block(f'<div role="list" class="jbw-squares">{marks}</div>')


def failures(runs: Sequence[Run]) -> str:
    """Returns the runs that failed with their parameters and reasons."""
    failed = [run for run in runs if run.state in FAILURES]
    if not failed:
        return ""
    rows = "".join(
        f"<tr><td>{markup.pill(str(run.state))}</td><td><code>{markup.escape(_parameters_text(run))}</code></td>"
        f"<td>{markup.escape(run.reason or '')}</td></tr>"
        for run in failed[:_MOST_FAILURES]
    )
    more = len(failed) - _MOST_FAILURES
    left_out = markup.soft(f"{more} more have failed") if more > 0 else ""
    return markup.block(f"<table><tbody>{rows}</tbody></table>{left_out}")


def _square(run: Run, state: str) -> str:
    symbol, kind = markup.symbol(state)
    title = markup.escape(f"{_parameters_text(run)}: {state.replace('_', ' ')}")
    return (
        f'<span role="listitem" class="jbw-square jbw-{kind}" title="{title}" aria-label="{title}">'
        f'<i aria-hidden="true">{symbol}</i></span>'
    )


def _parameters_text(run: Run) -> str:
    return ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in run.parameters.items()
    )
