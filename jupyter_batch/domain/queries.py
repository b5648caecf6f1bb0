"""Queries of lists: filters, sort orders and pages."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.value import Value

T = TypeVar("T")

#: Items on a page by default, and at most.
DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


class RunSort(StrEnum):
    """The sort key of a list of runs. Ids break ties."""

    CREATED = "created"
    #: Runs that have not started sort as the earliest.
    STARTED = "started"
    #: Runs that are not over sort as the shortest.
    DURATION = "duration"
    #: Ignores case.
    NAME = "name"
    #: Sorts by the name of the state.
    STATE = "state"


class RunQuery(Value, frozen=True, kw_only=True):
    """A query of runs, newest first (by id, which sorts by creation) unless ``sort`` is set."""

    limit: int = DEFAULT_LIMIT
    #: Id of the last run of the page before; None for the first page.
    after: str | None = None
    states: tuple[RunState, ...] = ()
    job_id: str | None = None
    sweep_id: str | None = None
    #: Bounds of the creation time: at or after, and before.
    since: datetime | None = None
    until: datetime | None = None
    #: Text that the run's name, notebook path or id contains, in any case.
    q: str | None = None
    sort: RunSort = RunSort.CREATED
    #: Whether the least comes first.
    ascending: bool = False

    @property
    def is_newest_first(self) -> bool:
        """Returns whether the order is the default one."""
        return self.sort is RunSort.CREATED and not self.ascending


class JobQuery(Value, frozen=True, kw_only=True):
    """A query of jobs, newest first."""

    limit: int = DEFAULT_LIMIT
    after: str | None = None
    q: str | None = None


class SweepQuery(Value, frozen=True, kw_only=True):
    """A query of sweeps, newest first."""

    limit: int = DEFAULT_LIMIT
    after: str | None = None
    #: Text that the sweep's name, notebook path or id contains, in any case.
    q: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: tuple[T, ...]
    #: Id to ask for next; None at the end.
    next_after: str | None = None
