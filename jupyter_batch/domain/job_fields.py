"""The fields of runs and jobs that callers give. Each is declared here, and inherited."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.request_limits import (
    Concurrency,
    Description,
    FailureCount,
    KeepDays,
    KeepRuns,
    Name,
    Priority,
    Seconds,
    Text,
)
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.value import Value


class Source(StrEnum):
    """The version of the notebook that a job's runs use."""

    #: The notebook on disk when the run is made.
    LATEST = "latest"
    #: The notebook that was on disk when the job was saved.
    PINNED = "pinned"


class RunFields(Value, frozen=True, kw_only=True):
    """Fields of runs, of jobs and of sweeps, in requests and in the domain."""

    #: With ``/``, relative to a folder that the server knows.
    notebook: Text
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    #: Glob patterns of files beside the notebook that are copied along.
    files: tuple[Text, ...] = ()
    #: Time limit of one attempt.
    timeout_seconds: Seconds | None = None
    #: Runs with a higher one start first.
    priority: Priority = 0


class JobFields(RunFields, frozen=True, kw_only=True):
    """Fields of jobs, in requests and in the domain."""

    name: Name
    description: Description = ""
    #: Most runs of the job that may be active at once; None for no limit.
    max_concurrent: Concurrency | None = None
    #: None: ``skip`` for a job with triggers, ``allow`` for one that is only run by hand.
    overlap_policy: OverlapPolicy | None = None
    #: Number of failed runs in a row after which the triggers pause; None for never.
    pause_after_failures: FailureCount | None = None
    #: Time limit of a run with all its attempts, from the start of the first.
    run_timeout_seconds: Seconds | None = None
    #: Time in the queue after which a run is skipped.
    queue_timeout_seconds: Seconds | None = None
    #: Number of finished runs that are kept; None for the setting of that name.
    keep_runs: KeepRuns | None = None
    #: Number of days that finished runs are kept. The newest success is always kept.
    keep_days: KeepDays | None = None
    source: Source = Source.LATEST


class JobSpec(JobFields, frozen=True, kw_only=True):
    """All that callers decide about a job."""

    #: The folder that ``notebook`` is relative to; empty for the owner's root.
    root: str = ""
    environment: Environment = Environment()
    triggers: tuple[AnyTrigger, ...] = ()
    retry: RetryPolicy = RetryPolicy()
