"""Rebuilds the records database from the output files."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.backup import RepairReport
from jupyter_batch.domain.cell import CellCount, CellState
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.run import Attempt, NotebookRef, Run, RunState, TriggerKind
from jupyter_batch.errors import BatchError, Conflict, StoreDamaged
from jupyter_batch.ports import Clock
from jupyter_batch.store.backup.restore import free_name, look
from jupyter_batch.store.backup.swap import finish_restore
from jupyter_batch.store.duckdb.column_values import clean_text, from_utc, to_utc
from jupyter_batch.store.duckdb.data_files import sync_file
from jupyter_batch.store.duckdb.database import (
    Connection,
    attach,
    attach_to_read,
    connect,
    transaction,
)
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.lock import FolderLock
from jupyter_batch.store.duckdb.rows import Rows, fetch_all, fetch_some, insert_row
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.metadata import put_meta
from jupyter_batch.store.run_rows import StoredRun
from jupyter_batch.store.run_updates import insert_run
from jupyter_batch.store.space.leftovers import output_files
from jupyter_batch.store.store import MEMORY_LIMIT

_SQL = load_queries("repair")
_OUTPUTS = load_queries("outputs")
_RECORDS = load_queries("records")
_REASON = (
    "its record was lost, and made anew of its outputs by 'jupyter batch repair': name, job, "
    "parameters and how it ended are not known"
)


def repair(folder: Path, *, clock: Clock, dry_run: bool) -> RepairReport:
    """Replaces a missing or damaged records database, and keeps the damaged one.

    Raises StoreLocked, Conflict (the database is fine, or there is nothing to make one of),
    StoreDamaged (it was written by a newer version), StoreFull, StoreError.
    """
    records = folder / "records.duckdb"
    if not folder.is_dir():
        raise Conflict(f"there is no data folder {folder}", data_dir=str(folder))
    with translated(folder):
        lock = FolderLock(folder)
    try:
        finish_restore(folder)
        trouble = _trouble(folder, records)
        repairing = _Repairing(folder, clock)
        return repairing.run(trouble, dry_run=dry_run)
    finally:
        lock.release()


def _trouble(folder: Path, records: Path) -> str:
    present = look(folder)
    if present is None:
        return "it is missing"
    if present.trouble is None:
        raise Conflict(
            f"{records} can be read ({present.jobs} jobs, {present.runs} runs): there is nothing "
            "to repair",
            data_dir=str(folder),
        )
    if "update" in present.trouble or "process" in present.trouble:
        raise StoreDamaged(present.trouble, path=str(records))
    return present.trouble


class _Repairing:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._ids = IdSource()
        self._runs = 0
        self._version = 0
        self._unreadable: list[str] = []

    def run(self, trouble: str, *, dry_run: bool) -> RepairReport:
        files = dict(reversed(list(output_files(self._folder / "outputs"))))
        if not files:
            raise Conflict(
                f"{self._folder} has no output files to make records of: restore a backup, or "
                "move records.duckdb away to begin anew",
                data_dir=str(self._folder),
            )
        fresh = self._folder / "records.rebuilt.duckdb"
        _remove(fresh)
        kept_as: str | None = None
        with translated(self._folder):
            try:
                self._build(fresh, files)
                if not dry_run:
                    kept_as = self._put_in_place(fresh)
            finally:
                _remove(fresh)
        return RepairReport(
            data_dir=str(self._folder),
            trouble=trouble,
            files=len(files) - len(self._unreadable),
            runs=self._runs,
            unreadable=tuple(self._unreadable),
            kept_as=kept_as,
            dry_run=dry_run,
        )

    def _build(self, fresh: Path, files: dict[int, Path]) -> None:
        with connect(self._folder, memory_limit=MEMORY_LIMIT, threads=1) as connection:
            attach(connection, fresh, "records", "records")
            with transaction(connection):
                put_meta(connection, "store_id", self._ids.new(self._clock.now()))
            for number, path in sorted(files.items()):
                try:
                    self._take_file(connection, number, path)
                except BatchError as error:
                    self._unreadable.append(f"{path.name}: {error.message}")
            connection.execute("DETACH records")
        sync_file(fresh)

    def _take_file(self, connection: Connection, number: int, path: Path) -> None:
        made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with translated(path):
            attach_to_read(connection, path, "taken")
            try:
                with transaction(connection):
                    insert_row(
                        connection,
                        "records.segments",
                        {
                            "segment_id": number,
                            "file": path.name,
                            "opened_at": to_utc(made_at),
                            "closed_at": to_utc(made_at),
                            "deleted_runs": 0,
                        },
                    )
                    self._take_runs(connection, number, made_at)
            finally:
                connection.execute("DETACH DATABASE IF EXISTS taken")

    def _take_runs(self, connection: Connection, segment_id: int, made_at: datetime) -> None:
        attempts: dict[int, list[Attempt]] = {}
        for row in _rows(connection, "attempts"):
            attempts.setdefault(row.run_no, []).append(
                Attempt(
                    attempt_no=row.attempt_no,
                    state=RunState.LOST,
                    reason=_REASON,
                    started_at=from_utc(row.first_at),
                    finished_at=from_utc(row.last_at),
                )
            )
        for row in _rows(connection, "runs"):
            own = tuple(attempts.get(row.run_no, ()))
            times = [a.started_at for a in own if a.started_at is not None]
            at = min(times, default=made_at)
            cells = Rows("records.cells")
            run = Run(
                id=self._ids.new(at),
                name=Path(row.path).stem,
                state=RunState.LOST,
                reason=_REASON,
                trigger=TriggerKind.MANUAL,
                scheduled_for=at,
                created_at=at,
                started_at=at if own else None,
                finished_at=max((a.finished_at or at for a in own), default=at),
                created_by="",
                notebook=NotebookRef(path=row.path, sha256=row.sha256),
                attempts=own,
            )
            for attempt in own:
                where = {"run_no": row.run_no, "attempt_no": attempt.attempt_no}
                artifacts = _artifacts(connection, where)
                run = replace(
                    run,
                    cells=self._take_cells(connection, cells, where),
                    artifacts=(*run.artifacts, *artifacts),
                )
            insert_run(connection, StoredRun(row.run_no, segment_id, run))
            cells.write(connection)
            self._runs += 1

    def _take_cells(self, connection: Connection, cells: Rows, where: dict[str, int]) -> CellCount:
        found = _rows(connection, "cells_with_outputs", where)
        failed = {row.cell_index: bool(row.has_failed) for row in found}
        last = max(failed, default=-1)
        done = 0
        skeleton = _skeleton(connection, where)
        for index, (kind, source) in enumerate(skeleton):
            state = CellState.FAILED if failed.get(index) else CellState.NOT_RUN
            if index <= last and state is CellState.NOT_RUN:
                state = CellState.SUCCEEDED
            done += index <= last
            self._version += 1
            cells.add(
                run_no=where["run_no"],
                attempt_no=where["attempt_no"],
                cell_index=index,
                version=self._version,
                cell_type=clean_text(kind),
                source=clean_text(source),
                state=str(state),
                metadata="{}",
            )
        return CellCount(total=len(skeleton), done=done, failed=sum(failed.values()))

    def _put_in_place(self, fresh: Path) -> str | None:
        records = self._folder / "records.duckdb"
        kept = self._folder / free_name(
            self._folder, f"replaced-{self._clock.now():%Y%m%dT%H%M%SZ}"
        )
        found = False
        for path in (records.with_name("records.duckdb.wal"), records):
            if path.exists():
                kept.mkdir(mode=0o700, exist_ok=True)
                os.rename(path, kept / path.name)
                found = True
        os.replace(fresh, records)
        sync_file(records)
        return str(kept) if found else None


def _rows(connection: Connection, name: str, where: dict[str, int] | None = None) -> list[Any]:
    return fetch_all(connection, _SQL[name].format(segment="taken"), where)


def _skeleton(connection: Connection, where: dict[str, int]) -> list[tuple[str, str]]:
    """Returns type and source of the executed notebook's cells; none if unknown."""
    rows = fetch_all(
        connection,
        _OUTPUTS["select_document"].format(segment="taken"),
        {**where, "name": "skeleton"},
    )
    try:
        cells = json.loads("".join(row.body for row in rows))["cells"]
        return [(str(cell["cell_type"]), "".join(cell.get("source", ""))) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _artifacts(connection: Connection, where: dict[str, int]) -> Iterator[Artifact]:
    cursor = connection.execute(_SQL["artifacts"].format(segment="taken"), where)
    found: dict[str, tuple[int, Any]] = {}
    last: tuple[str, int, bool] | None = None
    while rows := fetch_some(cursor, 256):
        for row in rows:
            # If an artifact was sent twice, the later one is valid.
            if last is None or last[0] != row.path or (last[1] != row.seq and not last[2]):
                found[row.path] = (0, hashlib.sha256())
            so_far, digest = found[row.path]
            digest.update(row.content)
            found[row.path] = (so_far + row.size, digest)
            last = (row.path, row.seq, row.more)
    for path, (size, digest) in found.items():
        yield Artifact(
            path=path,
            size_bytes=size,
            sha256=digest.hexdigest(),
            media_type=mimetypes.guess_type(path)[0] or "application/octet-stream",
            attempt_no=where["attempt_no"],
        )


def _remove(fresh: Path) -> None:
    for path in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        path.unlink(missing_ok=True)
