"""A job: what to run, under a name."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.schedule.trigger import AnyTrigger, TriggerProgress
from jupyter_batch.domain.value import Value


class Source(StrEnum):
    """Which notebook a job's runs take."""

    #: The one on disk when the run is made.
    LATEST = "latest"
    #: The one that was on disk when the job was saved.
    PINNED = "pinned"


class Job(Value, frozen=True, kw_only=True):
    """A notebook, parameters, environment and policies, under a unique name."""

    id: str
    name: str
    #: Relative to ``root``, with ``/``.
    notebook: str
    #: The folder that the notebook is named from, whoever is the owner; empty for the owner's own.
    root: str = ""
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    priority: int = 0
    #: How many runs of the job may be active at once; None for no limit of its own.
    max_concurrent: int | None = None
    triggers: tuple[AnyTrigger, ...] = ()
    #: None: ``skip`` for a job with triggers, ``allow`` for one that is only run by hand.
    overlap_policy: OverlapPolicy | None = None
    retry: RetryPolicy = RetryPolicy()
    #: The triggers pause by themselves after so many failed runs in a row; None for never.
    pause_after_failures: int | None = None
    #: Of a run with all its attempts, from the start of the first.
    run_timeout_seconds: float | None = None
    #: A run that has waited so long is skipped.
    queue_timeout_seconds: float | None = None
    #: How many of its runs that are over are kept; None for what the settings say.
    keep_runs: int | None = None
    #: For how many days; the newest success is always kept.
    keep_days: float | None = None
    source: Source = Source.LATEST
    #: Whether all triggers rest.
    paused: bool = False
    #: One sentence; None where it is not paused.
    paused_reason: str | None = None
    #: Failures before this do not count for ``pause_after_failures``.
    resumed_at: datetime | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def overlap(self) -> OverlapPolicy:
        """The policy that holds."""
        if self.overlap_policy is not None:
            return self.overlap_policy
        return OverlapPolicy.SKIP if self.triggers else OverlapPolicy.ALLOW

    def trigger(self, trigger_id: str | None) -> AnyTrigger | None:
        """Returns one of the triggers, or None."""
        return next((t for t in self.triggers if t.id == trigger_id), None)


class TriggerState(Value, frozen=True, kw_only=True):
    """How far a trigger is; stored beside its job."""

    trigger_id: str
    job_id: str
    progress: TriggerProgress
    #: When it must be looked at next; None for never, unless it changes.
    next_at: datetime | None = None
