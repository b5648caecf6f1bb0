"""Translates errors of DuckDB and of the disk into the error tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil

from jupyter_batch.errors import StoreDamaged, StoreError, StoreFull, StoreHeld, StoreLocked

#: Most characters of a process's command line in a message.
_SHOWN = 80
_PID = re.compile(r"PID (\d+)")
_LOCKED = ("Could not set lock on file", "Unique file handle conflict")
_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
_DENIED = ("Permission denied", "Read-only file system", "Cannot open file", "read-only mode")
_NEWER = ("version number", "storage version", "newer version")
_DAMAGED = (
    "not a valid DuckDB database file",
    "Corrupt",
    "checksum",
    "Could not read enough bytes",
    "Serialization Error",
    "external extensions is disabled",
    "Failure while replaying WAL",
    "Could not read from file",
)


def store_error(error: BaseException, path: Path) -> StoreError:
    """Returns the matching error of the tree, with advice."""
    text = str(error)
    if any(part in text for part in _LOCKED):
        return held_error(path, _pid_in(text))
    if any(part in text for part in _FULL):
        return StoreFull(
            f"no space is left for the store in {path}: free some, or delete old runs",
            path=str(path),
        )
    if any(part in text for part in _NEWER) and "database file" in text:
        return StoreDamaged(
            f"{path} was written by another version of DuckDB: update duckdb ({text})",
            path=str(path),
        )
    if any(part in text for part in _DAMAGED):
        advice = "put a backup in its place (jupyter batch restore FILE --force)"
        if path.name == "records.duckdb":
            advice += ", or make it anew of what the output files tell (jupyter batch repair)"
        return StoreDamaged(
            f"{path} cannot be read ({text.strip()}); it has been left as it is: {advice}",
            path=str(path),
        )
    if any(part in text for part in _DENIED):
        return StoreError(f"the store in {path} cannot be written: {text}", path=str(path))
    return StoreError(f"the store could not do it: {text}", path=str(path))


def is_invalidated(error: BaseException) -> bool:
    """Returns whether DuckDB refuses all use of a database until it is attached again."""
    return "has been invalidated" in f"{error} {error.__cause__}"


def locked_error(path: Path, pid: int | None) -> StoreLocked:
    """Returns the error that names the process that has the store."""
    who = f"process {pid}" if pid else "another process"
    details = {"path": str(path)} | ({"pid": pid} if pid else {})
    return StoreLocked(f"{who} has the store in {path} open", **details)


def held_error(path: Path, pid: int | None) -> StoreHeld:
    """Returns the error that names the process that has a database open without being an owner.

    An owner would have the folder's lock, too.
    """
    if pid is None:
        who, advice = "another process", "find and end it"
    else:
        who, advice = f"process {pid}{_command_of(pid)}", f"end it (kill {pid})"
    details = {"path": str(path)} | ({"pid": pid} if pid else {})
    return StoreHeld(
        f"{who} has {path} open, which only the owner of the store may: {advice}, then try again. "
        "To look into the record, use 'jupyter batch sql'",
        **details,
    )


def _command_of(pid: int) -> str:
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""
    shown = "".join(c if c.isprintable() else " " for c in command)
    return f" ({shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'})" if shown else ""


def no_locks_error(path: Path, why: object) -> StoreError:
    """Returns the error of a folder whose file system has no locks."""
    return StoreError(
        f"locking does not work in {path} ({why}), so two owners could damage the store: "
        "put the data folder on a local disk (JUPYTER_BATCH_DATA)",
        path=str(path),
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raises errors of DuckDB and of the disk as those of the tree."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise store_error(error, path) from error


def _pid_in(text: str) -> int | None:
    found = _PID.search(text)
    return int(found.group(1)) if found else None
