"""Runs one query over the files of the store, in a process of its own (see sql_process.py)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import msgspec

from jupyter_batch.domain.sql_query import SqlColumn
from jupyter_batch.errors import InvalidQuery
from jupyter_batch.store.duckdb.database import Connection, quoted
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.query.sql_check import VIEWS, Checked, check, wrong
from jupyter_batch.store.query.sql_files import PROTOCOL, FileChanged, SharedFile, SharedFiles
from jupyter_batch.store.query.sql_messages import (
    MAX_BYTES,
    TOO_LARGE,
    DataFile,
    Question,
    Reply,
    too_long,
)
from jupyter_batch.store.query.sql_values import plain

_SQL = load_queries("views")
#: DuckDB's memory limit. The process as a whole may grow by GROWTH_BYTES.
_MEMORY = "384MB"
_DISK = "2GB"
#: Rows taken at once: of large ones, as few as can be.
_FETCH = 256
_WATCH_SECONDS = 0.02
_OF_MEMORY = ("bad_alloc", "Out of Memory", "failed to allocate", "max_temp_directory_size")
_OF_DISK = ("No space left on device", "Disk quota exceeded", "File too large")


class Execution:
    """The execution of one query."""

    def __init__(self, question: Question, folder: Path) -> None:
        """Create the execution; ``folder`` is for data that does not fit into memory."""
        self._question = question
        self._folder = folder
        self._deadline = time.monotonic() + question.timeout_seconds
        self._files: list[SharedFile] = []
        self._warnings: list[str] = []

    def run(self) -> Reply:
        """Runs the query and returns the reply; never raises."""
        with ExitStack() as stack:
            try:
                reply = self._run(stack)
                self._check_files()
            except FileChanged as error:
                reply = Reply(kind="changed", changed=(error.name,))
            except Exception as error:
                reply = self._failed(error)
            for file in self._files:
                stack.callback(file.close)
        return reply

    def _run(self, stack: ExitStack) -> Reply:
        shared = SharedFiles()
        connection = stack.enter_context(self._connected(shared))
        checked = check(connection, self._question.query)
        self._attach(connection, shared, self._question.records)
        self._make_views(connection, shared, checked)
        connection.execute("SET lock_configuration = true")
        with self._watched(connection):
            connection.execute(checked.statement)
            return self._answer(connection)

    @contextmanager
    def _connected(self, shared: SharedFiles) -> Iterator[Connection]:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY,
            "threads": 1,
            "temp_directory": str(self._folder),
            "max_temp_directory_size": _DISK,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # Names in SQL must not refer to Python variables.
            "python_enable_replacements": "false",
        }
        with duckdb.connect(":memory:", config=config) as connection:
            connection.register_filesystem(shared)
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            connection.execute(f"SET allowed_directories = ['{PROTOCOL}://']")
            connection.execute("SET enable_external_access = false")
            yield connection

    def _attach(self, connection: Connection, shared: SharedFiles, file: DataFile) -> None:
        copy_to = self._folder if file.name in self._question.copied else None
        opened = SharedFile(file, copy_to=copy_to)
        self._files.append(opened)
        try:
            connection.execute(f"ATTACH {quoted(shared.add(opened))} AS {file.name} (READ_ONLY)")
        except duckdb.Error as error:
            opened.check()
            if file.log_bytes and self._question.may_repeat and not _is_of_memory(error):
                raise FileChanged(file.name) from error
            raise

    def _make_views(self, connection: Connection, shared: SharedFiles, checked: Checked) -> None:
        for name in VIEWS:
            if name in checked.views:
                view = _SQL[name]
                if name == "outputs":
                    view = view.format(outputs=self._outputs(connection, shared))
                connection.execute(_SQL["create"].format(name=name, view=view))

    def _outputs(self, connection: Connection, shared: SharedFiles) -> str:
        parts = []
        for file in self._question.segments:
            try:
                self._attach(connection, shared, file)
                part = _SQL["outputs_of_segment"].format(segment=file.name)
                connection.execute(f"{part} LIMIT 0")
            except FileNotFoundError:
                self._warnings.append(
                    f"the outputs in {file.path} are not in the answer: the file is missing"
                )
                continue
            except (duckdb.Error, OSError) as error:
                self._check_files()
                if _is_of_memory(error):
                    raise
                self._warnings.append(
                    f"the outputs in {file.path} are not in the answer: the file cannot be read "
                    f"({_first_line(error)})"
                )
                continue
            parts.append(part)
        return "\nUNION ALL\n".join(parts) or _SQL["outputs_of_none"]

    def _answer(self, connection: Connection) -> Reply:
        limit = self._question.limit
        columns = tuple(
            SqlColumn(name=str(column[0]), type=str(column[1]).strip('"'))
            for column in connection.description or ()
        )
        rows: list[bytes] = []
        size = 0
        truncated = False
        while not truncated:
            # One more than wanted, to know whether there are more.
            fetched = connection.fetchmany(min(_FETCH, limit - len(rows) + 1))
            for row in fetched:
                encoded = msgspec.json.encode([plain(value) for value in row])
                size += len(encoded)
                if len(rows) == limit or size > MAX_BYTES:
                    truncated = True
                    break
                rows.append(encoded)
            if not fetched:
                break
            if time.monotonic() > self._deadline:
                raise duckdb.InterruptException("between two fetches")
        return Reply(
            kind="answer",
            columns=columns,
            rows=tuple(rows),
            truncated=truncated,
            warnings=tuple(self._warnings),
        )

    def _check_files(self) -> None:
        for file in self._files:
            file.check()

    def _failed(self, error: Exception) -> Reply:
        try:
            self._check_files()
        except FileChanged as changed:
            return Reply(kind="changed", changed=(changed.name,))
        if isinstance(error, InvalidQuery):
            return Reply(kind="invalid", message=error.message)
        if isinstance(error, duckdb.InterruptException):
            return Reply(kind="stopped", message=too_long(self._question.asked_seconds))
        if _is_of_memory(error):
            return Reply(kind="stopped", message=TOO_LARGE)
        if any(part in str(error) for part in _OF_DISK):
            return Reply(kind="stopped", message="no space is left on the disk for what it sorts")
        if isinstance(error, OSError | duckdb.OperationalError):
            return Reply(
                kind="stopped",
                message=f"the store cannot be read ({_first_line(error)}); see 'jupyter batch "
                "doctor'",
            )
        return Reply(kind="invalid", message=wrong(error).message)

    @contextmanager
    def _watched(self, connection: Connection) -> Iterator[None]:
        ended = threading.Event()

        def watch() -> None:
            """Interrupts repeatedly, because a query that has not begun yet ignores it."""
            wait = max(self._deadline - time.monotonic(), 0)
            while not ended.wait(wait):
                connection.interrupt()
                wait = _WATCH_SECONDS

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def _is_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError | duckdb.OutOfMemoryException) or (
        isinstance(error, duckdb.Error) and any(part in str(error) for part in _OF_MEMORY)
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
