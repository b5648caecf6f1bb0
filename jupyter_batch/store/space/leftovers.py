"""Handles unreferenced output files: removes leftovers of a crash, moves others aside."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from jupyter_batch.errors import StoreDamaged, StoreError
from jupyter_batch.store.duckdb.database import Connection, attach_to_read
from jupyter_batch.store.duckdb.errors import translated
from jupyter_batch.store.duckdb.rows import fetch_one
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.segments import OUTPUT_FILE

_log = logging.getLogger(__name__)
_SQL = load_queries("repair")

#: In the data folder; nothing of it is ever removed.
UNEXPLAINED = "unexplained-outputs"


def output_files(folder: Path) -> Iterator[tuple[int, Path]]:
    """Yields the number and the file of each output segment in a folder."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if found := OUTPUT_FILE.fullmatch(path.name):
            yield int(found.group(1)), path


def check_records_are_there(path: Path) -> None:
    """Raises StoreDamaged for outputs without the records that explain them.

    A store that is begun anew there would take the numbers of what is lost.
    """
    if path.exists():
        return
    count = sum(1 for _ in output_files(path.parent / "outputs"))
    log = path.with_name(f"{path.name}.wal")
    if not count and not log.exists():
        return
    left = f"{count} output files of its runs are" if count else f"{log.name} is"
    raise StoreDamaged(
        f"{path} is missing, but {left} there; nothing has been changed. Put the file back, or a "
        "backup (jupyter batch restore FILE --force), or make it anew of what the output files "
        "tell (jupyter batch repair), or choose another data folder",
        path=str(path),
    )


def clear_leftovers(
    connection: Connection, folder: Path, on_record: Mapping[int, str], newest_run_no: int
) -> None:
    """Handles the files that are not on record.

    One goes if it is certain what it is: made by a rewrite that did not come to its end, or left
    of runs that were all deleted. Others may be all that is left of runs whose records were lost,
    or put back from an older copy: they are moved out of the way.
    """
    for number, path in output_files(folder):
        if path.name in on_record.values():
            continue
        is_other = number in on_record and not (folder / on_record[number]).exists()
        if not is_other and _is_of_deleted_runs(connection, path, newest_run_no, number):
            _log.info("removing an output file whose runs were deleted: %s", path.name)
            for name in (path, path.with_name(f"{path.name}.wal")):
                name.unlink(missing_ok=True)
        else:
            _put_aside(path, folder.parent / UNEXPLAINED)


def _is_of_deleted_runs(
    connection: Connection, path: Path, newest_run_no: int, number: int
) -> bool:
    try:
        with translated(path):
            attach_to_read(connection, path, "leftover")
            try:
                found = fetch_one(
                    connection,
                    _SQL["leftover"].format(segment="leftover"),
                    {"segment_id": number},
                )
            finally:
                connection.execute("DETACH leftover")
    except (StoreError, duckdb.Error):
        return False
    return bool(found.newest_run_no <= newest_run_no and not found.is_missed)


def _put_aside(path: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    number, target = 1, folder / path.name
    while target.exists():
        number += 1
        target = folder / f"{path.stem}.{number}.duckdb"
    _log.warning("no record explains the output file %s: it has been moved to %s", path, target)
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        os.rename(log, target.with_name(f"{target.name}.wal"))
    os.rename(path, target)
