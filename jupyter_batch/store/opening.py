"""Opens the files of a data folder."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.errors import StoreDamaged, StoreError, StoreHeld
from jupyter_batch.ports import Clock
from jupyter_batch.store.backup.create import remove_work
from jupyter_batch.store.backup.swap import finish_restore
from jupyter_batch.store.duckdb.column_values import instant
from jupyter_batch.store.duckdb.database import attach, connect, transaction
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.lock import FolderLock
from jupyter_batch.store.duckdb.records_file import RecordsFile
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_value
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.live_run_index import LiveRun, LiveRunIndex, live_run
from jupyter_batch.store.metadata import get_meta, put_meta
from jupyter_batch.store.privacy import keep_to_its_user
from jupyter_batch.store.reserve import Reserve
from jupyter_batch.store.run_rows import select_runs
from jupyter_batch.store.segments import Segment, Segments
from jupyter_batch.store.space.compaction import compact_records, remove_leavings
from jupyter_batch.store.space.leftovers import check_records_are_there, clear_leftovers
from jupyter_batch.store.space.recovery_trim import trim
from jupyter_batch.store.writer_state import WriterState

_log = logging.getLogger(__name__)
#: Seconds to wait for a file that another process holds.
_HELD_SECONDS = 1.0
#: A limit that no number of rows reaches.
_ALL = 2**62
_META = load_queries("meta")
_RUNS = load_queries("runs")
_RECORDS = load_queries("records")
_SEGMENTS = load_queries("segments")


class OpenFiles:
    """One data folder, locked and attached. Create it off the event loop."""

    def __init__(self, data_dir: Path, clock: Clock, *, memory_limit: str, threads: int) -> None:
        data_dir = data_dir.absolute()
        self.clock = clock
        self.path = data_dir / "records.duckdb"
        with translated(data_dir):
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(data_dir, os.W_OK | os.X_OK):
                raise StoreError(
                    f"the data folder {data_dir} cannot be written: choose another one, or "
                    "change its permissions",
                    path=str(data_dir),
                )
            self._lock = FolderLock(data_dir)
        try:
            with translated(data_dir):
                finish_restore(data_dir)
                (data_dir / "outputs").mkdir(mode=0o700, exist_ok=True)
                keep_to_its_user(data_dir)
                self.reserve = Reserve(data_dir)
                self.reserve.fill()
                self.connection = connect(data_dir, memory_limit=memory_limit, threads=threads)
            try:
                self._attach()
            except BaseException:
                self.connection.close()
                raise
        except BaseException:
            self._lock.release()
            raise

    def writer_state(self, publish: Callable[[Sequence[RunEvent]], None]) -> WriterState:
        """Returns the writer's state, loaded from the store."""
        writer_state = WriterState(
            records=self.records,
            segments=self.segments,
            live=self.live,
            clock=self.clock,
            publish=publish,
        )
        writer_state.position = writer_state.committed_position = self._position
        writer_state.run_no = self._run_no
        writer_state.version = self._version
        writer_state.newest_id = self._newest_id

        def reload() -> None:
            writer_state.forget_all()
            self.live.reset(*self._live_rows())

        self.records.on_return = reload
        return writer_state

    def close(self) -> None:
        """Checkpoints all files as far as there is space, and releases the lock."""
        try:
            self.segments.close()
            self.connection.execute("DETACH records")
        except (duckdb.Error, StoreError):
            # Nothing is lost: what has been committed is in the write-ahead logs.
            _log.warning("the store was closed without writing all into its files", exc_info=True)
        finally:
            self.connection.close()
            self._lock.release()

    def _attach(self) -> None:
        remove_leavings(self.path)
        remove_work(self.path.parent)
        check_records_are_there(self.path)
        self._attach_records()
        self.records = RecordsFile(self.connection, self.path)
        compact_records(self.records)
        self.segments = Segments(self.connection, self.path.parent / "outputs")
        with translated(self.path):
            self.store_id = self._load_id()
            self.live = LiveRunIndex()
            self.live.reset(*self._live_rows())
            self._load_segments()
            self._load_numbers()
            self._trim_active()
            clear_leftovers(
                self.connection, self.segments.folder, self.segments.files(), self._run_no
            )

    def _attach_records(self) -> None:
        """An owner that is killed may let go of the folder a moment before it lets go of the file."""
        give_up_at = time.monotonic() + _HELD_SECONDS
        while True:
            try:
                attach(self.connection, self.path, "records", "records")
                return
            except StoreHeld:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(_HELD_SECONDS / 20)

    def _load_id(self) -> str:
        known = get_meta(self.connection, "store_id")
        if known is None:
            known = IdSource().new(self.clock.now())
            with transaction(self.connection):
                put_meta(self.connection, "store_id", known)
        return known

    def _live_rows(self) -> tuple[dict[RunState, int], list[LiveRun]]:
        groups = fetch_all(self.connection, _RUNS["count_states"])
        known = {str(state) for state in RunState}
        return {RunState(row.state): row.runs for row in groups if row.state in known}, [
            live_run(stored.run_no, stored.run)
            for stored in select_runs(
                self.connection, {"in_states": {"states": [str(s) for s in UNFINISHED]}}, _ALL
            )
        ]

    def _load_segments(self) -> None:
        #: The segment for new runs; None for none yet.
        self.current: Segment | None = None
        self.last_segment_id = 0
        for row in fetch_all(self.connection, _SEGMENTS["select_all"]):
            segment = Segment(row.segment_id, row.file, instant(row.opened_at))
            self.segments.add(segment)
            self.last_segment_id = segment.segment_id
            self.current = segment if row.closed_at is None else None

    def _trim_active(self) -> None:
        """Removes rows that a crash left incomplete; see space/recovery_trim.py."""
        by_segment: dict[int, list[int]] = {}
        for stored in select_runs(
            self.connection, {"with_numbers": {"run_nos": self.live.active()}}, _ALL
        ):
            by_segment.setdefault(stored.segment_id, []).append(stored.run_no)
        for segment_id, run_nos in by_segment.items():
            try:
                with self.segments.lease(segment_id) as segment:
                    trim(self.connection, segment, run_nos)
            except StoreDamaged:
                _log.exception("an output segment cannot be read: %s", segment_id)

    def trim_all(self) -> None:
        """Trims all segments to the state of the records database."""
        for segment_id in self.segments.ids():
            try:
                with self.segments.lease(segment_id) as segment:
                    trim(self.connection, segment)
            except StoreDamaged:
                _log.exception("an output segment cannot be read: %s", segment_id)

    def check(self) -> None:
        """Makes a test write."""
        with self.records.transaction():
            put_meta(self.connection, "checked_at", self.clock.now().isoformat())

    def put_id(self, store_id: str) -> None:
        """Gives the store a new id, which distinguishes it from the store it was copied from."""
        with self.records.transaction():
            put_meta(self.connection, "store_id", store_id)
        self.store_id = store_id

    def _load_numbers(self) -> None:
        self._position = max(
            self._number(_RECORDS["newest_position"]), self._noted("last_position")
        )
        self._version = self._number(_META["newest_version"])
        self._run_no = max(self._number(_META["newest_run_no"]), self._noted("last_run_no"))
        self._newest_id = str(fetch_value(self.connection, _META["newest_id"]) or "")
        if self.current is None:
            return
        try:
            # What a crash left of a run that was never on record keeps its number.
            with self.segments.lease(self.current.segment_id) as segment:
                left = self._number(_SEGMENTS["newest_run_no"].format(segment=segment))
                self._run_no = max(self._run_no, left)
        except StoreError:
            _log.exception("the newest output segment cannot be read: %s", self.current.file)

    def _number(self, query: str) -> int:
        return int(fetch_value(self.connection, query) or 0)

    def _noted(self, key: str) -> int:
        return int(get_meta(self.connection, key) or 0)
