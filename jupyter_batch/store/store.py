"""The store: combines reads, writes and their shared state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.sql_query import SqlAnswer, SqlQuery
from jupyter_batch.ports import Clock, EventSink
from jupyter_batch.store.backup.create import BackupMaker, MadeBackup
from jupyter_batch.store.batch_writes import BatchWrites
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.jobs import DuckJobs
from jupyter_batch.store.opening import OpenFiles
from jupyter_batch.store.query.sql_reads import SqlReads
from jupyter_batch.store.recording_writes import RecordingWriter
from jupyter_batch.store.records import DuckRecords
from jupyter_batch.store.rollover import Rollover
from jupyter_batch.store.run_locator import RunLocator
from jupyter_batch.store.run_writes import RunWrites
from jupyter_batch.store.runs import DuckRuns
from jupyter_batch.store.space.reclaim import Reclaimer
from jupyter_batch.store.sweep_writes import SweepWrites
from jupyter_batch.store.sweeps import DuckSweeps

#: Size at which an output segment takes no more new runs.
SEGMENT_BYTES = 256 * 1024 * 1024
MEMORY_LIMIT = "256MB"


class DuckStore:
    """Implements ports.Store."""

    def __init__(self, files: OpenFiles, sink: EventSink, segment_bytes: int) -> None:
        loop = asyncio.get_running_loop()

        def publish(events: Sequence[RunEvent]) -> None:
            loop.call_soon_threadsafe(sink.publish, events)

        self._files = files
        writer_state = files.writer_state(publish)
        rollover = Rollover(writer_state, files.current, files.last_segment_id, segment_bytes)
        self._writer = Writer()
        self._readers = Readers(files.records)
        places = RunLocator(self._readers, files.segments)
        self._jobs = DuckJobs(files.records, self._writer, self._readers, files.reserve)
        writes, batches = RunWrites(writer_state, rollover), BatchWrites(writer_state, rollover)
        self._sweeps = DuckSweeps(
            self._writer, SweepWrites(writer_state, batches, writes), self._readers, files.reserve
        )
        self._runs = DuckRuns(
            writer=self._writer,
            writes=writes,
            batches=batches,
            readers=self._readers,
            places=places,
            live=files.live,
            clock=files.clock,
            reserve=files.reserve,
        )
        self._records = DuckRecords(
            writer=self._writer,
            recorder=RecordingWriter(writer_state),
            readers=self._readers,
            places=places,
            last_position=lambda: writer_state.committed_position,
            settled=writer_state.settled,
        )
        self._reclaimer = Reclaimer(
            writer_state, rollover, self._writer, self._readers, files.path.parent
        )
        self._backups = BackupMaker(
            writer_state, self._writer, files.path.parent, files.store_id, self._reclaimer.alone
        )
        self._sql = SqlReads(files.records, files.segments, self._writer)
        self._closed = False

    @property
    def id(self) -> str:
        return self._files.store_id

    @property
    def jobs(self) -> DuckJobs:
        return self._jobs

    @property
    def runs(self) -> DuckRuns:
        return self._runs

    @property
    def sweeps(self) -> DuckSweeps:
        return self._sweeps

    @property
    def records(self) -> DuckRecords:
        return self._records

    async def check(self) -> None:
        await self._writer.call(self._files.check)

    async def reclaim(self) -> int:
        freed = await self._reclaimer.reclaim()
        await asyncio.to_thread(self._files.reserve.fill)
        return freed

    async def sql(self, query: SqlQuery) -> SqlAnswer:
        return await self._sql.ask(query)

    def backup(self) -> AbstractAsyncContextManager[MadeBackup]:
        return self._backups.make()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._sql.close()
        await self._writer.close()
        await self._readers.close()
        await asyncio.to_thread(self._files.close)


async def open_store(
    data_dir: Path,
    *,
    sink: EventSink,
    clock: Clock,
    segment_bytes: int = SEGMENT_BYTES,
    memory_limit: str = MEMORY_LIMIT,
    threads: int = 1,
) -> DuckStore:
    """Opens or creates the store in a folder, exclusively until it is closed.

    ``sink`` gets events on the running event loop. Raises StoreLocked (another process has
    it), StoreDamaged (not ours, of a newer version, or broken: nothing is touched), StoreFull,
    StoreError (the folder cannot be written).
    """
    files = await asyncio.to_thread(
        OpenFiles, data_dir, clock, memory_limit=memory_limit, threads=threads
    )
    return DuckStore(files, sink, segment_bytes)
