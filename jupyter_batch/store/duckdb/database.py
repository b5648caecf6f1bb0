"""DuckDB as the store uses it: one instance in memory to which our files are attached."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from jupyter_batch.errors import StoreDamaged
from jupyter_batch.store.duckdb.data_files import sync_file
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.rows import fetch_column, fetch_value
from jupyter_batch.store.duckdb.sql import load_migrations, load_queries

_log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection

#: Folder beside a database with its copies from before a migration.
KEPT_FOLDER = "backups"
#: Rows in a row group: the unit that a checkpoint rewrites and that is read at once.
_ROW_GROUPS = {"records": 16_384, "outputs": 2_048}
#: A table takes at least a block; a segment of which little is left should be small.
_BLOCK_SIZES = {"records": 262_144, "outputs": 65_536}
#: Pinned, so that a later DuckDB keeps writing files that this one can read.
_STORAGE_VERSION = "v2.0.0"


def connect(data_dir: Path, *, memory_limit: str, threads: int) -> Connection:
    """Returns an instance that can access only the data folder, and no network."""
    folder = quoted(str(data_dir))
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(data_dir / "tmp"),
            # A query that sorts the world must not fill the disk of the store.
            "max_temp_directory_size": "4GB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # Names in SQL must not refer to Python variables.
            "python_enable_replacements": "false",
            "preserve_insertion_order": "true",
        },
    )
    connection.execute(f"SET allowed_directories = [{folder}]")
    # What is stored is in UTC; so is what SQL compares with it, such as now().
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def attach(connection: Connection, path: Path, alias: str, kind: str) -> None:
    """Attaches a file under a name and brings it to the newest version.

    A file that is not there is made; one of an older version is kept beside first. Raises StoreLocked, StoreDamaged (also for a database
    that is not ours, which stays as it is), StoreError.
    """
    with translated(path):
        attach_file(connection, path, alias, kind)
        try:
            _migrate(connection, path, alias, kind)
        except BaseException:
            connection.execute(f"DETACH {alias}")
            raise


def attach_file(connection: Connection, path: Path, alias: str, kind: str) -> None:
    """Attaches a file under a name without checking its content."""
    connection.execute(
        f"ATTACH {quoted(str(path))} AS {alias} "
        f"(ROW_GROUP_SIZE {_ROW_GROUPS[kind]}, BLOCK_SIZE {_BLOCK_SIZES[kind]}, "
        f"STORAGE_VERSION {quoted(_STORAGE_VERSION)})"
    )


def attach_to_read(connection: Connection, path: Path, alias: str) -> None:
    """Attaches a file of any version read-only."""
    connection.execute(f"ATTACH {quoted(str(path))} AS {alias} (READ_ONLY)")


def _migrate(connection: Connection, path: Path, alias: str, kind: str) -> None:
    tables = set(fetch_column(connection, load_queries("meta")["tables"], {"database": alias}))
    marker = f"jupyter_batch_{kind}"
    if tables and marker not in tables:
        raise StoreDamaged(
            f"{path} is a database of something else; it has been left as it is: "
            "choose another data folder, or move the file away",
            path=str(path),
        )
    version = 0
    if tables:
        version = fetch_value(connection, f"SELECT max(version) FROM {alias}.{marker}") or 0
    migrations = load_migrations(kind)
    newest = migrations[-1][0]
    if version > newest:
        raise StoreDamaged(
            f"{path} was written by a newer jupyter_batch (version {version}, this one knows "
            f"{newest}): update jupyter_batch",
            path=str(path),
        )
    pending = [item for item in migrations if item[0] > version]
    if not pending:
        return
    if version:
        _keep(connection, path, alias, kind, version)
    cursor = connection.cursor()
    cursor.execute(f"USE {alias}")
    for number, script in pending:
        with transaction(cursor):
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {marker} (version INTEGER NOT NULL)")
            cursor.execute(script)
            cursor.execute(f"INSERT INTO {marker} (version) VALUES ({number})")
    cursor.close()


def _keep(connection: Connection, path: Path, alias: str, kind: str, version: int) -> None:
    """Copies a file that is about to be migrated.

    Each step of the migration is a transaction, so an interrupted one goes on where it was; the
    backup is for whoever has to go back to an older jupyter_batch.
    """
    folder = path.parent / KEPT_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{path.stem}-version-{version}.duckdb"
    fresh = kept.with_name(f"{kept.name}.new")
    for leaving in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        leaving.unlink(missing_ok=True)
    attach_file(connection, fresh, "kept", kind)
    try:
        connection.execute(f"COPY FROM DATABASE {alias} TO kept")
    finally:
        connection.execute("DETACH kept")
    sync_file(fresh)
    os.replace(fresh, kept)
    _log.warning("%s will be migrated from version %d; it is kept as %s", path, version, kept)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Runs the body in one transaction; rolls back on an error."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        try:
            connection.execute("ROLLBACK")
        except duckdb.Error:
            pass  # A failed commit has rolled back already.
        raise


def quoted(text: str) -> str:
    """Returns a text as an SQL literal."""
    return "'" + re.sub("'", "''", text) + "'"
