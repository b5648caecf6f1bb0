"""The shape of a run that was executed elsewhere."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from jupyter_batch.domain.request_limits import Name, Text
from jupyter_batch.domain.requests import ImportRequest
from jupyter_batch.domain.run import RunState, TriggerKind
from jupyter_batch.wire.query_params import Instant, utc
from jupyter_batch.wire.requests import Body, check_depth


class ImportBody(Body, frozen=True, kw_only=True):
    """``POST imports/runs``."""

    name: Name
    #: Where the notebook lay.
    notebook: Text
    #: The executed notebook as an object, format 4.
    content: msgspec.Raw
    state: Literal["succeeded", "failed", "timed_out", "cancelled", "lost"]
    reason: Annotated[str, msgspec.Meta(max_length=10_000)] | None = None
    trigger: Literal["schedule", "manual", "api"] = "manual"
    job_id: Text | None = None
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    created_at: Instant
    started_at: Instant | None = None
    finished_at: Instant | None = None

    def to_domain(self) -> ImportRequest:
        """Returns the value of the domain; raises InvalidInput."""
        check_depth(self.parameters)
        return ImportRequest(
            name=self.name,
            notebook=self.notebook,
            content=bytes(self.content),
            state=RunState(self.state),
            reason=self.reason,
            trigger=TriggerKind(self.trigger),
            job_id=self.job_id,
            parameters=self.parameters,
            created_at=utc(self.created_at, "created_at"),
            started_at=None if self.started_at is None else utc(self.started_at, "started_at"),
            finished_at=None if self.finished_at is None else utc(self.finished_at, "finished_at"),
        )
