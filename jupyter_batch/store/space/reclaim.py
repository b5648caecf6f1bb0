"""Reclaims the space of deleted runs: removes empty files, rewrites half empty ones."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from jupyter_batch.errors import StoreError
from jupyter_batch.store.duckdb.data_files import folder_size, sync_file
from jupyter_batch.store.duckdb.database import Connection, attach, transaction
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_one
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.rollover import Rollover
from jupyter_batch.store.segments import Segment
from jupyter_batch.store.space.compaction import compact_records
from jupyter_batch.store.writer_state import WriterState

_log = logging.getLogger(__name__)
_SQL = load_queries("segments")
#: A segment is rewritten if a smaller share of its bytes belongs to existing runs.
_LEAST_SHARE = 0.5
_OF_RUNS = ("frozen", "progress", "outputs", "documents", "artifacts", "log")
#: All tables of a segment.
TABLES = (*_OF_RUNS, "contents")


class Reclaimer:
    """Reclaims space. Readers continue; writers pause only for moments."""

    def __init__(
        self,
        writer_state: WriterState,
        rollover: Rollover,
        writer: Writer,
        readers: Readers,
        folder: Path,
    ) -> None:
        self._writer_state = writer_state
        self._rollover = rollover
        self._writer = writer
        self._readers = readers
        self._folder = folder
        #: Held while files are removed, and while a backup copies them.
        self.alone = asyncio.Lock()

    async def reclaim(self) -> int:
        """Returns by how many bytes the folder has become smaller."""
        async with self.alone:
            before = await asyncio.to_thread(folder_size, self._folder)
            for segment in await self._writer.call(self._touched):
                await self._reclaim(segment)
            await self._writer.call(self._compact_records)
            return before - await asyncio.to_thread(folder_size, self._folder)

    async def _reclaim(self, segment: Segment) -> None:
        try:
            if await self._writer.call(lambda: self._drop_if_empty(segment)):
                return
            writes = segment.writes
            if not await self._readers.run(self._is_sparse, segment):
                return
            await self._writer.call(lambda: self._close_if_current(segment))
            new = await asyncio.to_thread(self._rewrite, segment)
            if not await self._writer.call(lambda: self._swap(segment, new, writes)):
                _log.info("an output segment is being written to, left for later: %s", segment.file)
                self._writer_state.segments.unlink(new.file)
        except StoreError:
            _log.exception("an output segment could not be reclaimed: %s", segment.file)

    def _touched(self) -> list[Segment]:
        writer_state = self._writer_state
        with writer_state.records.use():
            rows = fetch_all(writer_state.connection, _SQL["select_all"])
        return [writer_state.segments.known(row.segment_id) for row in rows if row.deleted_runs]

    def _close_if_current(self, segment: Segment) -> None:
        if self._rollover.is_current(segment.segment_id):
            self._rollover.close_current()

    def _drop_if_empty(self, segment: Segment) -> bool:
        writer_state = self._writer_state
        with writer_state.records.use():
            live = fetch_all(writer_state.connection, _SQL["live"])
        if any(row.segment_id == segment.segment_id for row in live):
            return False
        self._close_if_current(segment)
        with writer_state.records.transaction():
            writer_state.connection.execute(_SQL["delete"], {"segment_id": segment.segment_id})
        writer_state.segments.replace(None, segment)
        return True

    def _is_sparse(self, cursor: Connection, segment: Segment) -> bool:
        with self._writer_state.segments.lease(segment.segment_id) as alias:
            share = fetch_one(
                cursor, _SQL["share"].format(segment=alias), {"segment_id": segment.segment_id}
            )
        return bool(share.live_bytes < share.all_bytes * _LEAST_SHARE)

    def _rewrite(self, old: Segment) -> Segment:
        """Copies the rows of existing runs into a new, unregistered file."""
        segments = self._writer_state.segments
        number, _, revision = old.file.removesuffix(".duckdb").partition("-")
        new = Segment(old.segment_id, f"{number}-{int(revision or 1) + 1}.duckdb", old.opened_at)
        cursor = self._writer_state.connection.cursor()
        target = "rewritten_" + number
        path = segments.path(new.file)
        segments.unlink(new.file)
        with self._writer_state.records.gate.shared(), segments.lease(old.segment_id) as alias:
            attach(cursor, path, target, "outputs")
            try:
                with translated(path), transaction(cursor):
                    for table in _OF_RUNS:
                        query = _SQL["copy_rows"].format(target=target, segment=alias, table=table)
                        cursor.execute(query, {"segment_id": old.segment_id})
                    cursor.execute(_SQL["copy_contents"].format(target=target, segment=alias))
                with translated(path):
                    cursor.execute(f"DETACH {target}")
            except BaseException:
                cursor.execute(f"DETACH DATABASE IF EXISTS {target}")
                segments.unlink(new.file)
                raise
            finally:
                cursor.close()
        sync_file(path)
        return new

    def _swap(self, old: Segment, new: Segment, writes: int) -> bool:
        if old.writes != writes:
            return False
        writer_state = self._writer_state
        with writer_state.records.transaction():
            writer_state.connection.execute(
                _SQL["put"], {"segment_id": old.segment_id, "file": new.file}
            )
        writer_state.segments.replace(new, old)
        return True

    def _compact_records(self) -> None:
        compact_records(self._writer_state.records)
