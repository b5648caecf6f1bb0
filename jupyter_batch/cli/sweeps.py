"""``sweep`` and ``sweeps``: a notebook over many parameter sets."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from rich.text import Text

from jupyter_batch.cli.arguments import (
    NOT_SUCCEEDED,
    SUCCEEDED,
    Parser,
    UsageError,
    add_command,
    add_options,
    add_parameters,
    options_of,
    parameters_of,
)
from jupyter_batch.cli.console import FieldColumn
from jupyter_batch.cli.formatting import clock, plural, short, state_text
from jupyter_batch.cli.grids import TypedSets, read_sets, send_sets, typed_grid
from jupyter_batch.cli.parameters import send_typed
from jupyter_batch.cli.session import Session
from jupyter_batch.client.arguments.units import duration
from jupyter_batch.client.html import json_text
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.domain.sweep import FAILURES
from jupyter_batch.errors import Conflict, InvalidInput

_INTERRUPTED = 130
_LOOK_SECONDS = 0.5
_SWEEP_HELP = "its id, the end of one, or 'last'"
#: Columns of the table that are no parameters.
_FACTS = ("index", "state", "started_at", "finished_at", "duration_seconds", "reason", "run_id")

_MAKE_EXAMPLES = """\
  jupyter batch sweep report.ipynb -g alpha=0.1,0.2,0.5 -g n=1..5
  jupyter batch sweep report.ipynb -g alpha=0..1..0.25 -p title "One by one" --max-concurrent 2
  jupyter batch sweep report.ipynb --from sets.csv --wait
  jupyter batch sweep report.ipynb --from sets.json --json

Each combination of the -g values makes a run. A CSV file has names in its first line and a run in
each other line. A JSON or YAML file is a list of objects, or an object of lists. Either all runs
are made, or none.

