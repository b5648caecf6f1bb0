"""Runs SQL of users: on cursors of its own, in threads of its own, for so long and no longer."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import duckdb
import msgspec
import psutil

from jupyter_batch.domain.sql import SqlAnswer, SqlColumn, SqlQuery
from jupyter_batch.errors import QueryStopped, StoreClosed, StoreError
from jupyter_batch.store.database import Connection
from jupyter_batch.store.records_file import RecordsFile
from jupyter_batch.store.segments import Segments
from jupyter_batch.store.sql import load_queries
from jupyter_batch.store.sql_check import VIEWS, Checked, check, wrong
from jupyter_batch.store.sql_values import plain

_log = logging.getLogger(__name__)
_SQL = load_queries("views")
#: Queries at once; others wait, which counts as part of their time.
_THREADS = 2
_WATCH_SECONDS = 0.02
_FETCH = 2048
#: Of an answer.
MAX_BYTES = 32 * 1024 * 1024
#: By how much the process may grow under a query, above what DuckDB itself may hold.
_GROWTH_BYTES = 512 * 1024 * 1024
#: Of the memory that DuckDB may use, so much is for queries; writers must have the rest.
_SHARE = 0.6
_MINE = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.DataError,
    duckdb.InvalidInputException,
    duckdb.InvalidTypeException,
    duckdb.NotImplementedException,
    duckdb.OutOfRangeException,
    duckdb.SyntaxException,
    duckdb.TransactionException,
    duckdb.TypeMismatchException,
)


class SqlReads:
    """Answers queries over the views; nothing else of the store waits for it."""

    def __init__(self, records: RecordsFile, segments: Segments) -> None:
        self._records = records
        self._segments = segments
        row = records.connection.execute(_SQL["memory_limit"]).fetchone()
        self._memory_bytes = int(row[0]) if row else 0
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="jupyter-batch-sql")
        self._running: set[_Query] = set()
        self._closed = False

    async def ask(self, asked: SqlQuery) -> SqlAnswer:
        """Returns the answer; raises InvalidQuery, QueryStopped. A caller who goes away ends it."""
        if self._closed:
            raise StoreClosed("the store is closed: its owner is ending")
        query = _Query(asked, self._records, self._segments, self._memory_bytes)
        self._running.add(query)
        future = self._pool.submit(query.run)
        try:
            return await asyncio.wrap_future(future)
        finally:
            # Also where nobody waits for it any more.
            query.stop("whoever asked has gone")
            self._running.discard(query)

    async def close(self) -> None:
        """Interrupts what is going on and waits for its end."""
        self._closed = True
        for query in tuple(self._running):
            query.stop("the server is being stopped")
        await asyncio.to_thread(self._pool.shutdown)


class _Query:
    """One query: a thread that works and one that watches it."""

    def __init__(
        self, asked: SqlQuery, records: RecordsFile, segments: Segments, memory_bytes: int
    ) -> None:
        self._asked = asked
        self._records = records
        self._segments = segments
        self._memory_bytes = memory_bytes
        self._began = time.monotonic()
        self._deadline = self._began + asked.timeout_seconds
        #: Why it is to end; set once.
        self._cause: str | None = None
        #: It is in the way of somebody who wants the file for himself.
        self._yields = False
        self._ended = threading.Event()

    def stop(self, cause: str) -> None:
        """Ends it soon; no harm where it has ended."""
        self._cause = self._cause or cause

    def run(self) -> SqlAnswer:
        """Works, from the beginning again where the file was wanted by somebody meanwhile."""
        while True:
            self._yields = False
            if time.monotonic() > self._deadline:
                self.stop(self._too_long())
            if cause := self._why():
                raise QueryStopped(f"the query was stopped: {cause}")
            answer = self._once()
            if answer is not None:
                return answer

    def _once(self) -> SqlAnswer | None:
        """Returns the answer; None where it was interrupted to be begun anew."""
        with self._records.reading(), self._cursor() as cursor:
            try:
                return self._read(cursor)
            except duckdb.InterruptException as error:
                cause = self._why()
                if cause is None and self._is_in_the_way():
                    return None
                raise QueryStopped(
                    f"the query was stopped: {cause or 'it was interrupted'}"
                ) from error
            except duckdb.OutOfMemoryException as error:
                raise QueryStopped(f"the query was stopped: {self._too_large()}") from error
            except _MINE as error:
                raise wrong(error) from error

    def _read(self, cursor: Connection) -> SqlAnswer:
        checked = check(cursor, self._asked.query)
        with ExitStack() as leases:
            self._make_views(cursor, checked, leases)
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            try:
                with self._watched(cursor):
                    cursor.execute(checked.statement)
                    return self._answer(cursor)
            finally:
                cursor.execute("ROLLBACK")

    def _make_views(self, cursor: Connection, checked: Checked, leases: ExitStack) -> None:
        """Makes the views that are asked for; they end with the cursor."""
        for name in VIEWS:
            if name in checked.views:
                view = _SQL[name]
                if name == "outputs":
                    view = view.format(outputs=self._outputs(leases))
                cursor.execute(_SQL["create"].format(name=name, view=view))

    def _outputs(self, leases: ExitStack) -> str:
        parts = []
        for segment_id in self._segments.ids():
            try:
                alias = leases.enter_context(self._segments.lease(segment_id))
            except StoreError:
                _log.warning("outputs of a damaged segment are left out", exc_info=True)
                continue
            parts.append(_SQL["outputs_of_segment"].format(segment=alias))
        return "\nUNION ALL\n".join(parts) or _SQL["outputs_of_none"]

    def _answer(self, cursor: Connection) -> SqlAnswer:
        columns = tuple(
            SqlColumn(name=str(column[0]), type=str(column[1]).strip('"'))
            for column in cursor.description or ()
        )
        rows: list[msgspec.Raw] = []
        size = 0
        truncated = False
        while not truncated:
            # One more than wanted, to know whether there are more.
            fetched = cursor.fetchmany(min(_FETCH, self._asked.limit - len(rows) + 1))
            for row in fetched:
                encoded = msgspec.json.encode([plain(value) for value in row])
                size += len(encoded)
                if len(rows) == self._asked.limit or size > MAX_BYTES:
                    truncated = True
                    break
                rows.append(msgspec.Raw(encoded))
            if not fetched:
                break
            if self._why() or self._is_in_the_way():
                raise duckdb.InterruptException("between two fetches")
        return SqlAnswer(
            columns=columns,
            rows=tuple(rows),
            truncated=truncated,
            seconds=round(time.monotonic() - self._began, 6),
        )

    @contextmanager
    def _cursor(self) -> Iterator[Connection]:
        cursor = self._records.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def _watched(self, cursor: Connection) -> Iterator[None]:
        ended = threading.Event()
        watcher = threading.Thread(
            target=self._watch, args=(cursor, ended), name="jupyter-batch-sql-watch", daemon=True
        )
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _watch(self, cursor: Connection, ended: threading.Event) -> None:
        """Interrupts the query, again and again until it has ended, once there is a reason."""
        process = psutil.Process()
        most = process.memory_info().rss + self._memory_bytes + _GROWTH_BYTES
        looker = self._records.connection.cursor()
        try:
            while not ended.wait(_WATCH_SECONDS):
                if time.monotonic() > self._deadline:
                    self.stop(self._too_long())
                elif process.memory_info().rss > most or self._held(looker) > self._memory_bytes * (
                    _SHARE
                ):
                    self.stop(self._too_large())
                self._yields = self._yields or self._records.gate.is_wanted
                if self._cause is not None or self._yields:
                    cursor.interrupt()
        finally:
            looker.close()

    def _held(self, looker: Connection) -> int:
        row = looker.execute(_SQL["working_memory"]).fetchone()
        return int(row[0]) if row else 0

    def _why(self) -> str | None:
        return self._cause

    def _is_in_the_way(self) -> bool:
        return self._yields

    def _too_long(self) -> str:
        return (
            f"it took longer than {self._asked.timeout_seconds:g} s; narrow it down, or give it "
            "more time (timeout_seconds)"
        )

    def _too_large(self) -> str:
        return (
            "it needed more memory than queries may have, so that runs go on being recorded; "
            "narrow it down, or aggregate less at once"
        )
