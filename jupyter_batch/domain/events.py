"""Events: what happened to a run, in order, kept for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.run import Run
from jupyter_batch.domain.value import Value

_SEQ_BITS = 32
_SUB_BITS = 10


class RunEvent(Value, frozen=True, kw_only=True):
    """One thing that happened to a run."""

    run_id: str
    #: Sorts the events of one run; see ``frame_event_id``. Fits a JavaScript number.
    event_id: int
    #: Sorts the events of all runs by commit; 0 for outputs, which only a run's own stream has.
    position: int = 0
    at: datetime
    #: ``state``, ``output``, or the kind of a public frame: ``cell_started``, ...
    kind: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)


def frame_event_id(attempt_no: int, seq: int) -> int:
    """Returns the id of the event of a frame: the same each time that the frame is read.

    Events that have no frame (changes of state) take the id after the newest one of the run.
    """
    return (attempt_no << _SEQ_BITS | seq) << _SUB_BITS


def state_data(run: Run) -> dict[str, Any]:
    """Returns the ``data`` of the ``state`` event that says where a run is now."""
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
    """Returns the event that tells how far the preparation of an attempt is; it is not stored."""
    data = {"attempt_no": attempt_no, "message": message, "share": share}
    return RunEvent(run_id=run_id, event_id=0, at=at, kind="preparing", data=data)
