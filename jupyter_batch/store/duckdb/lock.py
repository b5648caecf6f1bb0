"""A lock on the data folder that survives the replacement of a database file."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

from jupyter_batch.store.duckdb.errors import locked_error, no_locks_error

_mine: set[str] = set()
_guard = threading.Lock()


class FolderLock:
    """Held from opening to closing. The system releases it when the process dies.

    DuckDB's own lock sits on the file and so cannot cover the moment in which reclaim puts
    a compacted file in its place. POSIX locks are not inherited by children, but do not keep
    out the same process: that is what ``_mine`` is for.
    """

    def __init__(self, folder: Path, *, lock: Callable[[int, int], object] = fcntl.lockf) -> None:
        """Raises StoreLocked, and StoreError where the folder's file system has no locks."""
        self._folder = folder
        self._key = os.path.realpath(folder)
        with _guard:
            if self._key in _mine:
                raise locked_error(folder, os.getpid())
            self._file = os.open(
                folder / "store.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                lock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN):
                    os.close(self._file)
                    raise no_locks_error(folder, error) from error
                text = os.read(self._file, 32).decode("ascii", "replace").strip()
                os.close(self._file)
                raise locked_error(folder, int(text) if text.isdigit() else None) from error
            _mine.add(self._key)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Releases the lock. Calling it again does nothing."""
        with _guard:
            if self._key in _mine:
                _mine.discard(self._key)
                os.close(self._file)
