"""What can be asked of lists."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.value import Value

T = TypeVar("T")

#: Items on a page when the caller does not say, and at most.
DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


class RunSort(StrEnum):
    """What runs are listed by; runs that are alike stand by their ids."""

    CREATED = "created"
    #: Those that have not started count as the earliest.
    STARTED = "started"
    #: Those that are not over count as the shortest.
    DURATION = "duration"
    #: In any case.
    NAME = "name"
    #: By its word.
    STATE = "state"


class RunQuery(Value, frozen=True, kw_only=True):
    """Which runs, newest first (by id, which sorts by creation) unless ``sort`` says otherwise."""

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
    sort: RunSort = RunSort.CREATED
    #: Least first, rather than last.
    ascending: bool = False

    @property
    def is_newest_first(self) -> bool:
        """Whether it asks for the order that all lists have."""
        return self.sort is RunSort.CREATED and not self.ascending


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
