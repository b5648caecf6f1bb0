"""Recordings: first into the segment, then into the records database, which decides.

One transaction cannot write two databases. The segment's part can be repeated: its own
progress says what it has. The part in the records database (cells, events, the change of the
run, the watermark) is one transaction, so a run never reaches its end on record before its
last output has. After a crash between the two, the attempt is read again from the watermark
of the records database, and the segment leaves out what it has already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.recording import Recording, Watermark
from jupyter_batch.domain.run import Run
from jupyter_batch.store.changes import encode_event, state_event, update_run
from jupyter_batch.store.database import Connection, transaction
from jupyter_batch.store.ledger import Ledger, Mark, Progress
from jupyter_batch.store.results import add_result
from jupyter_batch.store.rows import Rows
from jupyter_batch.store.segment_rows import SegmentRows
from jupyter_batch.store.sql import load_queries
from jupyter_batch.store.text import clean_text, to_json, to_utc
from jupyter_batch.store.writer import Failed

T = TypeVar("T")

_SQL = load_queries("records")
_RESULTS = load_queries("results")
_NOTHING = Progress()


class Item(msgspec.Struct, frozen=True):
    """A recording and the change that goes along with it."""

    recording: Recording
    change: Callable[[Run], Run] | None


class Recorder:
    """Belongs to the writer thread."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def record(self, items: list[Item]) -> Sequence[Failed | None]:
        """Writes several recordings with few commits; one that fails fails alone.

        What has been committed of it is published in any case.
        """
        outputs = _together(self._write_segments, items)
        fine = [
            item for item, new in zip(items, outputs, strict=True) if not isinstance(new, Failed)
        ]
        written = _together(self._write_records, fine)
        events = iter(written)
        results: list[Failed | None] = []
        for new in outputs:
            if isinstance(new, Failed):
                results.append(new)
                continue
            stored = next(events)
            results.append(stored if isinstance(stored, Failed) else None)
            self._publish(new, stored)
        return results

    def _publish(self, outputs: list[RunEvent], stored: list[RunEvent] | Failed) -> None:
        events = [] if isinstance(stored, Failed) else stored
        frames = [event for event in events if event.kind != "state"]
        states = [event for event in events if event.kind == "state"]
        ordered = sorted([*frames, *outputs], key=lambda event: event.event_id)
        self._ledger.publish([*ordered, *states])

    def _write_segments(self, items: list[Item]) -> list[list[RunEvent]]:
        by_segment: dict[int, list[int]] = {}
        for number, item in enumerate(items):
            self._ledger.begin(item.recording.run_id)
            segment_id = self._ledger.mark(item.recording.run_id).stored.segment_id
            by_segment.setdefault(segment_id, []).append(number)
        events: list[list[RunEvent]] = [[] for _ in items]
        for segment_id, numbers in by_segment.items():
            written = self._write_segment(segment_id, [items[number] for number in numbers])
            for number, new in zip(numbers, written, strict=True):
                events[number] = new
        return events

    def _write_segment(self, segment_id: int, items: list[Item]) -> list[list[RunEvent]]:
        ledger = self._ledger
        segment = ledger.segments.known(segment_id)
        events = []
        with (
            ledger.forgetting(item.recording.run_id for item in items),
            ledger.segments.lease(segment_id) as alias,
            transaction(ledger.connection),
        ):
            segment.writes += 1
            rows = SegmentRows(alias)
            for item in items:
                recording = item.recording
                mark = ledger.mark(recording.run_id)
                progress, new = rows.take(
                    mark.stored.run_no,
                    recording,
                    mark.progress.get(recording.attempt_no, _NOTHING),
                    needs_records=bool(recording.cells or recording.events or recording.results),
                )
                reached = mark.progress | {recording.attempt_no: progress}
                ledger.remember(replace(mark, progress=reached))
                events.append(new)
            rows.write(ledger.connection)
        return events

    def _write_records(self, items: list[Item]) -> list[list[RunEvent]]:
        ledger = self._ledger
        before = {
            item.recording.run_id: ledger.mark(item.recording.run_id).stored for item in items
        }
        with (
            ledger.forgetting(item.recording.run_id for item in items),
            ledger.records.transaction(),
        ):
            rows = _RecordRows()
            written = [self._write_one(item, rows) for item in items]
            rows.write(ledger.connection)
        for run_id, stored in before.items():
            ledger.settle(run_id)
            after = ledger.mark(run_id).stored
            if after is not stored:
                ledger.note_state(stored, after)
        return written

    def _write_one(self, item: Item, rows: _RecordRows) -> list[RunEvent]:
        ledger, recording = self._ledger, item.recording
        mark = ledger.mark(recording.run_id)
        run_no, before = mark.stored.run_no, mark.stored.run
        after = item.change(before) if item.change else before
        done = mark.watermarks.get(recording.attempt_no)
        floor = frame_event_id(recording.attempt_no, done.last_seq) if done else 0
        events = [event for event in recording.events if event.event_id > floor]
        newest = [event.event_id for event in events]
        reached = frame_event_id(recording.attempt_no, recording.last_seq)
        mark = replace(mark, newest_event=max(mark.newest_event, reached, *newest))
        results = [r for r in recording.results if done is None or r.seq > done.last_seq]
        for result in results:
            add_result(rows.results, run_no, result)
        if recording.cells:
            mark = self._take_cells(rows, mark, recording)
        if after != before:
            update_run(ledger.connection, run_no, before, after)
            moved = state_event(mark, after, ledger.clock.now())
            events = [*events, moved] if moved else events
            mark = replace(mark, stored=replace(mark.stored, run=after))
        stored = []
        for event in events:
            clean, columns = encode_event(run_no, replace(event, position=ledger.next_position()))
            rows.events.add(**columns)
            stored.append(clean)
        if recording.cells or events or results or after != before:
            mark = _advance(rows.watermarks, mark, recording)
        newest = [event.event_id for event in events]
        ledger.remember(replace(mark, newest_event=max(mark.newest_event, *newest, 0)))
        return stored

    def _take_cells(self, rows: _RecordRows, mark: Mark, recording: Recording) -> Mark:
        """Adds cells, in the place of those of the same index.

        Cells come in order: only one that is not beyond the last can be on record already.
        """
        run_no, number = mark.stored.run_no, recording.attempt_no
        newest = mark.cells.get(number, None if mark.watermarks.get(number) else -1)
        indexes = [cell.cell_index for cell in recording.cells]
        again = [index for index in indexes if newest is None or index <= newest]
        if again:
            rows.write_cells(self._ledger.connection)
            self._ledger.connection.execute(
                _SQL["delete_cells"], {"run_no": run_no, "attempt_no": number, "indexes": again}
            )
        reached = max(*indexes, -1 if newest is None else newest)
        for cell in {cell.cell_index: cell for cell in recording.cells}.values():
            rows.cells.add(
                run_nos=run_no,
                attempt_nos=recording.attempt_no,
                indexes=cell.cell_index,
                versions=self._ledger.next_version(),
                types=cell.cell_type,
                sources=clean_text(cell.source),
                states=str(cell.state),
                counts=cell.execution_count,
                started=to_utc(cell.started_at),
                finished=to_utc(cell.finished_at),
                metadata=to_json(cell.metadata),
                errors=None if cell.error is None else to_json(cell.error),
                memory=cell.memory_bytes,
            )
        return replace(mark, cells=mark.cells | {number: reached})


