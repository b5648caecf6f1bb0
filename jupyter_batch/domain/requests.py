"""Requests of callers: decoded, but not yet validated against the notebook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.job import Source
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.run import RunState, TriggerKind
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.value import Value


class RunRequest(Value, frozen=True, kw_only=True):
    """Run this notebook, with these parameters, in this environment, now."""

    notebook: str
    #: The folder that the notebook's path is relative to; empty for the owner's root.
    root: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    #: Glob patterns of files beside the notebook that are copied along.
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    #: None for the notebook's file name.
    name: str | None = None
    priority: int = 0
    #: The notebook itself, from callers whose disk the server does not see.
    content: bytes | None = None
    #: Files that come with ``content``.
    uploads: tuple[FrozenFile, ...] = ()


class JobRequest(Value, frozen=True, kw_only=True):
    """Make a job."""

    name: str
    notebook: str
    #: The folder that the notebook's path is relative to; empty for the owner's root.
    root: str = ""
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    priority: int = 0
    max_concurrent: int | None = None
    triggers: tuple[AnyTrigger, ...] = ()
    overlap_policy: OverlapPolicy | None = None
    retry: RetryPolicy = RetryPolicy()
    pause_after_failures: int | None = None
    run_timeout_seconds: float | None = None
    queue_timeout_seconds: float | None = None
    keep_runs: int | None = None
    keep_days: float | None = None
    source: Source = Source.LATEST


class JobChanges(Value, frozen=True, kw_only=True):
    """Change a job. UNSET fields stay as they are."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    notebook: str | msgspec.UnsetType = msgspec.UNSET
    #: The folder that ``notebook`` is relative to.
    root: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    environment: Environment | msgspec.UnsetType = msgspec.UNSET
    files: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    timeout_seconds: float | msgspec.UnsetType | None = msgspec.UNSET
    priority: int | msgspec.UnsetType = msgspec.UNSET
    max_concurrent: int | msgspec.UnsetType | None = msgspec.UNSET
    triggers: tuple[AnyTrigger, ...] | msgspec.UnsetType = msgspec.UNSET
    overlap_policy: OverlapPolicy | msgspec.UnsetType | None = msgspec.UNSET
    retry: RetryPolicy | msgspec.UnsetType = msgspec.UNSET
    pause_after_failures: int | msgspec.UnsetType | None = msgspec.UNSET
    run_timeout_seconds: float | msgspec.UnsetType | None = msgspec.UNSET
    queue_timeout_seconds: float | msgspec.UnsetType | None = msgspec.UNSET
    keep_runs: int | msgspec.UnsetType | None = msgspec.UNSET
    keep_days: float | msgspec.UnsetType | None = msgspec.UNSET
    source: Source | msgspec.UnsetType = msgspec.UNSET


class SweepRequest(Value, frozen=True, kw_only=True):
    """Run a notebook once for each of many parameter sets."""

    #: The common part of all runs. Its parameters are the defaults of every set.
    run: RunRequest
    #: One parameter set for each run.
    parameter_sets: tuple[dict[str, Any], ...]
    #: Names in the sets that come from a grid.
    grid_names: frozenset[str] = frozenset()
    #: Most runs that may be active at once; None for no limit.
    max_concurrent: int | None = None


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
    max_concurrent: int = 1
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
