"""The records database file: coordinates its use, and attaches it again after a failure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from jupyter_batch.errors import StoreError
from jupyter_batch.store.duckdb.database import Connection, attach, transaction
from jupyter_batch.store.duckdb.errors import is_invalidated, translated

_log = logging.getLogger(__name__)


class Gate:
    """A lock for many shared users or one exclusive user."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._shut = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Waits for the exclusive user, then holds the lock as a shared user."""
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits for all shared users, then holds the lock exclusively."""
        with self._changed:
            self._shut = True
            self._changed.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()


class RecordsFile:
    """Attached as ``records``; belongs to the writer thread, but for ``reading``.

    When a checkpoint fails, as on a full disk, DuckDB lets nobody use the database until it
    has been detached and attached again. That happens here, at once if it can be, else before
    the next use.
    """

    def __init__(self, connection: Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self.gate = Gate()
        #: Called after the file has been attached again: a commit that was reported as failed
        #: may have happened.
        self.on_return: Callable[[], None] = lambda: None
        self._is_broken = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Runs the body in one transaction; raises errors of the tree."""
        with self.use(), transaction(self.connection):
            yield

    @contextmanager
    def use(self) -> Iterator[None]:
        """Raises errors as those of the tree."""
        if self._is_broken:
            self._attach_again()
        try:
            with translated(self.path):
                yield
        except StoreError as error:
            if is_invalidated(error):
                self._is_broken = True
                self._try_again()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Holds the file for a reader, so that it is not replaced meanwhile."""
        with self.gate.shared(), translated(self.path):
            yield

    def _try_again(self) -> None:
        try:
            self._attach_again()
        except StoreError:
            _log.warning("the records database cannot be used for now", exc_info=True)

    def _attach_again(self) -> None:
        with self.gate.alone():
            try:
                self.connection.execute("DETACH DATABASE IF EXISTS records")
            except duckdb.Error:
                _log.debug("detaching says again why the database broke", exc_info=True)
            attach(self.connection, self.path, "records", "records")
        self._is_broken = False
        self.on_return()
