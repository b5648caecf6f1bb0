"""Converts runs to rows and back."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
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
    instant,
    to_json,
    to_utc,
)
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_one
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


def encode_artifact(artifact: Artifact) -> dict[str, Any]:
    """Returns the columns of an artifact."""
    return {
        "attempt_no": artifact.attempt_no,
        "path": clean_text(artifact.path),
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
        "media_type": clean_text(artifact.media_type),
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
    next_after = rows[query.limit - 1].id if len(rows) > query.limit else None
    return Page(items=tuple(stored.run for stored in runs), next_after=next_after)


def where_of(conditions: Conditions) -> tuple[str, dict[str, Any]]:
    """Returns the conditions as SQL, and their parameters."""
    parameters: dict[str, Any] = {}
    for given in conditions.values():
        parameters.update(given)
    return " AND ".join(_SQL[name] for name in conditions) or "TRUE", parameters


def _rows(connection: Connection, conditions: Conditions, limit: int) -> list[Any]:
    where, parameters = where_of(conditions)
    query = _SQL["select_page"].format(where=where, order=_SQL["newest_first"])
    return fetch_all(connection, query, {**parameters, "limit": limit})


def _sorted_rows(connection: Connection, query: RunQuery) -> list[Any]:
    key, direction = _SQL[f"by_{query.sort}"], "asc" if query.ascending else "desc"
    conditions = conditions_of(query)
    conditions.pop("after", None)
    where, parameters = where_of(conditions)
    if query.after is not None:
        found = fetch_one(connection, _SQL["select_key"].format(key=key), {"after": query.after})
        if found is None:
            raise InvalidInput(
                "the run at the end of the page before is gone: ask for the first page again",
                field="cursor",
            )
        where = f"{where} AND {_SQL[f'beyond_{direction}'].format(key=key)}"
        parameters |= {"after": query.after, "key": found.key}
    order = _SQL["sorted"].format(key=key, direction=direction)
    sql = _SQL["select_page"].format(where=where, order=order)
    return fetch_all(connection, sql, {**parameters, "limit": query.limit + 1})


def _decode_all(
    connection: Connection, rows: list[Any], *, most_artifacts: int = _ALL
) -> list[StoredRun]:
    if not rows:
        return []
    attempts, artifacts = _parts(connection, [row.run_no for row in rows], most_artifacts)
    runs = []
    for row in rows:
        try:
            run = _decode(row, attempts[row.run_no], artifacts[row.run_no])
        except (ValueError, TypeError, msgspec.MsgspecError):
            _log.exception("a run cannot be read and is left out: %s", row.id)
            continue
        runs.append(StoredRun(row.run_no, row.segment_id, run))
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


Rows = dict[int, list[Any]]


def _parts(connection: Connection, run_nos: list[int], most_artifacts: int) -> tuple[Rows, Rows]:
    attempts: Rows = defaultdict(list)
    for row in fetch_all(connection, _SQL["select_attempts"], {"run_nos": run_nos}):
        attempts[row.run_no].append(row)
    artifacts: Rows = defaultdict(list)
    where = {"run_nos": run_nos, "most": most_artifacts}
    for row in fetch_all(connection, _SQL["select_artifacts"], where):
        artifacts[row.run_no].append(row)
    return attempts, artifacts


def _attempt(row: Any) -> Attempt:
    return Attempt(
        attempt_no=row.attempt_no,
        state=RunState(row.state),
        reason=row.reason,
        container_id=row.container_id,
        exit_code=row.exit_code,
        started_at=from_utc(row.started_at),
        finished_at=from_utc(row.finished_at),
        peak_memory_bytes=row.peak_memory_bytes,
        cpu_seconds=row.cpu_seconds,
    )


def _artifact(row: Any) -> Artifact:
    return Artifact(
        attempt_no=row.attempt_no,
        path=row.path,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        media_type=row.media_type,
    )


def _decode(row: Any, attempts: list[Any], artifacts: list[Any]) -> Run:
    return Run(
        id=row.id,
        job_id=row.job_id,
        name=row.name,
        state=RunState(row.state),
        reason=row.reason,
        trigger=TriggerKind(row.trigger),
        trigger_id=row.trigger_id,
        scheduled_for=instant(row.scheduled_for),
        created_at=instant(row.created_at),
        started_at=from_utc(row.started_at),
        finished_at=from_utc(row.finished_at),
        not_before=from_utc(row.not_before),
        created_by=row.created_by,
        notebook=NotebookRef(
            path=row.notebook_path, sha256=row.notebook_sha256, root=row.notebook_root
        ),
        parameters=msgspec.json.decode(row.parameters, type=dict[str, Any]),
        environment=msgspec.json.decode(row.environment, type=Environment),
        files=msgspec.json.decode(row.files, type=tuple[str, ...]),
        timeout_seconds=row.timeout_seconds,
        priority=row.priority,
        cells=CellCount(total=row.cells_total, done=row.cells_done, failed=row.cells_failed),
        error=None if row.error is None else msgspec.json.decode(row.error, type=CellError),
        policies=RunPolicies() if row.policies is None else _policies(row.policies),
        start_before=from_utc(row.start_before),
        give_up_at=from_utc(row.give_up_at),
        missed=None if row.missed is None else msgspec.json.decode(row.missed, type=MissedInfo),
        backfill=None if row.backfill is None else msgspec.json.decode(row.backfill, type=Backfill),
        sweep=None if row.sweep_id is None else _sweep(row),
        progress=() if row.progress is None else _progress(row.progress),
        attempts=tuple(_attempt(part) for part in attempts),
        artifacts=tuple(_artifact(part) for part in artifacts),
        artifact_count=_count_of(artifacts),
    )


def _progress(text: str) -> tuple[ItemProgress, ...]:
    return msgspec.json.decode(text, type=tuple[ItemProgress, ...])


@lru_cache(maxsize=256)
def _policies(text: str) -> RunPolicies:
    """Reads policies; most runs have those of a few jobs."""
    return msgspec.json.decode(text, type=RunPolicies)


def _sweep(row: Any) -> SweepRef:
    return SweepRef(id=row.sweep_id, index=row.sweep_index, max_concurrent=row.sweep_max_concurrent)


def _count_of(artifacts: list[Any]) -> int | None:
    """Returns how many artifacts a run has, if these are not all of them."""
    count: int = artifacts[0].artifact_count if artifacts else 0
    return count if count > len(artifacts) else None
