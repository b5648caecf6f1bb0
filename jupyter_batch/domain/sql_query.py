"""Queries and answers of SQL over the documented views."""

from __future__ import annotations

import msgspec

from jupyter_batch.domain.value import Value

#: Rows by default, and at most.
DEFAULT_ROWS = 10_000
MAX_ROWS = 100_000
DEFAULT_SECONDS = 30.0
MAX_SECONDS = 300.0


class SqlQuery(Value, frozen=True, kw_only=True):
    """One SELECT over the views."""

    query: str
    #: Most rows in the answer.
    limit: int = DEFAULT_ROWS
    #: Time after which the query is interrupted.
    timeout_seconds: float = DEFAULT_SECONDS


class SqlColumn(Value, frozen=True, kw_only=True):
    """A column of an answer."""

    name: str
    #: DuckDB's name of its type, such as ``BIGINT``, ``VARCHAR``, ``TIMESTAMP`` (UTC).
    type: str


class SqlAnswer(Value, frozen=True, kw_only=True):
    """Rows in order."""

    columns: tuple[SqlColumn, ...]
    #: Rows as JSON arrays. NaN and infinities are ``"NaN"``, ``"Infinity"``, ``"-Infinity"``,
    #: instants and dates ISO 8601, intervals seconds, bytes base64.
    rows: tuple[msgspec.Raw, ...]
    #: Whether there were more rows than were asked for, or than fit into an answer.
    truncated: bool
    #: Duration of the query.
    seconds: float
    #: Warnings about data that could not be read, such as a missing output file.
    warnings: tuple[str, ...] = ()
