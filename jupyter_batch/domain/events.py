"""Run events: the ordered, permanent history of a run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.run import Run
from jupyter_batch.domain.value import Value

_SEQ_BITS = 32
_SUB_BITS = 10


class RunEvent(Value, frozen=True, kw_only=True):
    """One entry in the history of a run."""

    run_id: str
    #: Orders the events of one run; see ``frame_event_id``. It fits a JavaScript number.
    event_id: int
    #: Orders the events of all runs by commit. It is 0 for outputs: only a run's own stream has those.
    position: int = 0
    at: datetime
    #: ``state``, ``output``, or the kind of a public frame: ``cell_started``, ...
    kind: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)


def frame_event_id(attempt_no: int, seq: int) -> int:
    """Returns the event id of a frame. Reading the frame again gives the same id.

    Events without a frame (changes of state) get the id after the newest one of the run.
    """
    return (attempt_no << _SEQ_BITS | seq) << _SUB_BITS


def state_data(run: Run) -> dict[str, Any]:
    """Returns the ``data`` of the ``state`` event for the current state of a run."""
    return {
        "state": str(run.state),
        "reason": run.reason,
        "job_id": run.job_id,
        "sweep_id": run.sweep.id if run.sweep else None,
        "name": run.name,
        "attempt_no": run.attempt.attempt_no if run.attempt else None,
        "cells": {"total": run.cells.total, "done": run.cells.done, "failed": run.cells.failed},
    }


def preparing_event(
    run_id: str, attempt_no: int, *, at: datetime, message: str, share: float | None
) -> RunEvent:
    """Returns the event that reports the preparation of an attempt. It is not stored."""
    data = {"attempt_no": attempt_no, "message": message, "share": share}
    return RunEvent(run_id=run_id, event_id=0, at=at, kind="preparing", data=data)
