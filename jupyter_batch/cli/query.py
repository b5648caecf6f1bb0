"""``sql`` and ``results``: what is on record, as a table."""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rich.console import RenderableType

from jupyter_batch.cli.arguments import SUCCEEDED, add_command, add_run_filters
from jupyter_batch.cli.session import Session, instant
from jupyter_batch.client.html import json_text
from jupyter_batch.client.results import LongResult
from jupyter_batch.client.tables import Table
from jupyter_batch.domain.plain_text import plain_line
from jupyter_batch.domain.sql_query import DEFAULT_SECONDS

_SHOWN = 60
_ROWS = 1000
#: Of a line that goes to a file or a program: nothing of it is cut.
_WIDE = 100_000
_SQL_EXAMPLES = """\
  jupyter batch sql "SELECT state, count(*) FROM runs GROUP BY ALL"
  jupyter batch sql "SELECT name, avg(number) FROM results GROUP BY name" --csv > means.csv
  jupyter batch sql "DESCRIBE cells"
  jupyter batch sql - < query.sql

views: runs, attempts, cells, outputs, parameters, results, events; instants are in UTC"""
_RESULTS_EXAMPLES = """\
  jupyter batch results --job nightly --since 7d
  jupyter batch results --state succeeded --csv > results.csv"""


def add(commands: Any) -> None:
    """Adds the commands."""
    parser = add_command(
        commands,
        "sql",
        run_sql,
        help="query runs, cells and results with SQL",
        epilog=_SQL_EXAMPLES,
    )
    parser.add_argument("query", metavar="SELECT", help="a SELECT statement; - reads it from stdin")
    parser.add_argument(
        "--limit", type=int, default=_ROWS, help=f"show at most this many rows (default: {_ROWS})"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=DEFAULT_SECONDS,
        metavar="SECONDS",
        help=f"stop the query after this time (default: {DEFAULT_SECONDS:g})",
    )
    parser.add_argument("--csv", action="store_true", help="write CSV")
    parser = add_command(
        commands,
        "results",
        list_results,
        help="list the parameters and results of runs",
        epilog=_RESULTS_EXAMPLES,
    )
    parser.add_argument("--job", help="only of this job (name or id)")
    parser.add_argument("--sweep", metavar="ID", help="only of this sweep")
    parser.add_argument("--state", action="append", metavar="STATE", help="only in this state")
    add_run_filters(parser)
    parser.add_argument(
        "--limit", type=int, default=100, help="show at most this many (default: 100)"
    )
    parser.add_argument("--csv", action="store_true", help="write CSV")


def run_sql(args: argparse.Namespace, session: Session) -> int:
    """Answers a SELECT."""
    query = sys.stdin.read() if args.query == "-" else args.query
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        table = session.client.sql_table(query, limit=args.limit, timeout=args.timeout)
    _show(table, args, session)
    for warning in caught:
        session.note(str(warning.message), style="yellow")
    if len(table) == args.limit and not session.as_json:
        session.note(f"the first {args.limit:,}; see more with --limit", style="dim")
    return SUCCEEDED


def list_results(args: argparse.Namespace, session: Session) -> int:
    """Lists results."""
    states = [state for text in args.state or () for state in text.split(",")]
    table = session.client.results_table(
        args.job,
        limit=args.limit,
        state=states or None,
        sweep=args.sweep,
        since=instant(args.since, "since"),
        until=instant(args.until, "until"),
        q=args.query,
    )
    _show(table, args, session)
    if not len(table) and not session.as_json:
        session.note("no run fits")
    return SUCCEEDED


def _show(table: Table, args: argparse.Namespace, session: Session) -> None:
    if session.as_json:
        session.answer(
            {"columns": table.columns, "items": [_jsonable(row.items()) for row in table]}
        )
    elif args.csv:
        writer = csv.writer(session.out.file)
        shown = plain_line if session.out.is_terminal else _as_it_is
        writer.writerow([shown(name) for name in table.columns])
        writer.writerows(
            [shown(v) if isinstance(v, str) else v for v in map(_text, row.values())]
            for row in table
        )
    else:
        if not session.out.is_terminal:
            session.out.width = _WIDE
        session.table(tuple(table.columns), (_cells(row.values()) for row in table))


def _cells(values: Iterable[Any]) -> Iterator[RenderableType]:
    for value in values:
        text = plain_line(str(_text(value)))
        yield text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _as_it_is(text: str) -> str:
    return text


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, LongResult):
        return f"({value.type} of {value.size:,} characters)"
    return json_text(value) if isinstance(value, dict | list | bool) else value


def _jsonable(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {
        name: {"type": value.type, "size": value.size} if isinstance(value, LongResult) else value
        for name, value in items
    }
