"""A job: what to run, under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.value import Value


class Job(Value, frozen=True, kw_only=True):
    """A notebook, parameters, environment and policies, under a unique name."""

    id: str
    name: str
    notebook: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    priority: int = 0
    #: How many runs of the job may be active at once; None for no limit of its own.
    max_concurrent: int | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime
