"""Converts runs to rows and back."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from jupyter_batch.domain.artifact import LISTED_ARTIFACTS, Artifact
from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.progress import ItemProgress
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.run import (
    Attempt,
    Backfill,
    MissedInfo,
    NotebookRef,
    Run,
    RunPolicies,
    RunState,
    SweepRef,
    TriggerKind,
)
from jupyter_batch.errors import InvalidInput
from jupyter_batch.store.duckdb.column_values import (
    clean_or_none,
    clean_text,
    from_utc,
    to_json,
    to_utc,
)
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.sql import load_queries

_log = logging.getLogger(__name__)
_SQL = load_queries("runs")
#: A limit that no number of rows reaches.
_ALL = 2**62


class StoredRun(msgspec.Struct, frozen=True):
    """A run with its number and segment."""

    run_no: int
    segment_id: int
    run: Run


def encode_run(run: Run) -> dict[str, Any]:
    """Returns the columns of a run, without its attempts and artifacts."""
    return {
        "id": run.id,
        "job_id": run.job_id,
        "name": clean_text(run.name),
        "state": str(run.state),
        "reason": clean_or_none(run.reason),
        "trigger": str(run.trigger),
        "trigger_id": run.trigger_id,
        "scheduled_for": to_utc(run.scheduled_for),
        "created_at": to_utc(run.created_at),
        "started_at": to_utc(run.started_at),
        "finished_at": to_utc(run.finished_at),
        "not_before": to_utc(run.not_before),
        "created_by": clean_text(run.created_by),
        "notebook_path": clean_text(run.notebook.path),
        "notebook_sha256": run.notebook.sha256,
        "parameters": to_json(run.parameters),
        "environment": to_json(run.environment),
        "files": to_json(run.files),
        "timeout_seconds": run.timeout_seconds,
        "priority": run.priority,
        "cells_total": run.cells.total,
        "cells_done": run.cells.done,
        "cells_failed": run.cells.failed,
        "error": None if run.error is None else to_json(run.error),
        "policies": to_json(run.policies),
        "start_before": to_utc(run.start_before),
        "give_up_at": to_utc(run.give_up_at),
        "missed": None if run.missed is None else to_json(run.missed),
        "backfill": None if run.backfill is None else to_json(run.backfill),
        "sweep_id": None if run.sweep is None else run.sweep.id,
        "sweep_index": None if run.sweep is None else run.sweep.index,
        "sweep_max_concurrent": None if run.sweep is None else run.sweep.max_concurrent,
        "progress": to_json(run.progress) if run.progress else None,
        "notebook_root": clean_text(run.notebook.root),
    }


def encode_attempt(attempt: Attempt) -> dict[str, Any]:
    """Returns the columns of an attempt."""
    return {
        "attempt_no": attempt.attempt_no,
        "state": str(attempt.state),
        "reason": clean_or_none(attempt.reason),
        "container_id": attempt.container_id,
        "exit_code": attempt.exit_code,
        "started_at": to_utc(attempt.started_at),
        "finished_at": to_utc(attempt.finished_at),
        "peak_memory_bytes": attempt.peak_memory_bytes,
        "cpu_seconds": attempt.cpu_seconds,
    }


def encode_artifacts(artifacts: Sequence[Artifact]) -> dict[str, list[Any]]:
    """Returns the columns of artifacts, a list for each."""
    return {
        "attempt_nos": [artifact.attempt_no for artifact in artifacts],
        "paths": [clean_text(artifact.path) for artifact in artifacts],
        "sizes": [artifact.size_bytes for artifact in artifacts],
        "sha256s": [artifact.sha256 for artifact in artifacts],
        "media_types": [clean_text(artifact.media_type) for artifact in artifacts],
    }


Conditions = Mapping[str, Mapping[str, Any]]


def select_runs(connection: Connection, conditions: Conditions, limit: int) -> list[StoredRun]:
    """Returns the newest runs that meet the conditions. Unreadable rows are left out.

    Conditions are named blocks of queries/runs.sql with their parameters.
    """
    return _decode_all(connection, _rows(connection, conditions, limit))


def select_page(connection: Connection, query: RunQuery) -> Page[Run]:
    """Returns a page, with three queries however many runs there are; one more where sorted."""
    if query.is_newest_first:
        rows = _rows(connection, conditions_of(query), query.limit + 1)
    else:
        rows = _sorted_rows(connection, query)
    runs = _decode_all(connection, rows[: query.limit], most_artifacts=LISTED_ARTIFACTS)
    next_after = rows[query.limit - 1][2] if len(rows) > query.limit else None
    return Page(items=tuple(stored.run for stored in runs), next_after=next_after)


def where_of(conditions: Conditions) -> tuple[str, dict[str, Any]]:
    """Returns the conditions as SQL, and their parameters."""
    parameters: dict[str, Any] = {}
    for given in conditions.values():
        parameters.update(given)
    return " AND ".join(_SQL[name] for name in conditions) or "TRUE", parameters


def _rows(connection: Connection, conditions: Conditions, limit: int) -> list[tuple[Any, ...]]:
    where, parameters = where_of(conditions)
    query = _SQL["select_page"].format(where=where, order=_SQL["newest_first"])
    return connection.execute(query, {**parameters, "limit": limit}).fetchall()


def _sorted_rows(connection: Connection, query: RunQuery) -> list[tuple[Any, ...]]:
    key, direction = _SQL[f"by_{query.sort}"], "asc" if query.ascending else "desc"
    conditions = conditions_of(query)
    conditions.pop("after", None)
    where, parameters = where_of(conditions)
    if query.after is not None:
        last = connection.execute(_SQL["select_key"].format(key=key), {"after": query.after})
        found = last.fetchone()
        if found is None:
            raise InvalidInput(
                "the run at the end of the page before is gone: ask for the first page again",
                field="cursor",
            )
        where = f"{where} AND {_SQL[f'beyond_{direction}'].format(key=key)}"
        parameters |= {"after": query.after, "key": found[0]}
    order = _SQL["sorted"].format(key=key, direction=direction)
    sql = _SQL["select_page"].format(where=where, order=order)
    return connection.execute(sql, {**parameters, "limit": query.limit + 1}).fetchall()


def _decode_all(
    connection: Connection, rows: list[tuple[Any, ...]], *, most_artifacts: int = _ALL
) -> list[StoredRun]:
    if not rows:
        return []
    attempts, artifacts = _parts(connection, [row[0] for row in rows], most_artifacts)
    runs = []
    for row in rows:
        try:
            run = _decode(row, attempts[row[0]], artifacts[row[0]])
        except (ValueError, TypeError, msgspec.MsgspecError):
            _log.exception("a run cannot be read and is left out: %s", row[2])
            continue
        runs.append(StoredRun(row[0], row[1], run))
    return runs


def conditions_of(query: RunQuery) -> dict[str, dict[str, Any]]:
    """Returns a query's conditions."""
    given: dict[str, dict[str, Any]] = {}
    if query.after is not None:
        given["after"] = {"after": query.after}
    if len(query.states) == 1:
        given["in_state"] = {"state": str(query.states[0])}
    elif query.states:
        given["in_states"] = {"states": [str(state) for state in query.states]}
    if query.job_id is not None:
        given["of_job"] = {"job_id": query.job_id}
    if query.sweep_id is not None:
        given["of_sweep"] = {"sweep_id": query.sweep_id}
    if query.since is not None:
        given["since"] = {"since": to_utc(query.since)}
    if query.until is not None:
        given["until"] = {"until": to_utc(query.until)}
    if query.q:
        given["text"] = {"q": clean_text(query.q)}
    return given


Rows = dict[int, list[tuple[Any, ...]]]


def _parts(connection: Connection, run_nos: list[int], most_artifacts: int) -> tuple[Rows, Rows]:
    attempts: Rows = defaultdict(list)
    for row in connection.execute(_SQL["select_attempts"], {"run_nos": run_nos}).fetchall():
        attempts[row[0]].append(row)
    artifacts: Rows = defaultdict(list)
    where = {"run_nos": run_nos, "most": most_artifacts}
    for row in connection.execute(_SQL["select_artifacts"], where).fetchall():
        artifacts[row[0]].append(row)
    return attempts, artifacts


def _attempt(row: tuple[Any, ...]) -> Attempt:
    return Attempt(
        attempt_no=row[1],
        state=RunState(row[2]),
        reason=row[3],
        container_id=row[4],
        exit_code=row[5],
        started_at=from_utc(row[6]),
        finished_at=from_utc(row[7]),
        peak_memory_bytes=row[8],
        cpu_seconds=row[9],
    )


def _artifact(row: tuple[Any, ...]) -> Artifact:
    return Artifact(
        attempt_no=row[1], path=row[2], size_bytes=row[3], sha256=row[4], media_type=row[5]
    )


def _decode(
    row: tuple[Any, ...], attempts: list[tuple[Any, ...]], artifacts: list[tuple[Any, ...]]
) -> Run:
    return Run(
        id=row[2],
        job_id=row[3],
        name=row[4],
        state=RunState(row[5]),
        reason=row[6],
        trigger=TriggerKind(row[7]),
        trigger_id=row[8],
        scheduled_for=_instant(row[9]),
        created_at=_instant(row[10]),
        started_at=from_utc(row[11]),
        finished_at=from_utc(row[12]),
        not_before=from_utc(row[13]),
        created_by=row[14],
        notebook=NotebookRef(path=row[15], sha256=row[16], root=row[35]),
        parameters=msgspec.json.decode(row[17], type=dict[str, Any]),
        environment=msgspec.json.decode(row[18], type=Environment),
        files=msgspec.json.decode(row[19], type=tuple[str, ...]),
        timeout_seconds=row[20],
        priority=row[21],
        cells=CellCount(total=row[22], done=row[23], failed=row[24]),
        error=None if row[25] is None else msgspec.json.decode(row[25], type=CellError),
        policies=RunPolicies() if row[26] is None else _policies(row[26]),
        start_before=from_utc(row[27]),
        give_up_at=from_utc(row[28]),
        missed=None if row[29] is None else msgspec.json.decode(row[29], type=MissedInfo),
        backfill=None if row[30] is None else msgspec.json.decode(row[30], type=Backfill),
        sweep=None if row[31] is None else _sweep(row[31:34]),
        progress=() if row[34] is None else _progress(row[34]),
        attempts=tuple(_attempt(part) for part in attempts),
        artifacts=tuple(_artifact(part) for part in artifacts),
        artifact_count=artifacts[0][6] if artifacts and artifacts[0][6] > len(artifacts) else None,
    )


def _progress(text: str) -> tuple[ItemProgress, ...]:
    return msgspec.json.decode(text, type=tuple[ItemProgress, ...])


@lru_cache(maxsize=256)
def _policies(text: str) -> RunPolicies:
    """Reads policies; most runs have those of a few jobs."""
    return msgspec.json.decode(text, type=RunPolicies)


def _sweep(columns: tuple[Any, ...]) -> SweepRef:
    sweep_id, index, max_concurrent = columns
    return SweepRef(id=sweep_id, index=index, max_concurrent=max_concurrent)


def _instant(at: datetime) -> datetime:
    aware = from_utc(at)
    if aware is None:
        raise ValueError("an instant is missing")
    return aware
