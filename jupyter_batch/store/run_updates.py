"""Writes new runs, and the changed columns of existing ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.events import RunEvent, state_data
from jupyter_batch.domain.run import Attempt, Run
from jupyter_batch.store.duckdb.column_values import to_clean_json, to_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import Rows, insert_row
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.run_rows import (
    StoredRun,
    encode_artifact,
    encode_attempt,
    encode_run,
)
from jupyter_batch.store.writer_state import RunMark, WriterState

_RUNS = load_queries("runs")


def insert_run(connection: Connection, stored: StoredRun) -> None:
    """Writes a new run with its attempts and artifacts. Call it in a transaction."""
    where = {"run_no": stored.run_no}
    columns = encode_run(stored.run) | where | {"segment_id": stored.segment_id}
    insert_row(connection, "records.runs", columns)
    for attempt in stored.run.attempts:
        insert_row(connection, "records.attempts", encode_attempt(attempt) | where)
    _insert_artifacts(connection, stored.run_no, stored.run.artifacts)


def insert_new_runs(connection: Connection, runs: Sequence[StoredRun]) -> None:
    """Writes new runs, without attempts, in one statement. Call it in a transaction."""
    rows = Rows("records.runs")
    for stored in runs:
        rows.add(run_no=stored.run_no, segment_id=stored.segment_id, **encode_run(stored.run))
    rows.write(connection)


def insert_new_events(
    writer_state: WriterState, events: Sequence[tuple[int, RunEvent]]
) -> list[RunEvent]:
    """Writes events, each with the number of its run, and returns them with their positions."""
    rows = Rows("records.events")
    stored = []
    for run_no, event in events:
        clean, columns = encode_event(run_no, replace(event, position=writer_state.next_position()))
        rows.add(**columns)
        stored.append(clean)
    rows.write(writer_state.connection)
    return stored


def encode_event(run_no: int, event: RunEvent) -> tuple[RunEvent, dict[str, Any]]:
    """Returns an event as it will be read back, and its columns."""
    text, data = to_clean_json(event.data)
    return event if data is event.data else replace(event, data=data), {
        "position": event.position,
        "run_no": run_no,
        "run_id": event.run_id,
        "event_id": event.event_id,
        "happened_at": to_utc(event.at),
        "kind": event.kind,
        "data": text,
    }


def update_run(connection: Connection, run_no: int, before: Run, after: Run) -> None:
    """Writes the columns that differ. Call it in a transaction."""
    old, new = encode_run(before), encode_run(after)
    changed = {name: value for name, value in new.items() if old[name] != value}
    if changed:
        changes = ", ".join(f"{name} = ${name}" for name in changed)
        connection.execute(_RUNS["update"].format(changes=changes), changed | {"run_no": run_no})
    if before.attempts != after.attempts:
        _update_attempts(connection, run_no, before.attempts, after.attempts)
    if before.artifacts != after.artifacts:
        connection.execute(_RUNS["delete_artifacts"], {"run_no": run_no})
        _insert_artifacts(connection, run_no, after.artifacts)


def state_event(mark: RunMark, after: Run, at: datetime) -> RunEvent | None:
    """Returns the event of a change of state (or of its reason), or None."""
    before = mark.stored.run
    if (before.state, before.reason) == (after.state, after.reason):
        return None
    return RunEvent(
        run_id=after.id,
        event_id=mark.newest_event + 1,
        at=at,
        kind="state",
        data=state_data(after),
    )


def _insert_artifacts(connection: Connection, run_no: int, artifacts: Sequence[Artifact]) -> None:
    rows = Rows("records.artifacts")
    for artifact in artifacts:
        rows.add(run_no=run_no, **encode_artifact(artifact))
    rows.write(connection)


def _update_attempts(
    connection: Connection,
    run_no: int,
    before: tuple[Attempt, ...],
    after: tuple[Attempt, ...],
) -> None:
    old: dict[int, Attempt] = {attempt.attempt_no: attempt for attempt in before}
    where: dict[str, Any] = {"run_no": run_no}
    if not old.keys() <= {attempt.attempt_no for attempt in after}:
        connection.execute(_RUNS["delete_attempts"], where)
        old = {}
    for attempt in after:
        if attempt.attempt_no not in old:
            insert_row(connection, "records.attempts", encode_attempt(attempt) | where)
        elif old[attempt.attempt_no] != attempt:
            connection.execute(_RUNS["update_attempt"], encode_attempt(attempt) | where)
