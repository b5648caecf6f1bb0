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
    """The base class of all errors that jupyter_batch raises.

    Parameters
    ----------
    message : str
        What happened and what to do, in one sentence.
    **details : object
        Facts that JSON can represent. ``field`` is the dotted path of the invalid value.

    Attributes
    ----------
    code : str
        Stable name of the error, as in the REST interface.
    message : str
        The message.
    details : dict
        The details.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        #: JSON-able facts about the error; ``field`` is the dotted path of what was wrong.
        self.details: dict[str, Any] = details


class InvalidInput(BatchError):
    """The input is not valid; ``details["field"]`` is the path of the invalid value."""

    code = "bad_request"


class InvalidParameters(InvalidInput):
    """A notebook parameter is unknown, missing or of the wrong type."""

    code = "invalid_parameters"


class InvalidNotebook(InvalidInput):
    """The file is not a notebook that can be executed."""

    code = "invalid_notebook"


class UnknownKernel(InvalidInput):
    """The environment does not have the kernel that the notebook needs."""

    code = "unknown_kernel"


class InvalidSchedule(InvalidInput):
    """A cron expression, a time zone, an interval or a time is not valid."""

    code = "invalid_schedule"


class UnknownOption(InvalidInput, TypeError):
    """A keyword argument is unknown; only the Python API raises this error."""

    code = "unknown_option"


class TooLarge(InvalidInput):
    """The input is larger than the limit."""

    code = "too_large"


class InvalidQuery(InvalidInput):
    """The SQL is not valid, or does more than read the documented views."""

    code = "invalid_query"


class NotAllowed(BatchError):
    """The administrator's settings do not allow the action."""

    code = "not_allowed"


class NotFound(BatchError):
    """The job, run, cell, artifact or file does not exist."""

    code = "not_found"


class Conflict(BatchError):
    """The state of the object does not allow the action, or the name is taken."""

    code = "conflict"


class ExecutorError(BatchError):
    """The executor failed."""

    code = "executor_error"


class EngineUnavailable(ExecutorError):
    """The container engine does not answer; the same call may succeed later."""

    code = "engine_unavailable"


class ImageNotFound(ExecutorError):
    """The image is not on the engine and cannot be pulled."""

    code = "image_not_found"


class ImageUnusable(ExecutorError):
    """The image lacks what a run needs, or its container does not start."""

    code = "image_unusable"


class AttemptGone(ExecutorError):
    """The container or process of an attempt does not exist any more."""

    code = "attempt_gone"


class RecordRefused(ExecutorError):
    """Data of an attempt is forged or not valid; the attempt is ended."""

    code = "record_refused"


class StoreError(BatchError):
    """The store failed."""

    code = "store_error"


class StoreLocked(StoreError):
    """Another process has the store open; ``details["pid"]`` is its id if it is known."""

    code = "store_locked"


class StoreHeld(StoreError):
    """Another process has a file of the store open; ``details["pid"]`` is its id if it is known."""

    code = "store_held"


class StoreClosed(StoreError):
    """The owner is shutting down and has closed the store; nothing was changed."""

    code = "store_closed"


class StoreDamaged(StoreError):
    """The file is not a store of jupyter_batch, or it cannot be read."""

    code = "store_damaged"


class StoreFull(StoreError):
    """The disk of the store is full."""

    code = "store_full"


class NotServing(BatchError):
    """The owner cannot run the queue or write its store; the message gives the reason."""

    code = "not_serving"


class OwnerUnavailable(BatchError):
    """No owner answers, and none could be started."""

    code = "owner_unavailable"


class UnsafePath(BatchError):
    """A path is not valid, or leads out of the folder that it must stay in."""

    code = "unsafe_path"


class WaitTimeout(BatchError, TimeoutError):
    """A wait took too long; the run continues. Only the Python API raises this error."""

    code = "wait_timeout"


class OnDemandServerWarning(UserWarning):
    """A schedule was saved, but no long-running server is there to keep it."""


class QueryStopped(BatchError):
    """A query was stopped because it took too long, needed too much memory or was interrupted."""

    code = "query_stopped"


class ItemsFailed(BatchError):
    """Items of a ``jb.track`` loop have failed; the details have its name and the number."""

    code = "items_failed"


class RunFailed(BatchError):
    """A run or sweep did not succeed; ``details`` has its id, state and reason."""

    code = "run_failed"
