"""The states of a run, and the one table of how it may move through them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """The states of a run; design.md section 2."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"
    SKIPPED = "skipped"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more happens to the run by itself."""
        return self in TERMINAL

    @property
    def is_active(self) -> bool:
        """Whether an attempt of the run may be in the hands of an executor."""
        return self in ACTIVE


_S = RunState
TERMINAL = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST, _S.SKIPPED})
ACTIVE = frozenset({_S.STARTING, _S.RUNNING, _S.CANCELLING})
#: Of runs that are not over.
UNFINISHED = ACTIVE | {_S.QUEUED}
_ENDINGS = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST})

#: From each state, the states that may follow. From an ending only a retry leads on.
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    _S.QUEUED: frozenset({_S.STARTING, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST, _S.SKIPPED}),
    _S.STARTING: _ENDINGS | {_S.QUEUED, _S.RUNNING, _S.CANCELLING},
    _S.RUNNING: _ENDINGS | {_S.QUEUED, _S.CANCELLING},
    _S.CANCELLING: _ENDINGS,
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset({_S.QUEUED}),
    _S.TIMED_OUT: frozenset({_S.QUEUED}),
    _S.CANCELLED: frozenset({_S.QUEUED}),
    _S.LOST: frozenset({_S.QUEUED}),
    _S.SKIPPED: frozenset(),
}
