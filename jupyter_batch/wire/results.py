"""Requests and answers about results and SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from jupyter_batch.domain.results import ResultRow
from jupyter_batch.domain.sql_query import (
    DEFAULT_ROWS,
    DEFAULT_SECONDS,
    MAX_ROWS,
    MAX_SECONDS,
    SqlColumn,
    SqlQuery,
)
from jupyter_batch.wire.query_params import AttemptNo, QueryParams, RunsQuestion, Search

MAX_RESULT_ROWS = 10_000


class ResultsQuestion(RunsQuestion, frozen=True, kw_only=True):
    """``GET results``: as ``GET runs``, but for larger pages."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_RESULT_ROWS)] = 1000


class RunResultsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}/results``."""

    #: The newest by default.
    attempt: AttemptNo | None = None
    #: Only the one of this name.
    name: Search | None = None


class ResultAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a notebook has recorded."""

    name: str
    #: ``number``, ``text``, ``bool``, ``none``, ``datetime``, ``json``, ``table``, ``parquet``.
    type: str
    attempt_no: int
    recorded_at: datetime
    #: Characters of its JSON.
    size: int
    value: msgspec.Raw
    #: Whether the value was left out because of its size; ask for it by its name.
    omitted: bool = False


class ResultList(msgspec.Struct, frozen=True, kw_only=True):
    """The results of an attempt, in the order in which they were recorded."""

    items: tuple[ResultAnswer, ...]
    next_cursor: str | None = None


class ResultRowList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of runs with their results, newest first."""

    items: tuple[ResultRow, ...]
    next_cursor: str | None = None


class SqlBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST sql``."""

    query: Annotated[str, msgspec.Meta(min_length=1)]
    #: Rows that are answered; ``truncated`` tells of more.
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_ROWS)] = DEFAULT_ROWS
    #: After so long the query is interrupted.
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=MAX_SECONDS)] = DEFAULT_SECONDS

    def to_domain(self) -> SqlQuery:
        """Returns the value of the domain."""
        return SqlQuery(
            query=self.query, limit=self.limit, timeout_seconds=float(self.timeout_seconds)
        )


class CellOfRow(msgspec.Struct, frozen=True):
    """A result as clients read it."""

    type: str
    size: int
    value: Any = None


class RowOfRun(msgspec.Struct, frozen=True):
    """A ``ResultRow`` as clients read it."""

    run_id: str
    job_id: str | None
    name: str
    state: str
    attempt_no: int | None
    scheduled_for: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    parameters: dict[str, Any]
    results: dict[str, CellOfRow]
    duration_seconds: float | None = None


class PageOfRows(msgspec.Struct, frozen=True):
    """A ``ResultRowList`` as clients read it."""

    items: list[RowOfRun]
    next_cursor: str | None = None


class SqlRows(msgspec.Struct, frozen=True):
    """An ``SqlAnswer`` as clients read it."""

    columns: list[SqlColumn]
    rows: list[list[Any]]
    truncated: bool
    seconds: float
    warnings: list[str] = []
