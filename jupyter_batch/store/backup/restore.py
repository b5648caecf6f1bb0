"""Restores a store from a backup."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import duckdb
import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.backup import BackupManifest, RestoreReport, lose_restored
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.queries import MAX_LIMIT, JobQuery, RunQuery
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.errors import Conflict, StoreDamaged, StoreError
from jupyter_batch.ports import Clock, EventSink
from jupyter_batch.store.backup.archive import read_manifest, unpack
from jupyter_batch.store.backup.swap import UNPACKED, finish_restore, make_ready
from jupyter_batch.store.duckdb.database import attach_to_read, connect
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.lock import FolderLock
from jupyter_batch.store.duckdb.rows import fetch_one
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.opening import OpenFiles
from jupyter_batch.store.store import MEMORY_LIMIT, SEGMENT_BYTES, DuckStore

_log = logging.getLogger(__name__)
_META = load_queries("meta")
_PAUSED = (
    "paused by a restore: the store that the backup was made of may still run this schedule; "
    "resume it where it is to run"
)


class Present(msgspec.Struct, frozen=True):
    """The store that is in a folder now."""

    store_id: str | None
    jobs: int = 0
    runs: int = 0
    #: Why it cannot be read; None if it can.
    trouble: str | None = None

    @property
    def is_empty(self) -> bool:
        """Returns whether replacing it would lose nothing."""
        return not (self.jobs or self.runs or self.trouble)


async def restore(
    file: Path,
    folder: Path,
    *,
    clock: Clock,
    sink: EventSink,
    force: bool = False,
    takes_over: bool = False,
) -> RestoreReport:
    """Restores a backup into a data folder without an owner. The present store is kept beside it.

    In another folder than its own it becomes a copy, with a new id and with its schedules paused:
    two stores of one id would remove each other's containers. ``takes_over`` means that the
    original no longer exists. Raises InvalidInput (no complete backup, a newer one), Conflict (there is
    something, and no ``force``), StoreLocked, StoreFull, StoreError.
    """
    manifest = await asyncio.to_thread(read_manifest, file)
    with translated(folder):
        lock = await asyncio.to_thread(_locked, folder)
    try:
        with translated(folder):
            await asyncio.to_thread(finish_restore, folder)
            present = await asyncio.to_thread(look, folder)
        if present is not None and not present.is_empty and not force:
            raise _occupied(folder, present)
        same = takes_over or _is_own_place(manifest, folder, present)
        with translated(folder):
            unpacked = folder / UNPACKED
            unpacked.mkdir(mode=0o700)
            try:
                await asyncio.to_thread(unpack, file, manifest, unpacked)
                report = await _settle(unpacked, manifest, clock, sink, is_copy=not same)
                kept_as = free_name(folder, f"replaced-{clock.now():%Y%m%dT%H%M%SZ}")
                await asyncio.to_thread(make_ready, folder, kept_as)
            finally:
                await asyncio.to_thread(shutil.rmtree, unpacked, ignore_errors=True)
            await asyncio.to_thread(finish_restore, folder)
        kept = str(folder / kept_as) if (folder / kept_as).exists() else None
        return replace(report, data_dir=str(folder), kept_as=kept)
    finally:
        lock.release()


def look(folder: Path) -> Present | None:
    """Returns the store in a folder, without changing anything; None for none."""
    path = folder / "records.duckdb"
    if not path.exists():
        return None
    try:
        with connect(folder, memory_limit=MEMORY_LIMIT, threads=1) as connection, translated(path):
            attach_to_read(connection, path, "records")
            found = fetch_one(connection, _META["look"])
            return Present(found.store_id, jobs=found.jobs, runs=found.runs)
    except (StoreError, duckdb.Error) as error:
        return Present(None, trouble=str(error))


def _locked(folder: Path) -> FolderLock:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FolderLock(folder)


def free_name(folder: Path, name: str) -> str:
    """Returns a name that is not used in the folder."""
    number, free = 1, name
    while (folder / free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def _occupied(folder: Path, present: Present) -> Conflict:
    what = (
        f"a store that cannot be read ({present.trouble})"
        if present.trouble
        else f"a store with {present.jobs} jobs and {present.runs} runs"
    )
    return Conflict(
        f"{folder} has {what}: choose another folder, or put it aside with --force; it is kept "
        "beside the restored one",
        data_dir=str(folder),
    )


def _is_own_place(manifest: BackupManifest, folder: Path, present: Present | None) -> bool:
    if present is not None and present.store_id == manifest.store_id:
        return True
    return (manifest.host, manifest.data_dir) == (socket.gethostname(), str(folder.resolve()))


async def _settle(
    unpacked: Path, manifest: BackupManifest, clock: Clock, sink: EventSink, *, is_copy: bool
) -> RestoreReport:
    """Prepares the unpacked store so that an owner can open it."""
    async with _opened(unpacked, clock, sink) as (files, store):
        await asyncio.to_thread(files.trim_all)
        if is_copy:
            await asyncio.to_thread(files.put_id, IdSource().new(clock.now()))
        lost = await _lose_unfinished(store, manifest, clock)
        paused = await _pause_schedules(store) if is_copy else 0
        report = RestoreReport(
            data_dir=str(unpacked),
            store_id=files.store_id,
            is_copy=is_copy,
            made_at=manifest.made_at,
            jobs=manifest.jobs,
            runs=manifest.runs,
            lost=lost,
            paused=paused,
            missing=manifest.missing,
        )
    for name in ("store.lock", "tmp"):
        path = unpacked / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return report


@asynccontextmanager
async def _opened(
    folder: Path, clock: Clock, sink: EventSink
) -> AsyncIterator[tuple[OpenFiles, DuckStore]]:
    files = await asyncio.to_thread(OpenFiles, folder, clock, memory_limit=MEMORY_LIMIT, threads=1)
    store = DuckStore(files, sink, SEGMENT_BYTES)
    try:
        yield files, store
    finally:
        await store.close()
    left = await asyncio.to_thread(lambda: [path.name for path in folder.rglob("*.wal")])
    if left:
        raise StoreDamaged(f"the restored store could not be completed: {left[0]} is left")


async def _lose_unfinished(store: DuckStore, manifest: BackupManifest, clock: Clock) -> int:
    now = clock.now()
    lost, after = 0, None
    while True:
        query = RunQuery(limit=MAX_LIMIT, after=after, states=tuple(UNFINISHED))
        page = await store.runs.list(query)
        for run in page.items:
            await store.runs.update(
                run.id,
                lambda run: lose_restored(run, at=now, made_at=manifest.made_at),
                at=now,
            )
            lost += 1
        after = page.next_after
        if after is None:
            return lost


async def _pause_schedules(store: DuckStore) -> int:
    def pause(job: Job) -> Job:
        return replace(job, paused=True, paused_reason=_PAUSED)

    paused, after = 0, None
    while True:
        page = await store.jobs.list(JobQuery(limit=MAX_LIMIT, after=after))
        for job in page.items:
            if job.triggers and not job.paused:
                await store.jobs.update(job.id, pause)
                paused += 1
        after = page.next_after
        if after is None:
            return paused
