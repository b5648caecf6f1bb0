"""Runs SQL of users in separate processes with a timeout."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from pathlib import Path

import msgspec

from jupyter_batch.domain.sql_query import SqlAnswer, SqlQuery
from jupyter_batch.errors import InvalidQuery, QueryStopped, StoreClosed
from jupyter_batch.store.duckdb.records_file import RecordsFile
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.query.sql_messages import TOO_LARGE, DataFile, Question, Reply, too_long
from jupyter_batch.store.query.sql_process import ProcessEnded, SqlProcess
from jupyter_batch.store.segments import Segments

_log = logging.getLogger(__name__)
#: Most queries at once. The wait of others counts as part of their time.
_PROCESSES = 2
#: Idle seconds after which a process ends.
_IDLE_SECONDS = 60.0
#: Seconds after its deadline in which a query can end by itself, before its process is killed.
_GRACE_SECONDS = 0.5
#: Number of retries for an unreadable log, which may just have been restarted.
_MOST_REPEATED = 5


class SqlReads:
    """Answers queries over the views without blocking the rest of the store."""

    def __init__(self, records: RecordsFile, segments: Segments, writer: Writer) -> None:
        self._records = records
        self._segments = segments
        self._writer = writer
        self._folder = records.path.parent / "tmp"
        self._slots = asyncio.Semaphore(_PROCESSES)
        self._idle: dict[SqlProcess, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[SqlAnswer]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        #: Queries that ``close`` has cancelled.
        self._ended: set[asyncio.Task[SqlAnswer]] = set()
        self._closed = False

    async def ask(self, asked: SqlQuery) -> SqlAnswer:
        """Returns the answer; raises InvalidQuery, QueryStopped. Cancelling it ends the query."""
        if self._closed:
            raise StoreClosed("the store is closed: its owner is ending")
        task = asyncio.create_task(self._ask(asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await task
        except asyncio.CancelledError:
            if task in self._ended:
                raise _stopped("the server is being stopped") from None
            raise
        finally:
            self._ended.discard(task)

    async def close(self) -> None:
        """Ends running queries and all processes."""
        self._closed = True
        for process in tuple(self._idle):
            self._end_idle(process)
        tasks = tuple(self._tasks)
        self._ended.update(tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _ask(self, asked: SqlQuery) -> SqlAnswer:
        began = time.monotonic()
        try:
            async with asyncio.timeout(asked.timeout_seconds + _GRACE_SECONDS), self._slots:
                reply = await self._in_process(asked, began)
        except TimeoutError as error:
            raise _stopped(too_long(asked.timeout_seconds)) from error
        if reply.kind == "invalid":
            raise InvalidQuery(reply.message, field="query")
        if reply.kind == "stopped":
            raise _stopped(reply.message)
        for warning in reply.warnings:
            _log.warning("%s", warning)
        return SqlAnswer(
            columns=reply.columns,
            rows=tuple(map(msgspec.Raw, reply.rows)),
            truncated=reply.truncated,
            seconds=round(time.monotonic() - began, 6),
            warnings=reply.warnings,
        )

    async def _in_process(self, asked: SqlQuery, began: float) -> Reply:
        process = self._take_idle() or SqlProcess(self._folder)
        try:
            reply = await self._converse(process, asked, began)
        except ProcessEnded as error:
            await process.kill()
            raise _stopped(TOO_LARGE) from error
        except BaseException:
            await process.kill()
            raise
        self._keep_idle(process)
        return reply

    async def _converse(self, process: SqlProcess, asked: SqlQuery, began: float) -> Reply:
        """Asks the process, and asks again if files were rewritten meanwhile."""
        changed: set[str] = set()
        copied: set[str] = set()
        for number in itertools.count():
            records, segments = await self._writer.call(self._snapshot)
            left = asked.timeout_seconds - (time.monotonic() - began)
            if left <= 0:
                return Reply(kind="stopped", message=too_long(asked.timeout_seconds))
            reply = await process.ask(
                Question(
                    query=asked.query,
                    limit=asked.limit,
                    timeout_seconds=left,
                    asked_seconds=asked.timeout_seconds,
                    records=records,
                    segments=segments,
                    copied=tuple(copied),
                    may_repeat=number < _MOST_REPEATED,
                )
            )
            if reply.kind != "changed":
                return reply
            # Files that keep changing are copied, because a copy takes less time than a query.
            copied |= changed.intersection(reply.changed)
            changed.update(reply.changed)
        raise AssertionError("counting has no end")

    def _snapshot(self) -> tuple[DataFile, tuple[DataFile, ...]]:
        """Returns the files between two transactions. Call it in the writer thread."""
        segments = self._segments.paths()
        return _data_file("records", self._records.path), tuple(
            _data_file(f"outputs_{number}", path) for number, path in segments.items()
        )

    def _take_idle(self) -> SqlProcess | None:
        if not self._idle:
            return None
        process, timer = self._idle.popitem()
        timer.cancel()
        return process

    def _keep_idle(self, process: SqlProcess) -> None:
        loop = asyncio.get_running_loop()
        self._idle[process] = loop.call_later(_IDLE_SECONDS, self._end_idle, process)
        if self._closed:
            self._end_idle(process)

    def _end_idle(self, process: SqlProcess) -> None:
        self._idle.pop(process).cancel()
        task = asyncio.create_task(process.kill())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _data_file(name: str, path: Path) -> DataFile:
    try:
        log_bytes = Path(f"{path}.wal").stat().st_size
    except FileNotFoundError:
        log_bytes = 0
    return DataFile(name, str(path), log_bytes)


def _stopped(why: str) -> QueryStopped:
    return QueryStopped(f"the query was stopped: {why}")
