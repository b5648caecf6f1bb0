"""Overlap policies: decide on a new run while another run of its job is not over."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from jupyter_batch.domain.value import Value


class OverlapPolicy(StrEnum):
    """The rule for a new run of a job while another one is not over."""

    #: The new run is skipped.
    SKIP = "skip"
    #: The new run waits. While one waits, further ones are skipped.
    QUEUE = "queue"
    #: The new run waits behind all that wait already.
    QUEUE_ALL = "queue_all"
    #: All others are cancelled, and the new run starts after them.
    REPLACE = "replace"
    ALLOW = "allow"


class OverlapDecision(Value, frozen=True, kw_only=True):
    """The decision on a new run."""

    #: False: record it as ``skipped`` with the reason.
    admit: bool
    #: Runs to cancel along with it.
    cancel: tuple[str, ...] = ()
    #: One sentence: why it is skipped, why it waits, or why the others are cancelled.
    reason: str | None = None


def admit(
    policy: OverlapPolicy,
    *,
    active: Sequence[str],
    waiting: Sequence[str],
    forced: bool = False,
) -> OverlapDecision:
    """Decides on a new run of a job.

    ``active`` are the ids of the job's other runs that are starting, running or cancelling;
    ``waiting`` those that are queued, also for a retry. A forced run is always admitted and
    cancels nothing.
    """
    unfinished = (*active, *waiting)
    if forced or policy is OverlapPolicy.ALLOW or not unfinished:
        return OverlapDecision(admit=True)
    match policy:
        case OverlapPolicy.SKIP:
            return OverlapDecision(
                admit=False, reason=f"the run {unfinished[0]} of this job was not done"
            )
        case OverlapPolicy.REPLACE:
            return OverlapDecision(admit=True, cancel=unfinished, reason="a newer run replaces it")
        case OverlapPolicy.QUEUE if waiting:
            return OverlapDecision(
                admit=False, reason=f"the run {waiting[0]} of this job was waiting already"
            )
    return OverlapDecision(admit=True, reason=f"waits for the run {unfinished[0]} of this job")


def why_waits(policy: OverlapPolicy, *, active: Sequence[str], forced: bool = False) -> str | None:
    """Returns why other runs of its job keep a queued run waiting; None if none does."""
    if forced or policy is OverlapPolicy.ALLOW or not active:
        return None
    if policy is OverlapPolicy.REPLACE:
        return f"waits for the run {active[0]} of this job to be cancelled"
    return f"waits for the run {active[0]} of this job"
