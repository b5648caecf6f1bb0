"""What can be asked of lists."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.value import Value

T = TypeVar("T")

#: Items on a page when the caller does not say, and at most.
DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


class RunQuery(Value, frozen=True, kw_only=True):
    """Which runs, newest first (by id, which sorts by creation)."""

    limit: int = DEFAULT_LIMIT
    #: Id of the last run of the page before; None for the first page.
    after: str | None = None
    states: tuple[RunState, ...] = ()
    job_id: str | None = None
    sweep_id: str | None = None
    #: Created at or after, and before.
    since: datetime | None = None
    until: datetime | None = None
    #: Text that the run's name, notebook path or id contains, in any case.
    q: str | None = None


class JobQuery(Value, frozen=True, kw_only=True):
    """Which jobs, newest first."""

    limit: int = DEFAULT_LIMIT
    after: str | None = None
    q: str | None = None


class SweepQuery(Value, frozen=True, kw_only=True):
    """Which sweeps, newest first."""

    limit: int = DEFAULT_LIMIT
    after: str | None = None
    #: Text that the sweep's name, notebook path or id contains, in any case.
    q: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: tuple[T, ...]
    #: Id to ask for next; None at the end.
    next_after: str | None = None
