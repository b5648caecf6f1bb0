"""Arguments of queries (what comes after ``?``); unknown ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.queries import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    JobQuery,
    RunQuery,
    RunSort,
    SweepQuery,
)
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.cursors import after_of

_LARGEST = 2**63 - 1

Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)]
LogLimit = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
ArtifactLimit = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
AttemptNo = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
EventId = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Search = Annotated[str, msgspec.Meta(max_length=1000)]


class QueryParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all arguments."""


class Nothing(QueryParams, frozen=True, kw_only=True):
    """No arguments."""


class RunsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs``."""

    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None
    #: May be given more than once.
    state: tuple[RunState, ...] = ()
    job_id: Search | None = None
    sweep_id: Search | None = None
    #: Created at or after; with a zone.
    since: Instant | None = None
    #: Created before.
    until: Instant | None = None
    #: Text in the run's name, notebook path or id, in any case.
    q: Search | None = None

    def to_domain(self, *, job_id: str | None = None) -> RunQuery:
        """Returns the value of the domain; raises InvalidInput."""
        return RunQuery(
            limit=self.limit,
            after=None if self.cursor is None else after_of(self.cursor),
            states=self.state,
            job_id=job_id or self.job_id,
            sweep_id=self.sweep_id,
            since=None if self.since is None else utc(self.since, "since"),
            until=None if self.until is None else utc(self.until, "until"),
            q=self.q or None,
        )


class SortedRunsQuestion(RunsQuestion, frozen=True, kw_only=True):
    """``GET runs``, ``GET jobs/{id}/runs``: in another order than newest first, too."""

    sort: Literal["created", "started", "duration", "name", "state"] = "created"
    #: ``asc`` for least first.
    order: Literal["asc", "desc"] = "desc"

    def to_domain(self, *, job_id: str | None = None) -> RunQuery:
        """Returns the value of the domain; raises InvalidInput."""
        query = super().to_domain(job_id=job_id)
        return replace(query, sort=RunSort(self.sort), ascending=self.order == "asc")


class RunQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}``."""

    #: Answers once the run is over, and after so many seconds in any case.
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0


class JobsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET jobs``."""

    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None
    q: Search | None = None

    def to_domain(self) -> JobQuery:
        """Returns the value of the domain; raises InvalidInput."""
        after = None if self.cursor is None else after_of(self.cursor)
        return JobQuery(limit=self.limit, after=after, q=self.q or None)


class SweepsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET sweeps``."""

    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None
    #: Text in the sweep's name, notebook path or id, in any case.
    q: Search | None = None

    def to_domain(self) -> SweepQuery:
        """Returns the value of the domain; raises InvalidInput."""
        after = None if self.cursor is None else after_of(self.cursor)
        return SweepQuery(limit=self.limit, after=after, q=self.q or None)


class JobCheckQuestion(QueryParams, frozen=True, kw_only=True):
    """``POST jobs/check``."""

    #: The job that would be changed; left out for a new one.
    job_id: str | None = None


class NotebookQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}/notebook``."""

    format: Literal["ipynb", "html"] = "ipynb"
    #: The newest by default.
    attempt: AttemptNo | None = None
    #: ``true`` for the notebook as it was frozen, before it was executed.
    input: bool = False


class CellsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}/cells``."""

    attempt: AttemptNo | None = None
    outputs: bool = False


class OutputsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}/outputs``."""

    attempt: AttemptNo | None = None
    #: Index of the one cell that is asked about, from 0; all by default.
    cell: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class LogQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}/logs``."""

    attempt: AttemptNo | None = None
    #: Number of the last line that is known already.
    after: EventId = 0
    limit: LogLimit = 1000


class ArtifactQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET runs/{id}/artifacts/{path}``."""

    attempt: AttemptNo | None = None


class ArtifactsQuestion(ArtifactQuestion, frozen=True, kw_only=True):
    """``GET runs/{id}/artifacts``."""

    limit: ArtifactLimit = 1000
    cursor: str | None = None


class EventsQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET events``; the header Last-Event-ID goes before."""

    #: Id of the last event that is known already.
    after: EventId | None = None


class RunEventsQuestion(EventsQuestion, frozen=True, kw_only=True):
    """``GET runs/{id}/events``."""

    #: Whether events of kind ``output`` come too.
    outputs: bool = True


class ParametersQuestion(QueryParams, frozen=True, kw_only=True):
    """``GET notebooks/parameters``."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


def utc(instant: datetime, field: str) -> datetime:
    """Returns an instant in UTC; raises InvalidInput where that is out of range."""
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(f"{field} is out of range", field=field) from error
