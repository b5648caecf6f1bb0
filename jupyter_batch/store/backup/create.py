"""Copies the store, while it is in use, into one file.

The records database is copied first, as it stands at one moment; the segments after it. A segment
may be ahead then, as after a crash, and is trimmed when the copy is restored. Nothing is reclaimed
meanwhile, so nothing that the copied records refer to can go.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import duckdb

from jupyter_batch.domain.backup import BackupManifest
from jupyter_batch.errors import StoreDamaged
from jupyter_batch.store.backup.archive import RECORDS, ArchiveWriter
from jupyter_batch.store.duckdb.database import attach, attach_file, transaction
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_one
from jupyter_batch.store.duckdb.sql import load_migrations, load_queries
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.segments import Segment
from jupyter_batch.store.space.reclaim import TABLES
from jupyter_batch.store.writer_state import WriterState

_log = logging.getLogger(__name__)
_SQL = load_queries("backup")
#: Work folder in the data folder. After a crash it is removed at the next opening.
WORK_FOLDER = "backup.tmp"
_SLICE = 1024 * 1024
#: Copies in another process: closing a file in this one would release DuckDB's lock on it.
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


class MadeBackup:
    """Implements ports.BackupFile."""

    def __init__(self, path: Path, manifest: BackupManifest) -> None:
        self._path = path
        self.manifest = manifest
        self.size_bytes = path.stat().st_size

    async def slices(self) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self._path.open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, _SLICE):
                yield piece
        finally:
            await asyncio.to_thread(file.close)


class BackupMaker:
    """Makes one backup at a time. Readers continue; the writer pauses only for moments."""

    def __init__(
        self,
        writer_state: WriterState,
        writer: Writer,
        folder: Path,
        store_id: str,
        alone: asyncio.Lock,
    ) -> None:
        self._writer_state = writer_state
        self._writer = writer
        self._folder = folder
        self._work = folder / WORK_FOLDER
        self._store_id = store_id
        #: Lock that is shared with the code that removes segments.
        self._alone = alone

    @asynccontextmanager
    async def make(self) -> AsyncIterator[MadeBackup]:
        """Yields a backup, which is removed afterwards."""
        async with self._alone:
            try:
                with translated(self._folder):
                    await asyncio.to_thread(_make_empty, self._work)
                path = self._work / "backup.zip"
                manifest = await self._write(path)
                yield MadeBackup(path, manifest)
            finally:
                await asyncio.to_thread(shutil.rmtree, self._work, ignore_errors=True)

    async def _write(self, path: Path) -> BackupManifest:
        with translated(self._folder):
            archive = await asyncio.to_thread(ArchiveWriter, path)
        copy = self._work / RECORDS
        facts, segments = await asyncio.to_thread(self._copy_records, copy)
        await self._move_in(archive, RECORDS, copy)
        missing = []
        for segment_id, file in segments:
            copy = self._work / file
            try:
                segment = self._writer_state.segments.known(segment_id)
                await self._copy_segment(segment, copy)
            except StoreDamaged:
                _log.exception("an output file is left out of the backup: %s", file)
                missing.append(file)
                continue
            await self._move_in(archive, f"outputs/{file}", copy)
        manifest = BackupManifest(
            version=version("jupyter_batch"),
            made_at=self._writer_state.clock.now(),
            store_id=self._store_id,
            host=socket.gethostname(),
            data_dir=str(self._folder.resolve()),
            records_version=load_migrations("records")[-1][0],
            outputs_version=load_migrations("outputs")[-1][0],
            files=tuple(archive.files),
            missing=tuple(missing),
            **facts,
        )
        with translated(self._folder):
            await asyncio.to_thread(archive.finish, manifest)
        return manifest

    async def _move_in(self, archive: ArchiveWriter, name: str, copy: Path) -> None:
        with translated(self._folder):
            await asyncio.to_thread(archive.add, name, copy)
            await asyncio.to_thread(copy.unlink)

    def _copy_records(self, copy: Path) -> tuple[dict[str, int], list[tuple[int, str]]]:
        """Copies the records database and returns the versions and segments in the copy."""
        cursor = self._writer_state.connection.cursor()
        try:
            with self._writer_state.records.gate.shared(), translated(copy):
                attach_file(cursor, copy, "backup_records", "records")
                try:
                    with transaction(cursor):
                        cursor.execute(_SQL["copy_records"])
                    counts = fetch_one(cursor, _SQL["count"])
                    segments = fetch_all(cursor, _SQL["segments"])
                finally:
                    cursor.execute("DETACH DATABASE IF EXISTS backup_records")
        finally:
            cursor.close()
        return {"jobs": counts.jobs, "runs": counts.runs}, [
            (row.segment_id, row.file) for row in segments
        ]

    async def _copy_segment(self, segment: Segment, copy: Path) -> None:
        with ExitStack() as leases:
            alias = await asyncio.to_thread(
                leases.enter_context, self._writer_state.segments.lease(segment.segment_id)
            )
            if not await self._copy_as_it_is(segment, alias, copy):
                await asyncio.to_thread(self._copy_rows, alias, copy)

    async def _copy_as_it_is(self, segment: Segment, alias: str, copy: Path) -> bool:
        """Copies a segment's file; returns whether nothing was written to it meanwhile."""
        writes = await self._writer.call(lambda: self._complete(segment, alias))
        if writes is None:
            return False
        source = self._writer_state.segments.path(segment.file)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            "-c",
            _COPY,
            str(source),
            str(copy),
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            failed = await process.wait()
        except BaseException:
            process.kill()
            raise
        if failed or await self._writer.call(lambda: segment.writes) != writes:
            await asyncio.to_thread(copy.unlink, missing_ok=True)
            return False
        return True

    def _complete(self, segment: Segment, alias: str) -> int | None:
        """Checkpoints the segment; returns its number of writes, or None if that is impossible."""
        try:
            self._writer_state.connection.execute(f"CHECKPOINT {alias}")
        except duckdb.Error:
            # A reader is active, or there is no space; copying the rows will report the latter.
            return None
        return segment.writes

    def _copy_rows(self, alias: str, copy: Path) -> None:
        cursor = self._writer_state.connection.cursor()
        try:
            attach(cursor, copy, "backup_outputs", "outputs")
            try:
                with translated(copy), transaction(cursor):
                    for table in TABLES:
                        cursor.execute(_SQL["copy_outputs"].format(table=table, segment=alias))
            finally:
                cursor.execute("DETACH DATABASE IF EXISTS backup_outputs")
        finally:
            cursor.close()


def remove_work(folder: Path) -> None:
    """Removes the files of an interrupted backup."""
    shutil.rmtree(folder / WORK_FOLDER, ignore_errors=True)


def _make_empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
