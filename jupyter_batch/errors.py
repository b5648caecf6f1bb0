"""The errors of jupyter_batch, one tree; each has a stable ``code`` and says what to do.

BatchError
├── InvalidInput            bad_request: the caller can mend it; details["field"] names the place
│   ├── InvalidParameters   invalid_parameters
│   ├── InvalidNotebook     invalid_notebook
│   ├── UnknownKernel       unknown_kernel
│   ├── InvalidSchedule     invalid_schedule
│   ├── InvalidQuery        invalid_query: SQL that is wrong, or no plain reading of the views
│   ├── UnknownOption       unknown_option: a TypeError, too
│   └── TooLarge            too_large
├── NotAllowed              not_allowed: the administrator's settings forbid it
├── NotFound                not_found
├── Conflict                conflict: the thing is not in a state that allows it
├── ExecutorError           executor_error
│   ├── EngineUnavailable   engine_unavailable: nothing answers; worth waiting for
│   ├── ImageNotFound       image_not_found
│   ├── ImageUnusable       image_unusable: no papermill, no kernel, does not start
│   ├── AttemptGone         attempt_gone: the container or process is not there any more
│   └── RecordRefused       record_refused: what an attempt has sent is forged or cannot be true
├── StoreError              store_error
│   ├── StoreLocked         store_locked: another process owns the data folder
│   ├── StoreHeld           store_held: a process that is no owner has a file of the store open
│   ├── StoreClosed         store_closed: its owner is ending; the next one may be asked
│   ├── StoreDamaged        store_damaged
│   └── StoreFull           store_full: no space left on the device
├── NotServing              not_serving: the owner lives, but cannot serve its queue or write
├── OwnerUnavailable        owner_unavailable: no owner answers and none could be started
├── UnsafePath              unsafe_path: a file that would be written outside of its folder
├── WaitTimeout             wait_timeout: a TimeoutError, too; what was waited for goes on
├── QueryStopped            query_stopped: SQL that took too long or needed too much memory
├── ItemsFailed             items_failed: raised inside of a notebook by ``track(...).check()``
└── RunFailed               run_failed: only raised by callers who ask for it (``check=True``)
"""

from __future__ import annotations

from typing import Any, ClassVar


class BatchError(Exception):
    """The root of every error that jupyter_batch raises on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        #: JSON-able facts about the error; ``field`` is the dotted path of what was wrong.
        self.details: dict[str, Any] = details


class InvalidInput(BatchError):
    """What the caller sent cannot be used; ``details["field"]`` names the place."""

    code = "bad_request"


class InvalidParameters(InvalidInput):
    """A notebook parameter is unknown, missing or of the wrong type."""

    code = "invalid_parameters"


class InvalidNotebook(InvalidInput):
    """The file is not a notebook that can be run."""

    code = "invalid_notebook"


class UnknownKernel(InvalidInput):
    """The notebook asks for a kernel that its environment does not have."""

    code = "unknown_kernel"


class InvalidSchedule(InvalidInput):
    """A cron text, a zone, an interval or an instant that cannot be used."""

    code = "invalid_schedule"


class UnknownOption(InvalidInput, TypeError):
    """A call has a keyword that there is not; only raised by the Python API."""

    code = "unknown_option"


class TooLarge(InvalidInput):
    """What the caller sent is larger than the limit."""

    code = "too_large"


class InvalidQuery(InvalidInput):
    """SQL that cannot be understood, or that does more than read the documented views."""

    code = "invalid_query"


class NotAllowed(BatchError):
    """The administrator's settings do not allow it."""

    code = "not_allowed"


class NotFound(BatchError):
    """There is no such job, run, cell, artifact or file."""

    code = "not_found"


class Conflict(BatchError):
    """The thing is not in a state that allows the action, or a name is taken."""

    code = "conflict"


class ExecutorError(BatchError):
    """The executor could not do its part."""

    code = "executor_error"


class EngineUnavailable(ExecutorError):
    """The container engine does not answer; the same call may succeed later."""

    code = "engine_unavailable"


class ImageNotFound(ExecutorError):
    """The image is not on the engine and could not be fetched."""

    code = "image_not_found"


class ImageUnusable(ExecutorError):
    """The image is there but lacks what a run needs, or does not start."""

    code = "image_unusable"


class AttemptGone(ExecutorError):
    """The container or process of an attempt is not there any more."""

    code = "attempt_gone"


class RecordRefused(ExecutorError):
    """What an attempt has sent is not its runner's, or cannot be true; it is ended."""

    code = "record_refused"


class StoreError(BatchError):
    """The store could not do its part."""

    code = "store_error"


class StoreLocked(StoreError):
    """Another process has the store open; ``details["pid"]`` where it is known."""

    code = "store_locked"


class StoreHeld(StoreError):
    """A process that is no owner has a file of the store open; ``details["pid"]`` where known."""

    code = "store_held"


class StoreClosed(StoreError):
    """The owner is ending and has let go of the store; nothing has been done."""

    code = "store_closed"


class StoreDamaged(StoreError):
    """The file is not a store of ours, or it cannot be read."""

    code = "store_damaged"


class StoreFull(StoreError):
    """There is no space left for the store."""

    code = "store_full"


class NotServing(BatchError):
    """The owner answers, but cannot serve the queue or write its store; the message says why."""

    code = "not_serving"


class OwnerUnavailable(BatchError):
    """No owner answers, and none could be started."""

    code = "owner_unavailable"


class UnsafePath(BatchError):
    """A path that is not ours leads out of the folder that it is to stay in, or is no path."""

    code = "unsafe_path"


class WaitTimeout(BatchError, TimeoutError):
    """It was not over in time, and goes on; only raised by the Python API."""

    code = "wait_timeout"


class OnDemandServerWarning(UserWarning):
    """A schedule was saved while nobody is there who will keep the time."""


class QueryStopped(BatchError):
    """SQL that was interrupted: it took too long or needed too much memory."""

    code = "query_stopped"


class ItemsFailed(BatchError):
    """Items of a loop over ``jb.track`` have failed; details have the name and how many."""

    code = "items_failed"


class RunFailed(BatchError):
    """A run or a sweep that was to succeed did not; ``details`` has its id, state and reason."""

    code = "run_failed"
