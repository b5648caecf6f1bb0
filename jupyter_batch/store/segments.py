"""Output segments: which files there are, attached while they are needed."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from jupyter_batch.errors import StoreDamaged, StoreError
from jupyter_batch.store.duckdb.database import Connection, attach
from jupyter_batch.store.duckdb.errors import is_invalidated, store_error, translated

_log = logging.getLogger(__name__)

#: Number and revision.
OUTPUT_FILE = re.compile(r"(\d{6,})(-\d+)?\.duckdb")
_MOST_ATTACHED = 32


class Segment:
    """One file; a segment that is rewritten gets a new one."""

    def __init__(self, segment_id: int, file: str, opened_at: datetime) -> None:
        self.segment_id = segment_id
        self.file = file
        self.opened_at = opened_at
        #: How often it has been written to since the store was opened.
        self.writes = 0
        self.alias: str | None = None
        self.leases = 0
        self.retired = False
        #: DuckDB wants it to be attached again.
        self.is_broken = False


class Segments:
    """Lends segments to readers and to the writer; a file in use is never taken away."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._admin = connection.cursor()
        self.folder = folder
        self._lock = threading.RLock()
        self._segments: dict[int, Segment] = {}
        #: Least recently used first.
        self._attached: dict[str, Segment] = {}

    def path(self, file: str) -> Path:
        """Returns where a file lies."""
        return self.folder / file

    def add(self, segment: Segment, *, create: bool = False) -> None:
        """Makes a segment known; with ``create`` also its file.

        Raises StoreDamaged for a file that is none of ours: the record may be from a backup.
        """
        if not OUTPUT_FILE.fullmatch(segment.file):
            raise StoreDamaged(f"{segment.file!r} on record is not the name of an output file")
        with self._lock:
            if create:
                self._attach(segment, create=True)
            self._segments[segment.segment_id] = segment

    def known(self, segment_id: int) -> Segment:
        """Returns a segment; raises StoreDamaged for one that nobody knows."""
        with self._lock:
            if segment_id not in self._segments:
                raise StoreDamaged(f"output segment {segment_id} is not on record")
            return self._segments[segment_id]

    def ids(self) -> tuple[int, ...]:
        """Returns all segments that are on record."""
        with self._lock:
            return tuple(sorted(self._segments))

    def files(self) -> dict[int, str]:
        """Returns the names of the files of all segments that are on record."""
        with self._lock:
            return {number: segment.file for number, segment in self._segments.items()}

    def paths(self) -> dict[int, Path]:
        """Returns the files of all segments that are on record, whether they are there or not."""
        with self._lock:
            return {number: self.path(self._segments[number].file) for number in self.ids()}

    @contextmanager
    def lease(self, segment_id: int) -> Iterator[str]:
        """Gives the name under which the segment is attached; to be taken before a transaction.

        Raises StoreDamaged where its file is missing or cannot be read.
        """
        with self._lock:
            segment = self.known(segment_id)
            alias = self._attach(segment)
            segment.leases += 1
        try:
            with translated(self.path(segment.file)):
                yield alias
        except StoreError as error:
            segment.is_broken = segment.is_broken or is_invalidated(error)
            raise
        finally:
            with self._lock:
                segment.leases -= 1
                if segment.retired and not segment.leases:
                    self._remove(segment)

    def size(self, segment: Segment) -> int:
        """Returns the bytes of its file, with what is still in its log."""
        return sum(
            path.stat().st_size
            for name in (segment.file, segment.file + ".wal")
            if (path := self.path(name)).exists()
        )

    def replace(self, new: Segment | None, old: Segment) -> None:
        """Puts a segment in the place of another, whose file goes when nobody reads it."""
        with self._lock:
            if new is None:
                del self._segments[old.segment_id]
            else:
                self._segments[old.segment_id] = new
            old.retired = True
            if not old.leases:
                self._remove(old)

    def close(self) -> None:
        """Detaches all, which writes their logs into their files; raises what the last raised."""
        trouble: StoreError | None = None
        with self._lock:
            for alias in list(self._attached):
                try:
                    self._detach(alias)
                except StoreError as error:
                    trouble = error
        if trouble is not None:
            raise trouble

    def unlink(self, file: str) -> None:
        """Removes a file that is not attached, and its log."""
        for name in (file, file + ".wal"):
            self.path(name).unlink(missing_ok=True)

    def _attach(self, segment: Segment, *, create: bool = False) -> str:
        if segment.is_broken and not segment.leases:
            self._let_go(segment)
        if segment.alias is not None:
            self._attached[segment.alias] = self._attached.pop(segment.alias)
            return segment.alias
        path = self.path(segment.file)
        if not create and not path.exists():
            raise StoreDamaged(
                f"{path} is missing: what its runs have left is lost unless a backup of it is "
                "put back",
                path=str(path),
            )
        self._make_room()
        alias = "outputs_" + segment.file.removesuffix(".duckdb").replace("-", "_")
        attach(self._admin, path, alias, "outputs")
        segment.alias = alias
        self._attached[alias] = segment
        return alias

    def _make_room(self) -> None:
        for alias, segment in list(self._attached.items()):
            if len(self._attached) < _MOST_ATTACHED:
                return
            if not segment.leases:
                self._detach(alias)

    def _detach(self, alias: str) -> None:
        segment = self._attached.pop(alias)
        segment.alias = None
        try:
            self._admin.execute(f"DETACH {alias}")
        except duckdb.Error as error:
            raise store_error(error, self.path(segment.file)) from error

    def _remove(self, segment: Segment) -> None:
        self._let_go(segment)
        self.unlink(segment.file)

    def _let_go(self, segment: Segment) -> None:
        segment.is_broken = False
        if segment.alias is None:
            return
        try:
            self._detach(segment.alias)
        except StoreError:
            _log.info("an output file could not be completed: %s", segment.file, exc_info=True)
