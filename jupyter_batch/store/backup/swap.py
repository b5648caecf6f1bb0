"""Puts a restored store in the place of another, in steps that can be taken up again.

What is restored is made ready in a folder of its own, whose last renaming decides: before it
nothing has happened, after it whoever opens the data folder next goes on with the moves.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

_log = logging.getLogger(__name__)

#: Being unpacked; no more than a leaving where nobody is at it.
UNPACKED = "restore.tmp"
READY = "restore.ready"
_KEPT_AS = "kept_as"
_RECORDS, _WAL, _OUTPUTS = "records.duckdb", "records.duckdb.wal", "outputs"


def make_ready(folder: Path, kept_as: str) -> None:
    """Decides that what has been unpacked is the store from now on.

    What is there now goes to ``kept_as``, a folder beside it.
    """
    unpacked = folder / UNPACKED
    (unpacked / _KEPT_AS).write_text(kept_as, encoding="utf-8")
    for path in (unpacked / _KEPT_AS, unpacked):
        _sync(path)
    os.rename(unpacked, folder / READY)
    _sync(folder)


def finish_restore(folder: Path) -> None:
    """Does the moves that are left, if there are any; needs the folder's lock."""
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
