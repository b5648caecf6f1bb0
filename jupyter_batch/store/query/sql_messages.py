"""Messages between the owner and a process that runs SQL, over its stdin and stdout."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from jupyter_batch.domain.sql_query import SqlColumn

#: Most bytes of an answer's rows.
MAX_BYTES = 32 * 1024 * 1024
#: Most bytes of a message: an answer's rows and its other fields.
MAX_MESSAGE = 2 * MAX_BYTES
#: Bytes of the length prefix of a message.
PREFIX = 4

M = TypeVar("M")


class DataFile(msgspec.Struct, frozen=True):
    """A database at one moment."""

    #: Name in SQL, unique within a question.
    name: str
    path: str
    #: Valid bytes of its write-ahead log; 0 for no log.
    log_bytes: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One query, and the files that it may read."""

    query: str
    limit: int
    #: The remaining time.
    timeout_seconds: float
    #: The requested time, including the wait for a process.
    asked_seconds: float
    records: DataFile
    segments: tuple[DataFile, ...]
    #: Names of files that change too often to be read where they are.
    copied: tuple[str, ...] = ()
    #: Whether an unreadable log may have been restarted meanwhile.
    may_repeat: bool = True


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The reply to a question."""

    #: ``changed`` means that files were rewritten meanwhile: ask again.
    kind: Literal["answer", "invalid", "stopped", "changed"]
    message: str = ""
    columns: tuple[SqlColumn, ...] = ()
    #: Rows as JSON arrays.
    rows: tuple[bytes, ...] = ()
    truncated: bool = False
    #: Warnings about data that could not be read.
    warnings: tuple[str, ...] = ()
    #: Names of the rewritten files.
    changed: tuple[str, ...] = ()


def encode(message: Question | Reply) -> bytes:
    """Returns a message with its length before it."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(PREFIX, "big") + content


def decode(content: bytes, kind: type[M]) -> M:
    """Returns the message."""
    return msgspec.msgpack.decode(content, type=kind)


TOO_LARGE = (
    "it needed more memory than queries may have: narrow it down (WHERE run_id = ...), read "
    "fewer and shorter columns (left(body, 1000) in the place of body), or aggregate less at once"
)


def too_long(seconds: float) -> str:
    """Returns the message for a query that took too long, with advice."""
    return (
        f"it took longer than {seconds:g} s; narrow it down, or give it more time (timeout_seconds)"
    )
