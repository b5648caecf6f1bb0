"""SQL over the documented views: what is asked and what is answered."""

from __future__ import annotations

import msgspec

from jupyter_batch.domain.value import Value

#: Rows when the caller does not say, and at most.
DEFAULT_ROWS = 10_000
MAX_ROWS = 100_000
DEFAULT_SECONDS = 30.0
MAX_SECONDS = 300.0


class SqlQuery(Value, frozen=True, kw_only=True):
    """One SELECT over the views."""

    query: str
    #: Rows that are answered; what goes beyond is left out.
    limit: int = DEFAULT_ROWS
    #: After so long it is interrupted.
    timeout_seconds: float = DEFAULT_SECONDS


class SqlColumn(Value, frozen=True, kw_only=True):
    """A column of an answer."""

    name: str
    #: DuckDB's name of its type, such as ``BIGINT``, ``VARCHAR``, ``TIMESTAMP`` (UTC).
    type: str


class SqlAnswer(Value, frozen=True, kw_only=True):
    """Rows in order."""

    columns: tuple[SqlColumn, ...]
    #: Each a JSON array. NaN and infinities are ``"NaN"``, ``"Infinity"``, ``"-Infinity"``,
    #: instants and dates ISO 8601, intervals seconds, bytes base64.
    rows: tuple[msgspec.Raw, ...]
    #: Whether there were more rows than were asked for, or than fit into an answer.
    truncated: bool
    #: How long it took.
    seconds: float
    #: What is not in the answer because it cannot be read, such as a missing output file.
    warnings: tuple[str, ...] = ()
