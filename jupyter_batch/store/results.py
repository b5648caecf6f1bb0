"""Reads and writes results and done items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jupyter_batch.domain.progress import ITEMS_PREFIX
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.results import ResultCell, ResultRecord, ResultRow
from jupyter_batch.domain.state import RunState
from jupyter_batch.errors import NotFound
from jupyter_batch.store.duckdb.column_values import clean_or_none, clean_text, from_utc, to_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import Rows
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.run_rows import conditions_of, where_of

_SQL = load_queries("results")
_RUNS = load_queries("runs")
_NULL = msgspec.Raw(b"null")


def add_result(rows: Rows, run_no: int, result: ResultRecord) -> None:
    """Adds a result to the rows of ``insert``."""
    rows.add(
        run_nos=run_no,
        attempt_nos=result.attempt_no,
        seqs=result.seq,
        names=clean_text(result.name),
        types=result.type,
        instants=to_utc(result.at),
        sizes=result.size,
        values=clean_or_none(result.value),
        documents=clean_or_none(result.document),
    )


def select_results(cursor: Connection, run_id: str, attempt_no: int) -> tuple[ResultRecord, ...]:
    """Returns the results of an attempt, of each name the newest; raises NotFound."""
    found = cursor.execute(_RUNS["locate"], {"id": run_id}).fetchone()
    if found is None:
        raise NotFound(f"there is no run {run_id}", run_id=run_id)
    where = {"run_no": found[0], "attempt_no": attempt_no}
    rows = cursor.execute(_SQL["select_of_attempt"], where).fetchall()
    newest: dict[str, ResultRecord] = {}
    for number, name, kind, told_at, size, value, document, seq in rows:
        at = from_utc(told_at)
        assert at is not None
        newest.pop(name, None)
        newest[name] = ResultRecord(
            attempt_no=number,
            name=name,
            type=kind,
            at=at,
            size=size,
            value=value,
            document=document,
            seq=seq,
        )
    return tuple(newest.values())


def select_done(
    cursor: Connection, segment: str, run_no: int, before: int
) -> Mapping[str, tuple[str, ...]]:
    """Returns the keys of done items by loop."""
    rows = cursor.execute(
        _SQL["select_done"].format(segment=segment),
        {"run_no": run_no, "before": before, "prefix": ITEMS_PREFIX},
    ).fetchall()
    texts: dict[str, list[str]] = {}
    for name, body in rows:
        texts.setdefault(name.removeprefix(ITEMS_PREFIX), []).append(body)
    return {
        name: tuple(dict.fromkeys("".join(parts).splitlines())) for name, parts in texts.items()
    }


def select_result_rows(cursor: Connection, query: RunQuery) -> Page[ResultRow]:
    """Returns a page of runs with their results, with two queries however many there are."""
    conditions = conditions_of(query)
    where, parameters = where_of(conditions)
    rows = cursor.execute(
        _SQL["select_page"].format(where=where), {**parameters, "limit": query.limit + 1}
    ).fetchall()
    more, rows = len(rows) > query.limit, rows[: query.limit]
    results = _results_of(cursor, {row[0]: row[5] for row in rows})
    items = tuple(
        ResultRow(
            run_id=row[1],
            job_id=row[2],
            name=row[3],
            state=RunState(row[4]),
            attempt_no=row[5],
            scheduled_for=row[6],
            created_at=row[7],
            started_at=row[8],
            finished_at=row[9],
            parameters=msgspec.Raw(row[10].encode()),
            results=results.get(row[0], {}),
            duration_seconds=row[11],
        )
        for row in (_aware(row) for row in rows)
    )
    return Page(items=items, next_after=items[-1].run_id if more else None)


def _results_of(
    cursor: Connection, attempts: Mapping[int, int | None]
) -> dict[int, dict[str, ResultCell]]:
    if not attempts:
        return {}
    numbers = list(attempts)
    rows = cursor.execute(
        _SQL["select_of_runs"],
        {"first": min(numbers), "last": max(numbers), "run_nos": numbers},
    ).fetchall()
    results: dict[int, dict[str, ResultCell]] = {}
    for run_no, attempt_no, name, kind, size, value in rows:
        if attempt_no == attempts[run_no]:
            raw = _NULL if value is None else msgspec.Raw(value.encode())
            results.setdefault(run_no, {})[name] = ResultCell(type=kind, size=size, value=raw)
    return results


def _aware(row: tuple[Any, ...]) -> list[Any]:
    return [*row[:6], *(from_utc(at) for at in row[6:10]), *row[10:]]
