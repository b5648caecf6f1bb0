"""Adding many runs at once, with how far the triggers that made them have come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from jupyter_batch.domain.events import RunEvent, state_data
from jupyter_batch.domain.run import Run, TriggerKind
from jupyter_batch.ports import NewRun, TriggerStep
from jupyter_batch.store.duckdb.column_values import from_utc, to_utc
from jupyter_batch.store.duckdb.database import Connection, transaction
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_column
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.rollover import Rollover
from jupyter_batch.store.run_rows import StoredRun
from jupyter_batch.store.run_updates import insert_new_events, insert_new_runs
from jupyter_batch.store.segment_rows import insert_all_frozen
from jupyter_batch.store.writer_state import WriterState

_JOBS = load_queries("jobs")
_RUNS = load_queries("runs")


class BatchWrites:
    """Belongs to the writer thread."""

    def __init__(self, writer_state: WriterState, rollover: Rollover) -> None:
        self._writer_state = writer_state
        self._rollover = rollover

    def add_all(self, runs: Sequence[NewRun], steps: Sequence[TriggerStep]) -> tuple[Run, ...]:
        """Stores runs that triggers have made, and how far the triggers are."""
        with self._writer_state.records.use():
            runs, steps = self._still_to_do(runs, steps)
        if not runs and not steps:
            return ()
        return self.add_with(
            runs,
            lambda connection: (
                connection.execute(_JOBS["step_triggers"], _columns(steps)) if steps else None
            ),
        )

    def add_with(
        self, runs: Sequence[NewRun], write_more: Callable[[Connection], object]
    ) -> tuple[Run, ...]:
        """Stores runs, and in the same transaction what else ``write_more`` writes.

        What is frozen goes first: a crash leaves rows that no run refers to.
        """
        writer_state = self._writer_state
        segment = self._rollover.current()
        stored = []
        for new in runs:
            writer_state.run_no += 1
            stored.append(StoredRun(writer_state.run_no, segment.segment_id, new.run))
        frozen = [
            (place.run_no, new.frozen)
            for place, new in zip(stored, runs, strict=True)
            if new.frozen is not None
        ]
        if frozen:
            with (
                writer_state.segments.lease(segment.segment_id) as alias,
                transaction(writer_state.connection),
            ):
                segment.writes += 1
                insert_all_frozen(writer_state.connection, alias, frozen)
        self._write_records(stored, write_more)
        return tuple(new.run for new in runs)

    def _write_records(
        self, stored: Sequence[StoredRun], write_more: Callable[[Connection], object]
    ) -> None:
        writer_state = self._writer_state
        events: list[RunEvent] = []
        with writer_state.records.transaction():
            if stored:
                insert_new_runs(writer_state.connection, stored)
                events = insert_new_events(
                    writer_state, [(s.run_no, _first_event(s.run)) for s in stored]
                )
            write_more(writer_state.connection)
        writer_state.note_new(stored)
        writer_state.publish(events)

    def _still_to_do(
        self, runs: Sequence[NewRun], steps: Sequence[TriggerStep]
    ) -> tuple[list[NewRun], list[TriggerStep]]:
        """Leaves out what has been done before."""
        if not steps:
            return list(runs), []
        rows = fetch_all(
            self._writer_state.connection,
            _JOBS["select_reached"],
            {"trigger_ids": [step.after.trigger_id for step in steps]},
        )
        known = {row.trigger_id: row for row in rows}
        valid = []
        for step in steps:
            row = known.get(step.after.trigger_id)
            before = (to_utc(step.before.decided_until), step.before.runs)
            if row is not None and (row.decided_until, row.runs) == before:
                valid.append(step)
        taken = {step.after.trigger_id for step in valid}
        kept = [new for new in runs if new.run.trigger_id is None or new.run.trigger_id in taken]
        once = {step.after.trigger_id for step in valid if not step.may_repeat}
        done = self._done(
            [new.run for new in kept if new.run.trigger_id in once],
            {key: row.reached_at for key, row in known.items()},
        )
        return [new for new in kept if _key(new.run) not in done], valid

    def _done(self, runs: Iterable[Run], reached: Mapping[str, datetime]) -> set[_Firing]:
        """Returns firings that have a run already: only a clock that went back asks for some."""
        asked: dict[str, list[datetime]] = {}
        for run in runs:
            trigger_id, at = _key(run)
            instant = to_utc(at)
            if trigger_id is not None and instant is not None and instant <= reached[trigger_id]:
                asked.setdefault(trigger_id, []).append(instant)
        return {
            (trigger_id, from_utc(at))
            for trigger_id, instants in asked.items()
            for at in fetch_column(
                self._writer_state.connection,
                _RUNS["select_fired"],
                {"trigger_id": trigger_id, "instants": instants},
            )
        }


#: What a run of a schedule is unique by; two times None for other runs.
_Firing = tuple[str | None, datetime | None]


def _key(run: Run) -> _Firing:
    if run.trigger is not TriggerKind.SCHEDULE:
        return (None, None)
    return (run.trigger_id, run.scheduled_for)


def _first_event(run: Run) -> RunEvent:
    return RunEvent(
        run_id=run.id, event_id=1, at=run.created_at, kind="state", data=state_data(run)
    )


def _columns(steps: Sequence[TriggerStep]) -> dict[str, list[object]]:
    return {
        "trigger_ids": [step.after.trigger_id for step in steps],
        "decided": [to_utc(step.after.progress.decided_until) for step in steps],
        "runs": [step.after.progress.runs for step in steps],
        "next": [to_utc(step.after.next_at) for step in steps],
    }
