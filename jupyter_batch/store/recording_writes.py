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
from jupyter_batch.store.duckdb.column_values import clean_text, to_json, to_utc
from jupyter_batch.store.duckdb.database import Connection, transaction
from jupyter_batch.store.duckdb.rows import Rows
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.duckdb.writer import Failed
from jupyter_batch.store.results import add_result
from jupyter_batch.store.run_updates import encode_event, state_event, update_run
from jupyter_batch.store.segment_rows import SegmentRows
from jupyter_batch.store.writer_state import RecordingProgress, RunMark, WriterState

T = TypeVar("T")

_SQL = load_queries("records")
_NOTHING = RecordingProgress()


class Item(msgspec.Struct, frozen=True):
    """A recording and the change that goes along with it."""

    recording: Recording
    change: Callable[[Run], Run] | None


class RecordingWriter:
    """Belongs to the writer thread."""

    def __init__(self, writer_state: WriterState) -> None:
        self._writer_state = writer_state

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
        self._writer_state.publish([*ordered, *states])

    def _write_segments(self, items: list[Item]) -> list[list[RunEvent]]:
        by_segment: dict[int, list[int]] = {}
        for number, item in enumerate(items):
            self._writer_state.begin(item.recording.run_id)
            segment_id = self._writer_state.mark(item.recording.run_id).stored.segment_id
            by_segment.setdefault(segment_id, []).append(number)
        events: list[list[RunEvent]] = [[] for _ in items]
        for segment_id, numbers in by_segment.items():
            written = self._write_segment(segment_id, [items[number] for number in numbers])
            for number, new in zip(numbers, written, strict=True):
                events[number] = new
        return events

    def _write_segment(self, segment_id: int, items: list[Item]) -> list[list[RunEvent]]:
        writer_state = self._writer_state
        segment = writer_state.segments.known(segment_id)
        events = []
        with (
            writer_state.forgetting(item.recording.run_id for item in items),
            writer_state.segments.lease(segment_id) as alias,
            transaction(writer_state.connection),
        ):
            segment.writes += 1
            rows = SegmentRows(alias)
            for item in items:
                recording = item.recording
                mark = writer_state.mark(recording.run_id)
                progress, new = rows.take(
                    mark.stored.run_no,
                    recording,
                    mark.progress.get(recording.attempt_no, _NOTHING),
                    needs_records=bool(recording.cells or recording.events or recording.results),
                )
                reached = mark.progress | {recording.attempt_no: progress}
                writer_state.remember(replace(mark, progress=reached))
                events.append(new)
            rows.write(writer_state.connection)
        return events

    def _write_records(self, items: list[Item]) -> list[list[RunEvent]]:
        writer_state = self._writer_state
        before = {
            item.recording.run_id: writer_state.mark(item.recording.run_id).stored for item in items
        }
        with (
            writer_state.forgetting(item.recording.run_id for item in items),
            writer_state.records.transaction(),
        ):
            rows = _RecordRows()
            written = [self._write_one(item, rows) for item in items]
            rows.write(writer_state.connection)
        for run_id, stored in before.items():
            writer_state.settle(run_id)
            after = writer_state.mark(run_id).stored
            if after is not stored:
                writer_state.note_state(stored, after)
        return written

    def _write_one(self, item: Item, rows: _RecordRows) -> list[RunEvent]:
        writer_state, recording = self._writer_state, item.recording
        mark = writer_state.mark(recording.run_id)
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
            update_run(writer_state.connection, run_no, before, after)
            moved = state_event(mark, after, writer_state.clock.now())
            events = [*events, moved] if moved else events
            mark = replace(mark, stored=replace(mark.stored, run=after))
        stored = []
        for event in events:
            clean, columns = encode_event(
                run_no, replace(event, position=writer_state.next_position())
            )
            rows.events.add(**columns)
            stored.append(clean)
        if recording.cells or events or results or after != before:
            mark = _advance(rows.watermarks, mark, recording)
        newest = [event.event_id for event in events]
        writer_state.remember(replace(mark, newest_event=max(mark.newest_event, *newest, 0)))
        return stored

    def _take_cells(self, rows: _RecordRows, mark: RunMark, recording: Recording) -> RunMark:
        """Adds cells, in the place of those of the same index.

        Cells come in order: only one that is not beyond the last can be on record already.
        """
        run_no, number = mark.stored.run_no, recording.attempt_no
        newest = mark.cells.get(number, None if mark.watermarks.get(number) else -1)
        indexes = [cell.cell_index for cell in recording.cells]
        again = [index for index in indexes if newest is None or index <= newest]
        if again:
            rows.write_cells(self._writer_state.connection)
            self._writer_state.connection.execute(
                _SQL["delete_cells"], {"run_no": run_no, "attempt_no": number, "indexes": again}
            )
        reached = max(*indexes, -1 if newest is None else newest)
        for cell in {cell.cell_index: cell for cell in recording.cells}.values():
            rows.cells.add(
                run_no=run_no,
                attempt_no=recording.attempt_no,
                cell_index=cell.cell_index,
                version=self._writer_state.next_version(),
                cell_type=cell.cell_type,
                source=clean_text(cell.source),
                state=str(cell.state),
                execution_count=cell.execution_count,
                started_at=to_utc(cell.started_at),
                finished_at=to_utc(cell.finished_at),
                metadata=to_json(cell.metadata),
                error=None if cell.error is None else to_json(cell.error),
                memory_bytes=cell.memory_bytes,
            )
        return replace(mark, cells=mark.cells | {number: reached})


class _RecordRows:
    """Collects rows of the records database."""

    def __init__(self) -> None:
        self.cells = Rows("records.cells")
        self.events = Rows("records.events")
        self.results = Rows("records.results")
        self.watermarks = Rows("records.watermarks")

    def write_cells(self, connection: Connection) -> None:
        """Writes the cells so far, so that they can be replaced."""
        self.cells.write(connection)
        self.cells = Rows("records.cells")

    def write(self, connection: Connection) -> None:
        for rows in (self.cells, self.events, self.results, self.watermarks):
            rows.write(connection)


def _advance(rows: Rows, mark: RunMark, recording: Recording) -> RunMark:
    attempt_no = recording.attempt_no
    done = mark.watermarks.get(attempt_no, Watermark())
    reached = Watermark(
        last_seq=max(recording.last_seq, done.last_seq),
        last_line=max(recording.last_line, done.last_line),
    )
    if reached == done:
        return mark
    rows.add(
        run_no=mark.stored.run_no,
        attempt_no=attempt_no,
        last_seq=reached.last_seq,
        last_line=reached.last_line,
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
