"""Jobs: a named notebook with parameters, environment and policies."""

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
    """The version of the notebook that a job's runs use."""

    #: The notebook on disk when the run is made.
    LATEST = "latest"
    #: The notebook that was on disk when the job was saved.
    PINNED = "pinned"


class Job(Value, frozen=True, kw_only=True):
    """A notebook, parameters, environment and policies, under a unique name."""

    id: str
    name: str
    #: Relative to ``root``, with ``/``.
    notebook: str
    #: The folder that ``notebook`` is relative to; empty for the owner's root.
    root: str = ""
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    priority: int = 0
    #: Most runs of the job that may be active at once; None for no limit.
    max_concurrent: int | None = None
    triggers: tuple[AnyTrigger, ...] = ()
    #: None: ``skip`` for a job with triggers, ``allow`` for one that is only run by hand.
    overlap_policy: OverlapPolicy | None = None
    retry: RetryPolicy = RetryPolicy()
    #: Number of failed runs in a row after which the triggers pause; None for never.
    pause_after_failures: int | None = None
    #: Time limit of a run with all its attempts, from the start of the first.
    run_timeout_seconds: float | None = None
    #: Time in the queue after which a run is skipped.
    queue_timeout_seconds: float | None = None
    #: Number of finished runs that are kept; None for the setting of that name.
    keep_runs: int | None = None
    #: Number of days that finished runs are kept. The newest success is always kept.
    keep_days: float | None = None
    source: Source = Source.LATEST
    #: Whether all triggers are paused.
    paused: bool = False
    #: One sentence; None if the job is not paused.
    paused_reason: str | None = None
    #: Failures before this do not count for ``pause_after_failures``.
    resumed_at: datetime | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def overlap(self) -> OverlapPolicy:
        """Returns the overlap policy in effect."""
        if self.overlap_policy is not None:
            return self.overlap_policy
        return OverlapPolicy.SKIP if self.triggers else OverlapPolicy.ALLOW

    def trigger(self, trigger_id: str | None) -> AnyTrigger | None:
        """Returns the trigger with an id, or None."""
        return next((t for t in self.triggers if t.id == trigger_id), None)


class TriggerState(Value, frozen=True, kw_only=True):
    """The progress of a trigger. It is stored beside its job."""

    trigger_id: str
    job_id: str
    progress: TriggerProgress
    #: When the trigger is due for the next decision; None for never, unless it changes.
    next_at: datetime | None = None
