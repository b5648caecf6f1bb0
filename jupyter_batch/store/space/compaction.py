"""Rewrites the records database when most of its runs have been deleted.

DuckDB keeps the space of deleted rows (it is only used again where whole row groups are
free), so after a great prune the file would stay as large as it has ever been.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import duckdb

from jupyter_batch.store.duckdb.data_files import sync_file
from jupyter_batch.store.duckdb.database import Connection, attach, attach_file, transaction
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.records_file import RecordsFile
from jupyter_batch.store.duckdb.rows import fetch_value
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.metadata import get_meta, put_meta

_log = logging.getLogger(__name__)
_META = load_queries("meta")
#: Smaller files are not compacted.
LEAST_BYTES = 4 * 1024 * 1024


def compact_records(records: RecordsFile) -> None:
    """Replaces the database by a compacted copy if most of it is unused.

    The folder lock keeps others out while the file is exchanged; readers wait for that
    moment. A crash leaves either the old file or the new one under the name.
    """
    connection, path = records.connection, records.path
    deleted = int(get_meta(connection, "deleted_runs") or 0)
    live = int(fetch_value(connection, _META["count_runs"]))
    if deleted <= live or path.stat().st_size < LEAST_BYTES:
        return
    fresh = path.with_name("records.new.duckdb")
    remove_leavings(path)
    try:
        _copy(connection, fresh)
    except (duckdb.Error, OSError):
        _log.exception("the records database could not be compacted, it is as it was: %s", path)
        remove_leavings(path)
        return
    with translated(path):
        with records.gate.alone():
            connection.execute("DETACH records")
            os.replace(fresh, path)
            attach(connection, path, "records", "records")
        with transaction(connection):
            put_meta(connection, "deleted_runs", "0")
    _log.info("the records database has been compacted: %s deleted, %s live runs", deleted, live)


def remove_leavings(path: Path) -> None:
    """Removes the files of an interrupted compaction."""
    for name in ("records.new.duckdb", "records.new.duckdb.wal"):
        path.with_name(name).unlink(missing_ok=True)


def _copy(connection: Connection, fresh: Path) -> None:
    attach_file(connection, fresh, "fresh", "records")
    try:
        connection.execute("COPY FROM DATABASE records TO fresh")
    finally:
        connection.execute("DETACH fresh")
    sync_file(fresh)
