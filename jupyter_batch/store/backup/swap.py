"""Replaces a store by a restored one, in steps that can be resumed after a crash.

The restored store is prepared in its own folder. Renaming that folder decides: before it
nothing has changed; after it the next opening of the data folder completes the moves.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

_log = logging.getLogger(__name__)

#: Folder in which a backup is unpacked. Without a running restore it is a leftover.
UNPACKED = "restore.tmp"
READY = "restore.ready"
_KEPT_AS = "kept_as"
_RECORDS, _WAL, _OUTPUTS = "records.duckdb", "records.duckdb.wal", "outputs"


def make_ready(folder: Path, kept_as: str) -> None:
    """Makes the unpacked store the current one.

    The present store is moved to ``kept_as``, a folder beside it.
    """
    unpacked = folder / UNPACKED
    (unpacked / _KEPT_AS).write_text(kept_as, encoding="utf-8")
    for path in (unpacked / _KEPT_AS, unpacked):
        _sync(path)
    os.rename(unpacked, folder / READY)
    _sync(folder)


def finish_restore(folder: Path) -> None:
    """Completes the remaining moves, if any. The caller holds the folder's lock."""
    shutil.rmtree(folder / UNPACKED, ignore_errors=True)
    ready = folder / READY
    if not ready.exists():
        return
    if (ready / _RECORDS).exists():
        kept = folder / (ready / _KEPT_AS).read_text("utf-8")
        # Records last, as they are what makes a folder a store.
        if (ready / _OUTPUTS).exists():
            _put_aside(folder, kept, (_OUTPUTS,))
            os.rename(ready / _OUTPUTS, folder / _OUTPUTS)
        _put_aside(folder, kept, (_WAL, _RECORDS))
        os.rename(ready / _RECORDS, folder / _RECORDS)
        _sync(folder)
        _log.info("A restored store is in its place; what was there before lies in %s", kept)
    shutil.rmtree(ready)


def _put_aside(folder: Path, kept: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (folder / name).exists():
            kept.mkdir(mode=0o700, exist_ok=True)
            os.rename(folder / name, kept / name)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
