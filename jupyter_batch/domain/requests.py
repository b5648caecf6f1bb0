"""What callers ask for, checked in form but not yet against the notebook."""

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
    #: The folder that it is named from; empty for the owner's own.
    root: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    #: Glob patterns of files beside the notebook that go along.
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
    #: The folder that it is named from; empty for the owner's own.
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
    """Change a job; what is UNSET stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    notebook: str | msgspec.UnsetType = msgspec.UNSET
    #: The folder that ``notebook`` is named from.
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

    #: What all the runs have; its parameters are in every set that has none of their names.
    run: RunRequest
    #: One for each run.
    parameter_sets: tuple[dict[str, Any], ...]
    #: Names in the sets that come from a grid.
    grid_names: frozenset[str] = frozenset()
    #: How many runs may be active at once; None for no limit of its own.
    max_concurrent: int | None = None


class ImportRequest(Value, frozen=True, kw_only=True):
    """Take a run that was executed elsewhere into the record."""

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
    #: In the place of the job's own.
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)


class BackfillSpan(Value, frozen=True, kw_only=True):
    """The stretch of time that was filled of one trigger."""

    trigger_id: str
    #: IANA name; what was asked for without an offset was read in it.
    timezone: str
    #: ISO 8601 in that zone, with the offset.
    since: str = msgspec.field(name="from")
    #: Not included.
    until: str = msgspec.field(name="to")
    #: What a change of clocks made of the two: ``after the gap``, ``first of two``,
    #: ``second of two``; None where clocks do nothing odd.
    since_note: str | None = msgspec.field(default=None, name="from_note")
    until_note: str | None = msgspec.field(default=None, name="to_note")


class BackfillReport(Value, frozen=True, kw_only=True):
    """What a backfill has made."""

    #: All its runs have it.
    id: str
    #: How many runs were made.
    made: int
    #: Instants left out: how many have succeeded before, and how many are waiting or running.
    succeeded_before: int
    unfinished_before: int
    #: One for each trigger, in the job's order.
    spans: tuple[BackfillSpan, ...] = ()
