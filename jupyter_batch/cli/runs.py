"""``runs``: lists runs, newest first."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from jupyter_batch.cli.arguments import SUCCEEDED, add_command, add_run_filters
from jupyter_batch.cli.formatting import clock, short, state_text
from jupyter_batch.cli.session import ID_LENGTH, Session, instant
from jupyter_batch.client.arguments.units import duration
from jupyter_batch.client.run import Run
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput, NotFound

_EXAMPLES = """\
  jupyter batch runs
  jupyter batch runs --state failed --since 2d
  jupyter batch runs -q report --limit 100 --json
  jupyter batch show last"""


def add(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands, "runs", list_runs, help="list runs, newest first", epilog=_EXAMPLES
    )
    parser.add_argument(
        "--state",
        action="append",
        metavar="STATE",
        help=f"only in this state ({', '.join(RunState)}). May be repeated",
    )
    parser.add_argument("--job", help="only of this job (name or id)")
    parser.add_argument("--sweep", help="only of this sweep (its id, the end of one, or 'last')")
    add_run_filters(parser)
    parser.add_argument(
        "--limit", type=int, default=20, help="show at most this many (default: 20)"
    )


def list_runs(args: argparse.Namespace, session: Session) -> int:
    """Lists runs."""
    found = session.client.runs.list(
        state=_states(args.state),
        job=_job(args.job, session),
        sweep=session.client.sweeps.find(args.sweep) if args.sweep else None,
        since=instant(args.since, "since"),
        until=instant(args.until, "until"),
        q=args.query,
        limit=args.limit,
    )
    runs = list(found)
    if session.as_json:
        session.answer({"items": [run.to_dict() for run in runs]})
        return SUCCEEDED
    if not runs:
        filtered = args.state or args.job or args.sweep or args.since or args.until or args.query
        session.note(
            "no run fits" if filtered else "no runs yet; make one: jupyter batch run NOTEBOOK"
        )
        return SUCCEEDED
    # A run that stands for another day than that of its making says which.
    nominal = any(run.nominal_at for run in runs)
    session.table(
        (
            *("RUN", "STATE", "NAME"),
            *(("FOR",) if nominal else ()),
            *("CREATED", ">TOOK", ">CELLS", "~WHY"),
        ),
        (_row(run, nominal=nominal) for run in runs),
    )
    if len(runs) == args.limit:
        session.note(f"the newest {args.limit}; see more with --limit", style="dim")
    return SUCCEEDED


def _row(run: Run, *, nominal: bool) -> Iterator[RenderableType]:
    count = run.cell_count
    yield short(run.id)
    yield state_text(run.state)
    yield run.name
    if nominal:
        yield clock(run.nominal_at)
    yield clock(run.created_at)
    yield duration(run.duration_seconds)
    yield f"{count.done}/{count.total}" if count.total else ""
    yield run.reason or ""


def _job(text: str | None, session: Session) -> str | None:
    """Returns the id of a job; the runs of one that has been deleted are found by its id."""
    if text is None:
        return None
    try:
        return session.client.jobs.get(text).id
    except NotFound:
        if len(text) != ID_LENGTH:
            raise
        return text


def _states(given: list[str] | None) -> list[str]:
    states = [state for text in given or () for state in text.split(",")]
    for state in states:
        if state not in list(RunState):
            raise InvalidInput(
                f"there is no state {state!r}; there are: {', '.join(RunState)}", field="state"
            )
    return states
