"""Reads and writes the rows of sweeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jupyter_batch.domain.queries import Page, SweepQuery
from jupyter_batch.domain.run import NotebookRef, RunState
from jupyter_batch.domain.sweep import Sweep, SweepFacts, sweep_of
from jupyter_batch.store.duckdb.column_values import clean_text, from_utc, instant, to_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_all
from jupyter_batch.store.duckdb.sql import load_queries

_SQL = load_queries("sweeps")


def encode_sweep(sweep: SweepFacts) -> dict[str, Any]:
    """Returns the columns of a sweep."""
    return {
        "id": sweep.id,
        "name": clean_text(sweep.name),
        "notebook_path": clean_text(sweep.notebook.path),
        "notebook_sha256": sweep.notebook.sha256,
        "created_by": clean_text(sweep.created_by),
        "created_at": to_utc(sweep.created_at),
        "max_concurrent": sweep.max_concurrent,
        "notebook_root": clean_text(sweep.notebook.root),
    }


def select_sweep(connection: Connection, sweep_id: str) -> Sweep | None:
    """Returns a sweep as its runs have it now, or None."""
    found = _sweeps_of(connection, _rows(connection, {"with_id": {"id": sweep_id}}, 1))
    return found[0] if found else None


def select_sweeps(connection: Connection, query: SweepQuery) -> Page[Sweep]:
    """Returns a page, with two queries however many sweeps there are."""
    conditions: dict[str, dict[str, Any]] = {}
    if query.after is not None:
        conditions["after"] = {"after": query.after}
    if query.q:
        conditions["text"] = {"q": clean_text(query.q)}
    rows = _rows(connection, conditions, query.limit + 1)
    next_after = rows[query.limit - 1].id if len(rows) > query.limit else None
    return Page(items=tuple(_sweeps_of(connection, rows[: query.limit])), next_after=next_after)


def drop_empty_sweeps(connection: Connection, sweep_ids: Sequence[str]) -> None:
    """Removes those of the sweeps that have no runs any more; belongs into a transaction."""
    if not sweep_ids:
        return
    ids = {"ids": list(dict.fromkeys(sweep_ids))}
    connection.execute(_SQL["delete_empty"], ids)
    connection.execute(_SQL["delete_keys"], ids)


def _rows(
    connection: Connection, conditions: Mapping[str, Mapping[str, Any]], limit: int
) -> list[Any]:
    where = " AND ".join(_SQL[name] for name in conditions) or "TRUE"
    parameters: dict[str, Any] = {"limit": limit}
    for given in conditions.values():
        parameters.update(given)
    return fetch_all(connection, _SQL["select_page"].format(where=where), parameters)


def _sweeps_of(connection: Connection, rows: Sequence[Any]) -> list[Sweep]:
    if not rows:
        return []
    counts: dict[str, dict[RunState, int]] = defaultdict(dict)
    ends: dict[str, datetime] = {}
    for group in fetch_all(connection, _SQL["count_states"], {"ids": [row.id for row in rows]}):
        counts[group.sweep_id][RunState(group.state)] = group.runs
        if group.finished_at is not None:
            latest = ends.get(group.sweep_id, group.finished_at)
            ends[group.sweep_id] = max(group.finished_at, latest)
    return [sweep_of(_decode(row), counts[row.id], from_utc(ends.get(row.id))) for row in rows]


def _decode(row: Any) -> SweepFacts:
    return SweepFacts(
        id=row.id,
        name=row.name,
        notebook=NotebookRef(
            path=row.notebook_path, sha256=row.notebook_sha256, root=row.notebook_root
        ),
        created_by=row.created_by,
        created_at=instant(row.created_at),
        max_concurrent=row.max_concurrent,
    )
