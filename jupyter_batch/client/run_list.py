"""Many runs: page by page, or all that there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from jupyter_batch.client import html
from jupyter_batch.client.arguments.plain_values import scalar, shown
from jupyter_batch.client.paged_list import PagedList
from jupyter_batch.client.run import Run
from jupyter_batch.client.transport.answers import AnswerDecoder
from jupyter_batch.client.transport.http_client import Connection, Params
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.responses import RunList as RunPage

_page = AnswerDecoder(RunPage)


class RunList(PagedList[Run]):
    """Runs, newest first, which are fetched page by page."""


class RunSet(list[Run]):
    """Runs that have been fetched, as a list with an HTML view."""

    def _repr_html_(self) -> str:
        return run_table(self)


def fetch_runs(
    connection: Connection, params: Params, cursor: str | None, limit: int
) -> tuple[Sequence[Run], str | None]:
    """Returns a page and where the next one begins."""
    page = _page.decode(connection.get("runs", {**params, "limit": limit, "cursor": cursor}))
    return [Run(connection, record) for record in page.items], page.next_cursor


def states_of(states: str | RunState | Iterable[str | RunState] | None) -> list[str]:
    """Returns states as texts; raises InvalidInput for one that there is not."""
    if states is None:
        return []
    known = [str(state) for state in RunState]
    given = [states] if isinstance(states, str) else states
    made = []
    try:
        for state in given:
            text = scalar(state)
            if not isinstance(text, str) or text not in known:
                near = difflib.get_close_matches(shown(text).strip("'"), known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
                raise InvalidInput(f"there is no state {shown(state)}; {hint}", field="state")
            made.append(text)
    except TypeError as error:  # Nothing that can be gone through.
        raise InvalidInput(
            f"{shown(states)} is no state; there are: {', '.join(known)}", field="state"
        ) from error
    return made


def run_table(runs: Sequence[Any]) -> html.Html:
    """Returns runs as an HTML table."""
    return html.table(
        ("Run", "State", "Name", "Parameters", "Created", "Took", "Cells", "Why"),
        (_row(run) for run in runs),
        numbers=(5, 6),
    )


def _row(run: Run) -> Sequence[Any]:
    count = run.cell_count
    return (
        html.code(run.id[-8:]),
        html.dot(run.state),
        run.name,
        html.values(run.parameters),
        _times(run),
        html.duration(run.duration_seconds),
        f"{count.done}/{count.total}" if count.total else "",
        run.reason,
    )


def _times(run: Run) -> html.Html:
    """Returns when a run was made, and the instant that it stands for where that is another."""
    made = html.instant(run.created_at)
    if run.nominal_at is None:
        return made
    return html.joined(made, html.dim(" for "), html.instant(run.nominal_at))
