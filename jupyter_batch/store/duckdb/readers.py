"""Runs reads in a small pool of threads with a cursor each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from jupyter_batch.errors import StoreClosed
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.records_file import RecordsFile

T = TypeVar("T")
P = ParamSpec("P")


class Readers:
    """Runs read functions off the event loop; each sees one state of the database."""

    def __init__(self, records: RecordsFile, *, threads: int = 4) -> None:
        self._records = records
        self._local = threading.local()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="jupyter-batch-reader")
        self._closed = False

    async def run(
        self, read: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Returns what ``read(cursor, ...)`` returns."""
        if self._closed:
            raise StoreClosed("the store is closed: its owner is ending")

        def work() -> T:
            with self._records.reading():
                cursor = self._cursor()
                cursor.execute("BEGIN TRANSACTION")
                try:
                    return read(cursor, *args, **kwargs)
                finally:
                    cursor.execute("ROLLBACK")

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def close(self) -> None:
        """Waits for pending reads and closes the cursors."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)

    def _cursor(self) -> Connection:
        cursor: Connection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            with self._lock:
                cursor = self._local.cursor = self._records.connection.cursor()
        return cursor
