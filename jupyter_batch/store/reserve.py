"""Reserved disk space, so that deleting works on a full disk."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from jupyter_batch.errors import StoreFull

_log = logging.getLogger(__name__)
T = TypeVar("T")

NAME = "reserve"
SIZE = 2 * 1024 * 1024


class Reserve:
    """A file that is removed when its space is needed, and recreated when there is space."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def fill(self) -> None:
        """Reserves the space, if there is enough."""
        try:
            if self._path.exists() and self._path.stat().st_size == SIZE:
                return
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # Written out, because a sparse file takes no space.
                os.pwrite(descriptor, os.urandom(SIZE), 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if self._path.stat().st_size != SIZE:
                self._path.unlink()
        except OSError:
            _log.info("no space can be set aside in %s", self._path.parent, exc_info=True)
            self._path.unlink(missing_ok=True)

    def with_room(self, work: Callable[[], T]) -> T:
        """Does the work. If the disk is full, releases the reserve and tries again."""
        try:
            return work()
        except StoreFull:
            if not self._path.exists():
                raise
            _log.warning("the disk is full: using the space that was set aside for deleting")
            self._path.unlink()
            return work()
