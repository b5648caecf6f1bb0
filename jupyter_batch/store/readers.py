"""Reads, in a small pool of threads with a cursor each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from jupyter_batch.errors import StoreError
from jupyter_batch.store.database import Connection
from jupyter_batch.store.failures import translated

T = TypeVar("T")
P = ParamSpec("P")


class Gate:
    """Lets any number through, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._shut = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Waits while somebody is alone."""
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
        """Waits until nobody is inside, and keeps others out."""
        with self._changed:
            self._shut = True
            self._changed.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()


class Readers:
    """Runs read functions off the event loop; each sees one state of the database."""

    def __init__(self, connection: Connection, path: Path, *, threads: int = 4) -> None:
        self._connection = connection
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="jupyter-batch-reader")
        self._closed = False
        self.gate = Gate()

    async def run(
        self, read: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Returns what ``read(cursor, ...)`` returns."""
        if self._closed:
            raise StoreError("the store is closed")

        def work() -> T:
            with self.gate.shared(), translated(self._path):
                cursor = self._cursor()
                cursor.execute("BEGIN TRANSACTION")
                try:
                    return read(cursor, *args, **kwargs)
                finally:
                    cursor.execute("ROLLBACK")

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def close(self) -> None:
        """Waits for reads that go on."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)

    def _cursor(self) -> Connection:
        cursor: Connection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            with self._lock:
                cursor = self._local.cursor = self._connection.cursor()
        return cursor
