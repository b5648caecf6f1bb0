"""Reads databases of the store in another process while their owner has them open.

DuckDB locks a database for one process. Reading it all the same is safe for as long as no
checkpoint ends meanwhile: until its last step, the writing of a header, a checkpoint only writes
to blocks that nothing refers to, for it must be possible to crash in it. So the header is
compared before and after; what was read in between with another header is thrown away.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsspec.spec import AbstractFileSystem

from jupyter_batch.store.query.sql_messages import DataFile

PROTOCOL = "store"
#: DuckDB's main header and the two headers that checkpoints write in turn.
_HEADERS = 3 * 4096


class FileChanged(Exception):
    """A file was rewritten; the name is that of its DataFile."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class SharedFile:
    """A database and its write-ahead log at one moment."""

    def __init__(self, file: DataFile, *, copy_to: Path | None = None) -> None:
        """Raises FileNotFoundError, FileChanged; with ``copy_to`` it is copied there first."""
        self.name = file.name
        self._log: int | None = None
        self._handle = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._headers = os.pread(self._handle, _HEADERS, 0)
            self._log_bytes = file.log_bytes
            if file.log_bytes:
                try:
                    self._log = os.open(file.path + ".wal", os.O_RDONLY | os.O_CLOEXEC)
                except FileNotFoundError as error:
                    raise FileChanged(self.name) from error
            self.check()
            if copy_to is not None:
                self._copy(copy_to)
        except BaseException:
            self.close()
            raise

    def check(self) -> None:
        """Raises FileChanged if the data read so far may be wrong."""
        is_same = os.pread(self._handle, _HEADERS, 0) == self._headers
        if not is_same or (self._log is not None and os.fstat(self._log).st_size < self._log_bytes):
            raise FileChanged(self.name)

    def parts(self) -> dict[str, _Part]:
        """Returns the database and its log by the names that DuckDB uses."""
        name = f"{self.name}.duckdb"
        parts = {name: _Part(self._handle, os.fstat(self._handle).st_size)}
        if self._log is not None:
            parts[f"{name}.wal"] = _Part(self._log, self._log_bytes)
        return parts

    def close(self) -> None:
        """Closes both."""
        for handle in (self._handle, self._log):
            if handle is not None:
                os.close(handle)

    def _copy(self, folder: Path) -> None:
        handle = _copied(self._handle, folder)
        try:
            log = None if self._log is None else _copied(self._log, folder)
            self.check()
        except BaseException:
            os.close(handle)
            raise
        self.close()
        self._handle, self._log = handle, log


class SharedFiles(AbstractFileSystem):  # type: ignore[misc]
    """A read-only file system for DuckDB with the added files only."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, _Part] = {}

    def add(self, file: SharedFile) -> str:
        """Adds a file and returns its address."""
        self._parts |= file.parts()
        return f"{PROTOCOL}://{file.name}.duckdb"

    def open(self, path: str, mode: str = "rb", **_: Any) -> _Reader:
        """Opens a file for reading."""
        if mode not in ("r", "rb"):
            raise PermissionError(f"{path} is only for reading")
        return _Reader(self._part(path))

    def exists(self, path: str, **_: Any) -> bool:
        """Returns whether the file exists."""
        return self._name(path) in self._parts

    def isfile(self, path: str) -> bool:
        """Returns whether the file exists."""
        return self.exists(path)

    def size(self, path: str) -> int:
        """Returns the bytes of a file."""
        return self._part(path).size

    def modified(self, path: str) -> datetime:
        """Returns the same instant always: these files do not change."""
        return datetime.fromtimestamp(0, UTC)

    def glob(self, path: str, **_: Any) -> list[str]:
        """Returns nothing, because files cannot be listed."""
        return []

    def _name(self, path: str) -> str:
        return str(path).removeprefix(f"{PROTOCOL}://")

    def _part(self, path: str) -> _Part:
        try:
            return self._parts[self._name(path)]
        except KeyError:
            raise FileNotFoundError(path) from None


class _Part:
    def __init__(self, handle: int, size: int) -> None:
        self.handle = handle
        self.size = size


class _Reader:
    """The file interface that DuckDB needs."""

    def __init__(self, part: _Part) -> None:
        self._part = part
        self._place = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._part.size}
        self._place = start[whence] + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = max(self._part.size - self._place, 0)
        content = os.pread(self._part.handle, left if size < 0 else min(size, left), self._place)
        self._place += len(content)
        return content

    def close(self) -> None:
        """Does nothing: the SharedFile closes it."""


def _copied(source: int, folder: Path) -> int:
    """Returns an unnamed copy, which disappears with this process."""
    with (
        tempfile.TemporaryFile(dir=folder, buffering=0) as target,
        open(source, "rb", buffering=0, closefd=False) as original,
    ):
        original.seek(0)
        shutil.copyfileobj(original, target, 4 * 1024 * 1024)
        return os.dup(target.fileno())