exit codes: 0 queued, or with --wait all succeeded; 1 not all did; 2 bad input (there is no run)."""

_EXAMPLES = """\
  jupyter batch sweeps
  jupyter batch sweeps show last
  jupyter batch sweeps retry last --wait
  jupyter batch sweeps cancel 8h2k9qwe"""


def add(commands: Any) -> None:
    """Adds both commands."""
    make = add_command(
        commands,
        "sweep",
        make_sweep,
        help="run a notebook over many parameter sets",
        epilog=_MAKE_EXAMPLES,
    )
    make.add_argument("notebook", help="a notebook file")
    make.add_argument(
        "-g",
        "--grid",
        action="append",
        default=[],
        type=typed_grid,
        metavar="NAME=VALUES",
        help="values of a parameter: a,b,c or 1..5 or 0..1..0.25 or a JSON list. May be repeated",
    )
    make.add_argument("--from", dest="source", metavar="FILE", help="a CSV, JSON or YAML file")
    make.add_argument("--max-concurrent", type=int, metavar="N", help="run at most N at once")
    make.add_argument("--wait", action="store_true", help="wait until all runs have finished")
    add_parameters(make)
    add_options(make)
    sweeps = add_command(
        commands, "sweeps", list_sweeps, help="list, show and change sweeps", epilog=_EXAMPLES
    )
    sweeps.set_defaults(query=None, limit=20)
    inner = sweeps.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    listed = add_command(inner, "list", list_sweeps, help="list sweeps, newest first", inner=True)
    listed.add_argument(
        "-q", "--query", metavar="TEXT", help="show sweeps with this text in name, path or id"
    )
    listed.add_argument(
        "--limit", type=int, default=20, help="show at most this many (default: 20)"
    )
    _add_inner(inner)


def _add_inner(inner: Any) -> None:
    show = add_command(
        inner, "show", show_sweep, help="show a sweep and a table of its runs", inner=True
    )
    show.add_argument("sweep", help=_SWEEP_HELP)
    cancel = add_command(
        inner, "cancel", cancel_sweep, help="cancel all unfinished runs", inner=True
    )
    cancel.add_argument("sweep", help=_SWEEP_HELP)
    cancel.add_argument("--wait", action="store_true", help="wait until all runs have finished")
    retry = add_command(inner, "retry", retry_sweep, help="retry the failed runs", inner=True)
    retry.add_argument("sweep", help=_SWEEP_HELP)
    retry.add_argument(
        "--state",
        action="append",
        metavar="STATE",
        help=f"retry runs in this state (default: {', '.join(FAILURES)}). May be repeated",
    )
    retry.add_argument("--wait", action="store_true", help="wait until all runs have finished")
    delete = add_command(
        inner, "delete", delete_sweep, help="delete a finished sweep and its runs", inner=True
    )
    delete.add_argument("sweep", help=_SWEEP_HELP)


def make_sweep(args: argparse.Namespace, session: Session) -> int:
    """Makes a sweep; with ``--wait`` returns at its end."""
    if bool(args.grid) == bool(args.source):
        raise UsageError("give the values to sweep over: -g NAME=VALUES, or --from FILE")
    twice = [name for name, _ in args.grid if [n for n, _ in args.grid].count(name) > 1]
    if twice:
        raise InvalidInput(f"-g {twice[0]} is given more than once", field=f"grid.{twice[0]}")
    sets = read_sets(args.source) if args.source else TypedSets(dict(args.grid), rows=False)
    options = options_of(args)
    sweep = send_typed(
        parameters_of(args),
        args.typed,
        lambda shared: send_sets(
            sets,
            lambda grid: session.client.sweeps.create(
                args.notebook, grid, shared, max_concurrent=args.max_concurrent, **options
            ),
        ),
    )
    if not session.as_json:
        session.print(f"queued {plural(len(sweep), 'run')} of {sweep.name} as sweep {sweep.id}")
    if not args.wait:
        if session.as_json:
            session.answer(sweep.to_dict())
        else:
            session.note(
                f"look at it:  jupyter batch sweeps show {short(sweep.id)}\n"
                f"end it:      jupyter batch sweeps cancel {short(sweep.id)}",
                style="dim",
            )
        return SUCCEEDED
    return _end_of(sweep, session)


def list_sweeps(args: argparse.Namespace, session: Session) -> int:
    """Lists sweeps."""
    found = list(session.client.sweeps.list(q=args.query, limit=args.limit))
    if session.as_json:
        session.answer({"items": [sweep.to_dict() for sweep in found]})
        return SUCCEEDED
    if not found:
        session.note("no sweeps yet; make one: jupyter batch sweep NOTEBOOK -g NAME=VALUES")
        return SUCCEEDED
    session.table(
        ("SWEEP", "STATE", "NAME", "CREATED", ">DONE", "~RUNS"),
        (
            (
                short(sweep.id),
                state_text(sweep.state),
                sweep.name,
                clock(sweep.created_at),
                f"{sweep.done}/{len(sweep)}",
                _counts(sweep),
            )
            for sweep in found
        ),
    )
    return SUCCEEDED


def show_sweep(args: argparse.Namespace, session: Session) -> int:
    """Shows a sweep and its runs."""
    sweep = session.client.sweeps.find(args.sweep)
    table = sweep.table()
    if session.as_json:
        session.answer(sweep.to_dict() | {"table": list(table)})
        return SUCCEEDED
    session.print(f"sweep {sweep.id} {sweep.name} ({sweep.notebook})")
    told = f"  {_counts(sweep)}; made {clock(sweep.created_at)}"
    session.print(Text.assemble(state_text(sweep.state), told))
    names = [name for name in table.columns if name not in _FACTS]
    session.table(
        (">NO", *names, "STATE", ">TOOK", "RUN", "~WHY"),
        (_row(row, names) for row in table),
    )
    return SUCCEEDED


def cancel_sweep(args: argparse.Namespace, session: Session) -> int:
    """Cancels a sweep."""
    sweep = session.client.sweeps.find(args.sweep).cancel()
    if args.wait:
        sweep.wait()
    return _report(sweep, session)


def retry_sweep(args: argparse.Namespace, session: Session) -> int:
    """Tries the failed runs again."""
    sweep = session.client.sweeps.find(args.sweep).retry(args.state or FAILURES)
    return _end_of(sweep, session) if args.wait else _report(sweep, session)


def delete_sweep(args: argparse.Namespace, session: Session) -> int:
    """Deletes a sweep."""
    sweep = session.client.sweeps.find(args.sweep)
    sweep.delete()
    if session.as_json:
        session.answer({"deleted": len(sweep)})
    else:
        session.print(f"deleted sweep {sweep.id} with {plural(len(sweep), 'run')}")
    return SUCCEEDED


def _end_of(sweep: Sweep, session: Session) -> int:
    """Waits for the end and reports it.

    The first Ctrl-C cancels the sweep and waits for its end, the second leaves it to itself.
    """
    try:
        _watch(sweep, session)
    except KeyboardInterrupt:
        session.note("cancelling; press Ctrl-C again to leave the sweep to itself")
        try:
            sweep.cancel()
            _watch(sweep, session)
        except Conflict:
            sweep.refresh()  # It has just ended by itself.
        except KeyboardInterrupt:
            session.note(
                f"It goes on. Look at it with: jupyter batch sweeps show {short(sweep.id)}"
            )
            return _INTERRUPTED
    _report(sweep, session)
    return SUCCEEDED if sweep.succeeded else NOT_SUCCEEDED


def _watch(sweep: Sweep, session: Session) -> None:
    columns = (
        FieldColumn("name"),
        BarColumn(),
        MofNCompleteColumn(),
        FieldColumn("counts"),
    )
    with Progress(*columns, console=session.err, transient=True) as progress:
        task = progress.add_task("", total=len(sweep), name=sweep.name, counts="")
        while True:
            sweep.refresh()
            progress.update(task, completed=sweep.done, counts=_counts(sweep))
            if sweep.is_over:
                return
            session.sleep(_LOOK_SECONDS)


def _report(sweep: Sweep, session: Session) -> int:
    if session.as_json:
        session.answer(sweep.to_dict())
    else:
        told = f"  sweep {sweep.id} {sweep.name}: {_counts(sweep)}"
        session.print(Text.assemble(state_text(sweep.state), told))
    return SUCCEEDED


def _counts(sweep: Sweep) -> str:
    return ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in sweep.counts.items())


def _row(row: dict[str, Any], names: list[str]) -> Iterator[RenderableType]:
    yield str(row["index"] + 1)
    for name in names:
        value = row[name]
        yield value if isinstance(value, str) else "" if value is None else json_text(value)
    yield state_text(row["state"])
    yield duration(row["duration_seconds"])
    yield short(row["run_id"])
    yield row["reason"] or ""
