"""Adding sweeps, and moving or deleting all their runs at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent, state_data
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.sweep import Sweep, SweepFacts
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.ports import NewRun
from jupyter_batch.store.batch_writes import BatchWrites
from jupyter_batch.store.duckdb.column_values import clean_or_none, to_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_all, insert_row
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.metadata import find_key, insert_key
from jupyter_batch.store.run_rows import StoredRun, select_runs
from jupyter_batch.store.run_updates import insert_new_events
from jupyter_batch.store.run_writes import RunWrites
from jupyter_batch.store.sweep_rows import encode_sweep, select_sweep
from jupyter_batch.store.writer_state import WriterState

_SQL = load_queries("sweeps")
#: More than a sweep has.
_ALL = 2**31


class SweepWrites:
    """Belongs to the writer thread."""

    def __init__(self, writer_state: WriterState, batches: BatchWrites, runs: RunWrites) -> None:
        self._writer_state = writer_state
        self._batches = batches
        self._runs = runs

    def add(self, sweep: SweepFacts, runs: Sequence[NewRun], key: str | None) -> Sweep:
        """Stores a sweep and its runs."""
        connection = self._writer_state.connection
        with self._writer_state.records.use():
            made = key and find_key(connection, sweep.created_by, "sweep", key)
            first = select_sweep(connection, made) if made else None
        if first is not None:
            return first

        def write_sweep(connection: Connection) -> None:
            insert_row(connection, "records.sweeps", encode_sweep(sweep))
            if key is not None:
                insert_key(connection, sweep.created_by, "sweep", key, sweep.id)

        self._batches.add_with(runs, write_sweep)
        return self._get(sweep.id)

    def move(
        self,
        sweep_id: str,
        states: Collection[RunState],
        change: Callable[[Run], Run],
        at: datetime,
    ) -> tuple[Run, ...]:
        """Moves runs, with a few statements however many there are."""
        writer_state = self._writer_state
        conditions: dict[str, dict[str, Any]] = {
            "of_sweep": {"sweep_id": sweep_id},
            "in_states": {"states": [str(state) for state in states]},
        }
        with writer_state.records.use():
            before = select_runs(writer_state.connection, conditions, _ALL)[::-1]
        moved = [(old, replace(old, run=change(old.run))) for old in before]
        moved = [(old, new) for old, new in moved if old.run != new.run]
        if not moved:
            return ()
        # The marks would still tell of the runs as they were.
        newest = self._newest_events([old for old, _ in moved])
        for old, _ in moved:
            writer_state.forget(old.run.id)
        with writer_state.records.transaction():
            writer_state.connection.execute(_SQL["move_runs"], _columns([new for _, new in moved]))
            events = insert_new_events(
                writer_state,
                [
                    (new.run_no, _event(new.run, newest[new.run_no] + 1, at))
                    for old, new in moved
                    if (old.run.state, old.run.reason) != (new.run.state, new.run.reason)
                ],
            )
        for old, new in moved:
            writer_state.settle(new.run.id)
            writer_state.note_state(old, new)
        writer_state.publish(events)
        return tuple(new.run for _, new in moved)

    def delete(self, sweep_id: str) -> int:
        """Removes a sweep's runs; it goes with the last of them."""
        with self._writer_state.records.use():
            rows = fetch_all(
                self._writer_state.connection, _SQL["select_run_ids"], {"id": sweep_id}
            )
        if not rows:
            raise NotFound(f"there is no sweep {sweep_id}", sweep_id=sweep_id)
        going_on = sum(not RunState(row.state).is_terminal for row in rows)
        if going_on:
            raise Conflict(
                f"the sweep is not over: {going_on} of its {len(rows)} runs are not; "
                "cancel it first",
                sweep_id=sweep_id,
            )
        return self._runs.delete([row.id for row in rows])

    def _get(self, sweep_id: str) -> Sweep:
        with self._writer_state.records.use():
            found = select_sweep(self._writer_state.connection, sweep_id)
        assert found is not None
        return found

    def _newest_events(self, runs: Sequence[StoredRun]) -> dict[int, int]:
        """Returns the newest event of each run."""
        newest = {
            stored.run_no: self._writer_state.mark(stored.run.id).newest_event
            for stored in runs
            if stored.run.state.is_active
        }
        resting = [stored.run_no for stored in runs if stored.run_no not in newest]
        with self._writer_state.records.use():
            rows = fetch_all(
                self._writer_state.connection, _SQL["newest_events"], {"run_nos": resting}
            )
        found = {row.run_no: row.event_id for row in rows}
        return dict.fromkeys(resting, 0) | newest | found


def _event(run: Run, event_id: int, at: datetime) -> RunEvent:
    return RunEvent(run_id=run.id, event_id=event_id, at=at, kind="state", data=state_data(run))


def _columns(runs: Sequence[StoredRun]) -> dict[str, list[Any]]:
    return {
        "run_no": [stored.run_no for stored in runs],
        "state": [str(stored.run.state) for stored in runs],
        "reason": [clean_or_none(stored.run.reason) for stored in runs],
        "started_at": [to_utc(stored.run.started_at) for stored in runs],
        "finished_at": [to_utc(stored.run.finished_at) for stored in runs],
        "not_before": [to_utc(stored.run.not_before) for stored in runs],
        "start_before": [to_utc(stored.run.start_before) for stored in runs],
        "give_up_at": [to_utc(stored.run.give_up_at) for stored in runs],
    }
