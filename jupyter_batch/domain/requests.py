"""Requests of callers: decoded, but not yet validated against the notebook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.job_fields import JobSpec, RunFields
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.request_limits import BackfillConcurrency, Concurrency, Name
from jupyter_batch.domain.run import RunState, TriggerKind
from jupyter_batch.domain.value import Value


class RunRequest(RunFields, frozen=True, kw_only=True):
    """Run this notebook, with these parameters, in this environment, now."""

    #: The folder that the notebook's path is relative to; empty for the owner's root.
    root: str = ""
    environment: Environment = Environment()
    #: None for the notebook's file name.
    name: Name | None = None
    #: The notebook itself, from callers whose disk the server does not see.
    content: bytes | None = None
    #: Files that come with ``content``.
    uploads: tuple[FrozenFile, ...] = ()


class JobRequest(JobSpec, frozen=True, kw_only=True):
    """Make a job."""


class SweepRequest(Value, frozen=True, kw_only=True):
    """Run a notebook once for each of many parameter sets."""

    #: The common part of all runs. Its parameters are the defaults of every set.
    run: RunRequest
    #: One parameter set for each run.
    parameter_sets: tuple[dict[str, Any], ...]
    #: Names in the sets that come from a grid.
    grid_names: frozenset[str] = frozenset()
    #: Most runs that may be active at once; None for no limit.
    max_concurrent: Concurrency | None = None


class ImportRequest(Value, frozen=True, kw_only=True):
    """Import a run that was executed elsewhere."""

    name: str
    notebook: str
    #: The executed notebook.
    content: bytes
    state: RunState
    reason: str | None = None
    trigger: TriggerKind = TriggerKind.MANUAL
    job_id: str | None = None
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


class BackfillRequest(Value, frozen=True, kw_only=True):
    """Make the runs that the schedule of a job would have made."""

    #: Without an offset: local time of each trigger.
    since: datetime
    #: Not included.
    until: datetime
    #: None for all triggers.
    trigger_id: str | None = None
    max_concurrent: BackfillConcurrency = 1
    #: Override the job's parameters.
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)


class BackfillSpan(Value, frozen=True, kw_only=True):
    """The time range of one trigger in a backfill."""

    trigger_id: str
    #: IANA name of the zone in which instants without an offset were read.
    timezone: str
    #: ISO 8601 in that zone, with the offset.
    since: str = msgspec.field(name="from")
    #: Not included.
    until: str = msgspec.field(name="to")
    #: How a change of clocks affected the two: ``after the gap``, ``first of two``,
    #: ``second of two``; None if it did not.
    since_note: str | None = msgspec.field(default=None, name="from_note")
    until_note: str | None = msgspec.field(default=None, name="to_note")


class BackfillReport(Value, frozen=True, kw_only=True):
    """The result of a backfill."""

    #: Id of the backfill, which all its runs carry.
    id: str
    #: How many runs were made.
    made: int
    #: Numbers of skipped instants: those that succeeded before, and those that wait or run.
    succeeded_before: int
    unfinished_before: int
    #: One range for each trigger, in the job's order.
    spans: tuple[BackfillSpan, ...] = ()
