"""Adding, changing and deleting runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent, state_data
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.errors import Conflict
from jupyter_batch.store.duckdb.database import transaction
from jupyter_batch.store.duckdb.rows import fetch_all
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.metadata import find_key, get_meta, insert_key, put_meta
from jupyter_batch.store.rollover import Rollover
from jupyter_batch.store.run_rows import StoredRun, select_runs
from jupyter_batch.store.run_updates import insert_new_events, insert_run, state_event, update_run
from jupyter_batch.store.segment_rows import insert_frozen
from jupyter_batch.store.sweep_rows import drop_empty_sweeps
from jupyter_batch.store.writer_state import WriterState

_RUNS = load_queries("runs")
_SEGMENTS = load_queries("segments")
_TABLES = ("runs", "attempts", "artifacts", "cells", "events", "watermarks", "results")
_DELETED_AT_ONCE = 100_000


class RunWrites:
    """Belongs to the writer thread."""

    def __init__(self, writer_state: WriterState, rollover: Rollover) -> None:
        self._writer_state = writer_state
        self._rollover = rollover

    def add(self, run: Run, frozen: FrozenNotebook, key: str | None) -> Run:
        """Stores what is frozen first: a crash leaves rows that no run refers to."""
        writer_state = self._writer_state
        connection = writer_state.connection
        if key is not None and (made := find_key(connection, run.created_by, "run", key)):
            first = select_runs(connection, {"with_id": {"id": made}}, 1)
            if first:
                return first[0].run
        if run.id <= writer_state.newest_id and select_runs(
            connection, {"with_id": {"id": run.id}}, 1
        ):
            raise Conflict(f"there is a run {run.id} already", run_id=run.id)
        segment = self._rollover.current()
        writer_state.run_no += 1
        stored = StoredRun(writer_state.run_no, segment.segment_id, run)
        with (
            writer_state.segments.lease(segment.segment_id) as alias,
            transaction(connection),
        ):
            segment.writes += 1
            insert_frozen(connection, alias, stored.run_no, frozen)
        event = RunEvent(
            run_id=run.id, event_id=1, at=run.created_at, kind="state", data=state_data(run)
        )
        with writer_state.records.transaction():
            insert_run(connection, stored)
            if key is not None:
                insert_key(connection, run.created_by, "run", key, run.id)
            events = insert_new_events(writer_state, [(stored.run_no, event)])
        writer_state.note_new([stored])
        writer_state.publish(events)
        return run

    def update(self, run_id: str, change: Callable[[Run], Run], at: datetime) -> Run:
        """Writes what differs, and the event of a change of state."""
        writer_state = self._writer_state
        mark = writer_state.mark(run_id)
        before = mark.stored
        after = change(before.run)
        if after == before.run:
            return after
        event = state_event(mark, after, at)
        with (
            writer_state.forgetting([run_id]),
            writer_state.records.transaction(),
        ):
            update_run(writer_state.connection, before.run_no, before.run, after)
            events = insert_new_events(writer_state, [(before.run_no, event)] if event else [])
        stored = replace(before, run=after)
        newest = max([mark.newest_event, *(event.event_id for event in events)])
        writer_state.remember(replace(mark, stored=stored, newest_event=newest))
        writer_state.settle(run_id)
        writer_state.note_state(before, stored)
        writer_state.publish(events)
        return after

    def delete(self, run_ids: Sequence[str], *, ended_only: bool = False) -> int:
        """Removes the runs' rows; what segments have of them waits for reclaim."""
        return sum(self._delete(part, ended_only) for part in _parts(list(dict.fromkeys(run_ids))))

    def _delete(self, run_ids: list[str], ended_only: bool) -> int:
        writer_state, connection = self._writer_state, self._writer_state.connection
        with writer_state.records.transaction():
            expired = fetch_all(connection, _RUNS["select_expired"], {"ids": run_ids})
            if ended_only:
                expired = [row for row in expired if RunState(row.state).is_terminal]
            run_nos = [row.run_no for row in expired]
            for table in _TABLES:
                query = "delete_runs" if table == "runs" else f"delete_{table}_of"
                connection.execute(_RUNS[query], {"run_nos": run_nos})
            connection.execute(_RUNS["delete_keys_of"], {"ids": [row.id for row in expired]})
            by_segment: dict[int, int] = {}
            for row in expired:
                by_segment[row.segment_id] = by_segment.get(row.segment_id, 0) + 1
            for segment_id, count in by_segment.items():
                connection.execute(
                    _SEGMENTS["add_deleted"], {"segment_id": segment_id, "count": count}
                )
            # Numbers never come again, though their greatest rows may be gone now.
            put_meta(connection, "last_position", str(writer_state.position))
            put_meta(connection, "last_run_no", str(writer_state.run_no))
            deleted = int(get_meta(connection, "deleted_runs") or 0) + len(expired)
            put_meta(connection, "deleted_runs", str(deleted))
            drop_empty_sweeps(
                connection, [row.sweep_id for row in expired if row.sweep_id is not None]
            )
        for row in expired:
            writer_state.forget(row.id)
            writer_state.live.remove(row.run_no, RunState(row.state))
        return len(expired)


def _parts(run_ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(run_ids), _DELETED_AT_ONCE):
        yield run_ids[start : start + _DELETED_AT_ONCE]
