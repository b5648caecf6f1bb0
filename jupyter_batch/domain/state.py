"""The states of a run, and the one table of how it may move through them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """The states of a run, described in docs/explanation/states.md."""

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
        """Returns whether the run is over."""
        return self in TERMINAL

    @property
    def is_active(self) -> bool:
        """Returns whether an executor may have an attempt of the run."""
        return self in ACTIVE


_S = RunState
TERMINAL = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST, _S.SKIPPED})
ACTIVE = frozenset({_S.STARTING, _S.RUNNING, _S.CANCELLING})
#: States of runs that are not over.
UNFINISHED = ACTIVE | {_S.QUEUED}
_ENDINGS = frozenset({_S.SUCCEEDED, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.LOST})

#: The valid next states of each state. Only a retry leaves a terminal state.
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
