"""The state that the writer keeps in memory: counters, and the position of each run."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.recording import Watermark
from jupyter_batch.errors import NotFound, StoreDamaged
from jupyter_batch.ports import Clock
from jupyter_batch.store.duckdb.records_file import RecordsFile
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_value
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.live_run_index import LiveRunIndex, live_run
from jupyter_batch.store.run_rows import StoredRun, select_runs
from jupyter_batch.store.segments import Segments

_log = logging.getLogger(__name__)

_MOST_MARKS = 512
_RECORDS = load_queries("records")
_OUTPUTS = load_queries("outputs")


class RecordingProgress(msgspec.Struct, frozen=True):
    """The position that the segment rows of an attempt have reached."""

    last_seq: int = 0
    last_line: int = 0
    #: The records database must have come so far for all of it to hold.
    needs_seq: int = 0


class RunMark(msgspec.Struct, frozen=True):
    """The position up to which a run has been written."""

    stored: StoredRun
    #: Newest event of the run, outputs included.
    newest_event: int
    #: By attempt, in the records database; what is at or below is left out.
    watermarks: dict[int, Watermark]
    #: By attempt, in the segment; what is at or below is left out.
    progress: dict[int, RecordingProgress]
    #: By attempt, the greatest index of a cell that is on record, where it is known.
    cells: dict[int, int] = msgspec.field(default_factory=dict)


def watermark_of(row: Any) -> Watermark:
    """Returns the watermark in a row."""
    return Watermark(last_seq=row.last_seq, last_line=row.last_line)


def progress_of(row: Any) -> RecordingProgress:
    """Returns the progress in a row of a segment."""
    return RecordingProgress(
        last_seq=row.last_seq, last_line=row.last_line, needs_seq=row.needs_seq
    )


def joint_watermark(recorded: Watermark | None, progress: RecordingProgress | None) -> Watermark:
    """Returns from where on an attempt must be read again.

    The segment is written first. Where it is ahead only by outputs and log, nothing else is
    missing; where a crash came before the records database was written, that one counts.
    """
    recorded = recorded or Watermark()
    if progress is None or recorded.last_seq < progress.needs_seq:
        return recorded
    return Watermark(
        last_seq=max(recorded.last_seq, progress.last_seq),
        last_line=max(recorded.last_line, progress.last_line),
    )


class WriterState:
    """Belongs to the writer thread."""

    def __init__(
        self,
        *,
        records: RecordsFile,
        segments: Segments,
        live: LiveRunIndex,
        clock: Clock,
        publish: Callable[[Sequence[RunEvent]], None],
    ) -> None:
        self.records = records
        self.connection = records.connection
        self.segments = segments
        self.live = live
        self.clock = clock
        self._publish = publish
        self.position = 0
        #: Of the newest event that has been committed.
        self.committed_position = 0
        self.run_no = 0
        self.version = 0
        #: Greatest id of a run so far: a greater one cannot be taken.
        self.newest_id = ""
        self._marks: OrderedDict[str, RunMark] = OrderedDict()
        self._settled: dict[str, int] = {}

    def next_position(self) -> int:
        """Returns the next position; one that comes to nothing leaves a gap."""
        self.position += 1
        return self.position

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Sends committed events to listeners."""
        if events:
            newest = max(event.position for event in events)
            self.committed_position = max(self.committed_position, newest)
            self._publish(events)

    def settled(self, run_id: str) -> int | None:
        """Returns the event of a run up to which all is on record; None where nothing is ahead.

        Outputs are committed before the events beside them: a reader that takes them as they
        come would pass these over. Any thread may ask.
        """
        return self._settled.get(run_id)

    def begin(self, run_id: str) -> None:
        """Marks that outputs of a run may be ahead of its events from now on."""
        if run_id not in self._settled:
            self._settled[run_id] = self.mark(run_id).newest_event

    def settle(self, run_id: str) -> None:
        """Marks that everything known of a run has been committed."""
        if run_id not in self._settled:
            return
        mark = self.mark(run_id)
        if mark.stored.run.state.is_terminal:
            del self._settled[run_id]
        else:
            self._settled[run_id] = mark.newest_event

    def next_version(self) -> int:
        """Returns the next version of a cell record."""
        self.version += 1
        return self.version

    def mark(self, run_id: str) -> RunMark:
        """Returns the run's mark; raises NotFound."""
        mark = self._marks.get(run_id)
        if mark is None:
            with self.records.use():
                mark = self._load(run_id)
            self.remember(mark)
        else:
            self._marks.move_to_end(run_id)
        return mark

    def remember(self, mark: RunMark) -> None:
        """Takes a mark as it is after a write."""
        self._marks[mark.stored.run.id] = mark
        self._marks.move_to_end(mark.stored.run.id)
        while len(self._marks) > _MOST_MARKS:
            self._marks.popitem(last=False)

    def forget(self, run_id: str) -> None:
        """Drops what may not be true any more; it is read again when it is needed."""
        self._marks.pop(run_id, None)

    def forget_all(self) -> None:
        """Drops all marks."""
        self._marks.clear()

    @contextmanager
    def forgetting(self, run_ids: Iterable[str]) -> Iterator[None]:
        """Drops the marks of these runs where what is done inside fails."""
        touched = tuple(run_ids)
        try:
            yield
        except BaseException:
            for run_id in touched:
                self.forget(run_id)
            raise

    def note_state(self, before: StoredRun | None, after: StoredRun) -> None:
        """Updates the live runs with the committed changes."""
        self.live.put(
            live_run(after.run_no, after.run), None if before is None else before.run.state
        )

    def note_new(self, made: Sequence[StoredRun]) -> None:
        """Takes runs that have just been committed, and tells the live runs."""
        for stored in made:
            self.newest_id = max(self.newest_id, stored.run.id)
            self.remember(RunMark(stored=stored, newest_event=1, watermarks={}, progress={}))
        self.live.put_new([live_run(stored.run_no, stored.run) for stored in made])

    def _load(self, run_id: str) -> RunMark:
        found = select_runs(self.connection, {"with_id": {"id": run_id}}, 1)
        if not found:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        stored = found[0]
        where = {"run_no": stored.run_no}
        newest = fetch_value(self.connection, _RECORDS["newest_event"], where)
        rows = fetch_all(self.connection, _RECORDS["select_watermarks"], where)
        progress = self._load_progress(stored)
        reached = [frame_event_id(number, mark.last_seq) for number, mark in progress.items()]
        return RunMark(
            stored=stored,
            newest_event=max(newest or 0, *reached, 0),
            watermarks={row.attempt_no: watermark_of(row) for row in rows},
            progress=progress,
        )

    def _load_progress(self, stored: StoredRun) -> dict[int, RecordingProgress]:
        try:
            with self.segments.lease(stored.segment_id) as segment:
                rows = fetch_all(
                    self.connection,
                    _OUTPUTS["select_progress"].format(segment=segment),
                    {"run_no": stored.run_no},
                )
        except StoreDamaged:
            _log.exception("what a run has left cannot be read: %s", stored.run.id)
            return {}
        return {row.attempt_no: progress_of(row) for row in rows}
