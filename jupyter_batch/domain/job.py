"""Jobs: a named notebook with parameters, environment and policies."""

from __future__ import annotations

from datetime import datetime

from jupyter_batch.domain.job_fields import JobSpec
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.schedule.trigger import AnyTrigger, TriggerProgress
from jupyter_batch.domain.value import Value


class Job(JobSpec, frozen=True, kw_only=True):
    """A notebook, parameters, environment and policies, under a unique name."""

    id: str
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