class _RecordRows:
    """Collects rows of the records database."""

    def __init__(self) -> None:
        self.cells = Rows(_SQL["insert_cells"])
        self.events = Rows(_SQL["insert_events_of_runs"])
        self.results = Rows(_RESULTS["insert"])
        self.watermarks = Rows(_SQL["insert_watermarks"])

    def write_cells(self, connection: Connection) -> None:
        """Writes the cells so far, so that they can be replaced."""
        self.cells.write(connection)
        self.cells = Rows(_SQL["insert_cells"])

    def write(self, connection: Connection) -> None:
        for rows in (self.cells, self.events, self.results, self.watermarks):
            rows.write(connection)


def _advance(rows: Rows, mark: Mark, recording: Recording) -> Mark:
    attempt_no = recording.attempt_no
    done = mark.watermarks.get(attempt_no, Watermark())
    reached = Watermark(
        last_seq=max(recording.last_seq, done.last_seq),
        last_line=max(recording.last_line, done.last_line),
    )
    if reached == done:
        return mark
    rows.add(
        run_nos=mark.stored.run_no,
        attempt_nos=attempt_no,
        last_seqs=reached.last_seq,
        last_lines=reached.last_line,
    )
    return replace(mark, watermarks=mark.watermarks | {attempt_no: reached})


def _together(work: Callable[[list[Item]], list[T]], items: list[Item]) -> list[T | Failed]:
    if not items:
        return []
    try:
        return list(work(items))
    except Exception as error:
        if len(items) == 1:
            return [Failed(error)]
    return [outcome for item in items for outcome in _together(work, [item])]
