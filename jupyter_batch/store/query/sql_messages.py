"""What the owner and a process that runs SQL say to each other, over its stdin and stdout."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from jupyter_batch.domain.sql_query import SqlColumn

#: Of an answer's rows.
MAX_BYTES = 32 * 1024 * 1024
#: Of a message: an answer's rows, and what is around them.
MAX_MESSAGE = 2 * MAX_BYTES
#: Bytes of the number that says how long a message is.
PREFIX = 4

M = TypeVar("M")


class DataFile(msgspec.Struct, frozen=True):
    """A database as it stood at one moment."""

    #: Unique among those of a question; also the name under which SQL has it.
    name: str
    path: str
    #: How much of its write-ahead log counts; 0 for no log.
    log_bytes: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One query, and the files that it may read."""

    query: str
    limit: int
    #: What is left of the time.
    timeout_seconds: float
    #: What was asked for, queueing included.
    asked_seconds: float
    records: DataFile
    segments: tuple[DataFile, ...]
    #: Names of files that change too often to be read where they are.
    copied: tuple[str, ...] = ()
    #: Whether a log that cannot be read may be one that has been begun anew meanwhile.
    may_repeat: bool = True


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What has come of a question."""

    #: ``changed`` means that files were written anew meanwhile: ask again.
    kind: Literal["answer", "invalid", "stopped", "changed"]
    message: str = ""
    columns: tuple[SqlColumn, ...] = ()
    #: Each a JSON array.
    rows: tuple[bytes, ...] = ()
    truncated: bool = False
    #: What is not in the answer because it cannot be read.
    warnings: tuple[str, ...] = ()
    #: Names of the files.
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
    """Says that a query took too long, and what to do."""
    return (
        f"it took longer than {seconds:g} s; narrow it down, or give it more time (timeout_seconds)"
    )
