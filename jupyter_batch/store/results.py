"""Reads and writes results and done items."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from jupyter_batch.domain.progress import ITEMS_PREFIX
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.results import ResultCell, ResultRecord, ResultRow
from jupyter_batch.domain.state import RunState
from jupyter_batch.errors import NotFound
from jupyter_batch.store.duckdb.column_values import (
    clean_or_none,
    clean_text,
    from_utc,
    instant,
    to_utc,
)
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import Rows, fetch_all, fetch_one
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.run_rows import conditions_of, where_of

_SQL = load_queries("results")
_RUNS = load_queries("runs")
_NULL = msgspec.Raw(b"null")


def add_result(rows: Rows, run_no: int, result: ResultRecord) -> None:
    """Adds a result to the rows of ``records.results``."""
    rows.add(
        run_no=run_no,
        attempt_no=result.attempt_no,
        seq=result.seq,
        name=clean_text(result.name),
        type=result.type,
        told_at=to_utc(result.at),
        size=result.size,
        value=clean_or_none(result.value),
        document=clean_or_none(result.document),
    )


def select_results(cursor: Connection, run_id: str, attempt_no: int) -> tuple[ResultRecord, ...]:
    """Returns the results of an attempt, of each name the newest; raises NotFound."""
    found = fetch_one(cursor, _RUNS["locate"], {"id": run_id})
    if found is None:
        raise NotFound(f"there is no run {run_id}", run_id=run_id)
    where = {"run_no": found.run_no, "attempt_no": attempt_no}
    newest: dict[str, ResultRecord] = {}
    for row in fetch_all(cursor, _SQL["select_of_attempt"], where):
        at = from_utc(row.told_at)
        assert at is not None
        newest.pop(row.name, None)
        newest[row.name] = ResultRecord(
            attempt_no=row.attempt_no,
            name=row.name,
            type=row.type,
            at=at,
            size=row.size,
            value=row.value,
            document=row.document,
            seq=row.seq,
        )
    return tuple(newest.values())


def select_done(
    cursor: Connection, segment: str, run_no: int, before: int
) -> Mapping[str, tuple[str, ...]]:
    """Returns the keys of done items by loop."""
    rows = fetch_all(
        cursor,
        _SQL["select_done"].format(segment=segment),
        {"run_no": run_no, "before": before, "prefix": ITEMS_PREFIX},
    )
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row.name.removeprefix(ITEMS_PREFIX), []).append(row.body)
    return {
        name: tuple(dict.fromkeys("".join(parts).splitlines())) for name, parts in texts.items()
    }


def select_result_rows(cursor: Connection, query: RunQuery) -> Page[ResultRow]:
    """Returns a page of runs with their results, with two queries however many there are."""
    conditions = conditions_of(query)
    where, parameters = where_of(conditions)
    rows = fetch_all(
        cursor, _SQL["select_page"].format(where=where), {**parameters, "limit": query.limit + 1}
    )
    more, rows = len(rows) > query.limit, rows[: query.limit]
    results = _results_of(cursor, {row.run_no: row.attempt_no for row in rows})
    items = tuple(
        ResultRow(
            run_id=row.id,
            job_id=row.job_id,
            name=row.name,
            state=RunState(row.state),
            attempt_no=row.attempt_no,
            scheduled_for=instant(row.scheduled_for),
            created_at=instant(row.created_at),
            started_at=from_utc(row.started_at),
            finished_at=from_utc(row.finished_at),
            parameters=msgspec.Raw(row.parameters.encode()),
            results=results.get(row.run_no, {}),
            duration_seconds=row.duration_seconds,
        )
        for row in rows
    )
    return Page(items=items, next_after=items[-1].run_id if more else None)


def _results_of(
    cursor: Connection, attempts: Mapping[int, int | None]
) -> dict[int, dict[str, ResultCell]]:
    if not attempts:
        return {}
    numbers = list(attempts)
    rows = fetch_all(
        cursor,
        _SQL["select_of_runs"],
        {"first": min(numbers), "last": max(numbers), "run_nos": numbers},
    )
    results: dict[int, dict[str, ResultCell]] = {}
    for row in rows:
        if row.attempt_no == attempts[row.run_no]:
            raw = _NULL if row.value is None else msgspec.Raw(row.value.encode())
            cell = ResultCell(type=row.type, size=row.size, value=raw)
            results.setdefault(row.run_no, {})[row.name] = cell
    return results
