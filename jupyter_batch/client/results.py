"""Results over many runs, and SQL over all that is on record."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

import msgspec

from jupyter_batch.client.arguments.plain_values import scalar
from jupyter_batch.client.arguments.shape_check import check_number
from jupyter_batch.client.arguments.values import pandas_module, result_value, sql_column, sql_value
from jupyter_batch.client.tables import Table
from jupyter_batch.client.transport.answers import AnswerDecoder
from jupyter_batch.client.transport.http_client import Connection, Params
from jupyter_batch.domain.sql_query import DEFAULT_SECONDS, MAX_ROWS, MAX_SECONDS
from jupyter_batch.errors import InvalidInput, InvalidQuery
from jupyter_batch.wire.results import (
    MAX_RESULT_ROWS,
    PageOfRows,
    ResultAnswer,
    ResultList,
    RowOfRun,
    SqlRows,
)

_BEFORE = ("run_id", "name", "state", "scheduled_for", "started_at", "finished_at")
_FIXED = (*_BEFORE, "duration_seconds")
_page = AnswerDecoder(PageOfRows)
_rows = AnswerDecoder(SqlRows)
_list = AnswerDecoder(ResultList)

#: Checks filters as ``jb.runs(...)`` takes them and turns them into a query's.
Filters = Callable[..., dict[str, str | None]]


class ResultOptions(TypedDict, total=False):
    """Options that select runs.

    Attributes
    ----------
    state : str, RunState or list of these, optional
        States of the runs, such as ``"failed"``.
    sweep : str or Sweep, optional
        Sweep of the runs, or its id.
    since : datetime, optional
        Earliest creation time. Without an offset it is local time of this machine.
    until : datetime, optional
        Latest creation time. Without an offset it is local time of this machine.
    q : str, optional
        Text that the name, the notebook's path or the id contains.
    """

    state: Any
    sweep: Any
    since: datetime | None
    until: datetime | None
    q: str | None


class LongResult:
    """Stands in a table for a value that is too long for one; ``load()`` fetches it."""

    def __init__(
        self, connection: Connection, run_id: str, name: str, kind: str, size: int
    ) -> None:
        self._connection = connection
        self.run_id = run_id
        self.name = name
        self.type = kind
        #: Characters of its JSON.
        self.size = size

    def load(self) -> Any:
        """Returns the value; a table as a DataFrame."""
        return fetch_results(self._connection, self.run_id, name=self.name)[self.name]

    def __repr__(self) -> str:
        return f"<{self.type} of {self.size:,} characters: .load()>"


class Results:
    """Asks one server."""

    def __init__(self, connection: Connection, filters: Filters) -> None:
        self._connection = connection
        self._filters = filters

    def table(
        self, job: Any = None, *, limit: Any = None, **options: Unpack[ResultOptions]
    ) -> Table:
        """Returns a row for each run, newest first; see ``Client.results``."""
        limit = check_number(limit, "limit")
        runs = fetch_rows(self._connection, self._filters(job=job, **options), limit)
        given = dict.fromkeys(name for run in runs for name in run.parameters)
        told = dict.fromkeys(name for run in runs for name in run.results)
        columns = {
            **{("parameters", name): _column("parameters", name, told) for name in given},
            **{("results", name): _column("results", name, given) for name in told},
        }
        rows = [self._row(run, columns) for run in runs]
        return Table([*_FIXED, *columns.values()], rows)

    def _row(self, run: RowOfRun, columns: Mapping[tuple[str, str], str]) -> dict[str, Any]:
        row: dict[str, Any] = {name: getattr(run, name) for name in _BEFORE}
        if run.duration_seconds is not None:
            row["duration_seconds"] = run.duration_seconds
        for name, value in run.parameters.items():
            row[columns["parameters", name]] = value
        for name, value in values_of(self._connection, run).items():
            row[columns["results", name]] = value
        return row

    def query(self, text: Any, limit: Any, timeout: Any) -> SqlRows:
        """Returns the answer to SQL; warns where there are more rows than were answered."""
        limit, timeout, text = scalar(limit), scalar(timeout), scalar(text)
        if not isinstance(text, str) or not text.strip():
            raise InvalidQuery("give a SELECT as a text", field="query")
        if limit is not None and not (isinstance(limit, int) and 1 <= limit <= MAX_ROWS):
            raise InvalidInput(f"limit is 1 to {MAX_ROWS:,}", field="limit")
        seconds = DEFAULT_SECONDS if timeout is None else timeout
        if not isinstance(seconds, int | float) or not 0 < seconds <= MAX_SECONDS:
            raise InvalidInput(
                f"timeout is at most {MAX_SECONDS:g} seconds, and above 0", field="timeout"
            )
        body = {"query": text, "limit": limit or MAX_ROWS, "timeout_seconds": seconds}
        answer = _rows.decode(self._connection.post("sql", body))
        if answer.truncated and limit is None:
            warnings.warn(
                f"there are more than these {len(answer.rows):,} rows: aggregate, filter, or "
                "fetch them in parts with LIMIT and OFFSET",
                UserWarning,
                stacklevel=4,
            )
        for warning in answer.warnings:
            warnings.warn(warning, UserWarning, stacklevel=4)
        return answer


def fetch_rows(connection: Connection, params: Params, limit: int | None) -> list[RowOfRun]:
    """Returns the results of runs, newest first, however many pages they are."""
    rows: list[RowOfRun] = []
    cursor: str | None = None
    while True:
        left = MAX_RESULT_ROWS if limit is None else min(limit - len(rows), MAX_RESULT_ROWS)
        page = _page.decode(connection.get("results", {**params, "limit": left, "cursor": cursor}))
        rows += page.items
        cursor = page.next_cursor
        if cursor is None or (limit is not None and len(rows) >= limit):
            return rows


def values_of(connection: Connection, run: RowOfRun) -> dict[str, Any]:
    """Returns the results of a run by name; what is long as a LongResult."""
    return {
        name: LongResult(connection, run.run_id, name, cell.type, cell.size)
        if (cell.value is None and cell.type != "none") or cell.type in ("table", "parquet")
        else result_value(cell.type, cell.value)
        for name, cell in run.results.items()
    }


def sql_table(answer: SqlRows) -> Table:
    """Returns an answer as a table."""
    names = _unique([column.name for column in answer.columns])
    kinds = [column.type for column in answer.columns]
    rows = [dict(zip(names, map(sql_value, kinds, row), strict=True)) for row in answer.rows]
    return Table(names, rows)


def sql_frame(answer: SqlRows) -> Any:
    """Returns an answer as a DataFrame; raises BatchError without pandas."""
    pandas = pandas_module()
    names = _unique([column.name for column in answer.columns])
    values = list(map(list, zip(*answer.rows, strict=True))) or [[] for _ in names]
    return pandas.DataFrame(
        {
            name: sql_column(pandas, column.type, cells)
            for name, column, cells in zip(names, answer.columns, values, strict=True)
        }
    )


def fetch_answers(
    connection: Connection, run_id: str, *, attempt: int | None = None, name: str | None = None
) -> tuple[ResultAnswer, ...]:
    """Returns the results of an attempt as they come over the wire."""
    content = connection.get(f"runs/{run_id}/results", {"attempt": attempt, "name": name})
    return _list.decode(content).items


def fetch_results(
    connection: Connection, run_id: str, *, attempt: int | None = None, name: str | None = None
) -> dict[str, Any]:
    """Returns what an attempt has recorded, by name, in order."""
    values: dict[str, Any] = {}
    for item in fetch_answers(connection, run_id, attempt=attempt, name=name):
        if item.omitted and name is None:
            values[item.name] = LongResult(connection, run_id, item.name, item.type, item.size)
        else:
            values[item.name] = result_value(item.type, msgspec.json.decode(item.value))
    return values


def _column(group: str, name: str, others: Mapping[str, Any]) -> str:
    return f"{group}.{name}" if name in _FIXED or name in others else name


def _unique(names: list[str]) -> list[str]:
    """Numbers names that come again, as DuckDB does."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        made.append(name if not count else f"{name}_{count}")
    return made
