"""Chooses the segment for new runs."""

from __future__ import annotations

import logging

from jupyter_batch.errors import StoreDamaged
from jupyter_batch.store.duckdb.column_values import to_utc
from jupyter_batch.store.duckdb.rows import insert_row
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.segments import Segment
from jupyter_batch.store.writer_state import WriterState

_log = logging.getLogger(__name__)
_SQL = load_queries("segments")


class Rollover:
    """Belongs to the writer thread.

    A segment takes new runs until it is so large or the month is over: what is pruned by age
    then goes file by file. Runs that it has stay in it, however large it becomes.
    """

    def __init__(
        self, writer_state: WriterState, newest: Segment | None, last_id: int, segment_bytes: int
    ) -> None:
        self._writer_state = writer_state
        self._current = newest
        self._last_id = last_id
        self._segment_bytes = segment_bytes

    def current(self) -> Segment:
        """Returns the segment for a new run, and opens a new one if it is time."""
        segment = self._current
        if segment is not None and self._is_open(segment):
            return segment
        return self._open_next()

    def close_current(self) -> None:
        """Closes the current segment for new runs, so that it can be rewritten."""
        if self._current is not None:
            self._close(self._current)
            self._current = None

    def is_current(self, segment_id: int) -> bool:
        """Returns whether the segment takes new runs."""
        return self._current is not None and self._current.segment_id == segment_id

    def _is_open(self, segment: Segment) -> bool:
        segments = self._writer_state.segments
        now, then = self._writer_state.clock.now(), segment.opened_at
        if (now.year, now.month) != (then.year, then.month):
            return False
        try:
            with segments.lease(segment.segment_id):
                return segments.size(segment) < self._segment_bytes
        except StoreDamaged:
            _log.exception("the newest output segment cannot be used; runs go to a new one")
            return False

    def _open_next(self) -> Segment:
        writer_state = self._writer_state
        self.close_current()
        now = writer_state.clock.now()
        self._last_id += 1
        segment = Segment(self._last_id, f"{self._last_id:06}.duckdb", now)
        # The file is created first: an unrecorded one is removed at the next opening.
        writer_state.segments.add(segment, create=True)
        with writer_state.records.transaction():
            insert_row(
                writer_state.connection,
                "records.segments",
                {
                    "segment_id": segment.segment_id,
                    "file": segment.file,
                    "opened_at": to_utc(now),
                    "deleted_runs": 0,
                },
            )
        self._current = segment
        return segment

    def _close(self, segment: Segment) -> None:
        writer_state = self._writer_state
        with writer_state.records.transaction():
            writer_state.connection.execute(
                _SQL["close"],
                {"segment_id": segment.segment_id, "at": to_utc(writer_state.clock.now())},
            )
