"""Decides the verdict: the content of the ``finished`` frame and the exit code."""

from __future__ import annotations

import signal
import traceback
from typing import Any, Dict, List, Optional, Tuple

from .cell_errors import CellFailure, advice
from .failures import EXIT_FAILED, EXIT_FAULT, EXIT_OK, Failure
from .notebook_run import NotebookRun
from .termination import Terminator

_CUT_OFF = (
    "the kernel was still at work after the last cell (an exit hook or a thread) when its grace "
    "was over, and was ended: what it had not written by then is lost"
)
_NO_SPACE = ("[Errno 28]", "No space left on device")


class Facts:
    """Facts for the verdict, besides the attempt itself."""

    def __init__(
        self, attempt: NotebookRun, terminator: Terminator, settings: Dict[str, Any]
    ) -> None:
        self.attempt = attempt
        #: The cause as it was when the last cell ended; a later cause does not end it early.
        self.stopped_by = terminator.cause
        self.settings = settings
        #: Whether the system has killed a process of ours for lack of memory.
        self.out_of_memory = False
        #: Whether the kernel still had something to do when the grace for its end was over.
        self.was_cut_off = False


def decide(facts: Facts, error: Optional[BaseException]) -> Tuple[Dict[str, Any], int]:
    """Returns the fields of ``finished`` and the exit code; ``error`` is what execution raised."""
    fields = _decide(facts, error)
    attempt = facts.attempt
    if attempt.cell is not None and fields["verdict"] != "succeeded":
        fields.setdefault("cell", attempt.cell)
    not_run = attempt.cells_not_run()
    fields["cells_not_run"] = not_run
    if not_run and fields["cause"] == "sys_exit":
        fields["message"] += f"; {_cells(not_run)} not run"
    fields["notes"] = _notes(facts, fields)
    code = EXIT_OK if fields["verdict"] == "succeeded" else EXIT_FAILED
    if isinstance(error, Failure) and fields["cause"] == error.cause:
        code = error.exit_code
    elif fields["cause"] == "internal":
        code = EXIT_FAULT
    return fields, code


def _decide(facts: Facts, error: Optional[BaseException]) -> Dict[str, Any]:
    from .papermill_engine import DeadKernelError, PapermillException, PapermillExecutionError

    attempt = facts.attempt
    if facts.stopped_by is not None and not isinstance(error, Failure):
        return _stopped(facts)
    if isinstance(error, Failure):
        if facts.out_of_memory and error.cause == "no_kernel":
            return _failed(
                "out_of_memory", f"out of memory while the kernel starts: {_memory(facts)}"
            )
        return _failed(error.cause, error.message)
    if attempt.failure is not None:
        return _raised(facts, attempt.failure)
    if attempt.has_exited:
        return _ended_itself(facts, "exit")
    if isinstance(error, PapermillExecutionError):
        # Nothing but cells that may raise exceptions.
        return _raised(facts, attempt.expected[-1]) if attempt.is_strict else _expected(facts)
    if isinstance(error, DeadKernelError):
        return _died(facts)
    if isinstance(error, (PapermillException, ValueError)) and attempt.cell is None:
        return _failed("bundle", f"papermill refuses the notebook: {error}")
    if error is not None:
        traceback.print_exception(type(error), error, error.__traceback__)
        text = f"the runner failed: {type(error).__name__}: {error}"
        return _failed("internal", attempt.masked(text)[:2000])
    return _expected(facts)


def _notes(facts: Facts, fields: Dict[str, Any]) -> List[str]:
    """Returns the notes for the record, whatever the verdict is."""
    notes = []
    if facts.out_of_memory and fields["cause"] != "out_of_memory":
        notes.append(f"{_memory(facts)}, and the system killed a process for it")
    failure = facts.attempt.failure
    if failure is not None and fields["verdict"] == "failed":
        not_sent = facts.settings.get("not_sent") or ()
        notes += advice(failure.ename, facts.attempt.masked(failure.evalue), not_sent)
    if facts.was_cut_off:
        notes.append(_CUT_OFF)
    return notes


def _ended_itself(facts: Facts, by: str) -> Dict[str, Any]:
    message = f"the notebook ended itself by {by}{_where(facts)}"
    return {"verdict": "succeeded", "cause": "sys_exit", "exit_code": 0, "message": message}


def _expected(facts: Facts) -> Dict[str, Any]:
    """Returns success, with the exceptions that cells were allowed to raise."""
    message = ""
    expected = facts.attempt.expected
    if expected:
        message = (
            f"{expected[0].summary()}{_where(facts, expected[0].cell)}, which is tagged "
            "raises-exception"
        )
    if len(expected) > 1:
        message += f", and {len(expected) - 1} more of the kind"
    return {"verdict": "succeeded", "cause": "done", "message": message}


def _stopped(facts: Facts) -> Dict[str, Any]:
    failure = facts.attempt.failure
    fields: Dict[str, Any] = {"error": failure.reported if failure else None}
    if facts.stopped_by == "timeout":
        seconds = facts.settings.get("timeout_seconds")
        message = f"not done after {seconds:g} s{_where(facts)}"
        return {"verdict": "timed_out", "cause": "timeout", "message": message, **fields}
    message = f"stopped by {signal.SIGTERM.name}{_where(facts)}"
    return {"verdict": "cancelled", "cause": "sigterm", "message": message, **fields}


def _raised(facts: Facts, failure: CellFailure) -> Dict[str, Any]:
    if failure.is_success():
        return _ended_itself(facts, "sys.exit")
    fields: Dict[str, Any] = {"cell": failure.cell, "error": failure.reported}
    where = _where(facts, failure.cell)
    evalue = str(failure.reported["evalue"])
    if failure.ename == "SystemExit":
        code = _exit_code(failure.evalue)
        message = f"the notebook ended itself by sys.exit({evalue[:200]}){where}"
        return {**_failed("sys_exit", message), "exit_code": code, **fields}
    if any(text in failure.evalue for text in _NO_SPACE) and "Error" in failure.ename:
        message = f"no space is left on the disk{where}: {evalue[:500]}"
        return {**_failed("disk_full", message), **fields}
    message = f"{failure.summary()}{where}"
    return {**_failed("exception", message), **fields}


def _exit_code(text: str) -> int:
    """Returns the status given to ``sys.exit``; 1 for a text or an invalid number."""
    try:
        code = int(text[:20])
    except ValueError:
        return 1
    return code if len(text) < 20 and abs(code) < 2**31 else 1


def _died(facts: Facts) -> Dict[str, Any]:
    kernel = facts.attempt.kernel
    if facts.out_of_memory and kernel.was_killed():
        return _failed("out_of_memory", f"out of memory: {_memory(facts)}{_where(facts)}")
    return _failed("kernel_died", f"the kernel {kernel.ending()}{_where(facts)}")


def _memory(facts: Facts) -> str:
    limit = facts.settings.get("memory_limit_bytes")
    named = f"its limit of {limit / 1024**2:g} MiB" if limit else "what there is"
    return f"the attempt needed more than {named}"


def _failed(cause: str, message: str) -> Dict[str, Any]:
    return {"verdict": "failed", "cause": cause, "message": message}


def _where(facts: Facts, cell: Optional[int] = None) -> str:
    attempt = facts.attempt
    cell = attempt.cell if cell is None else cell
    if cell is None or not attempt.cells:
        return " before the first cell"
    return f" in cell {cell + 1} of {len(attempt.cells)}"


def _cells(count: int) -> str:
    return f"{count} code cell was" if count == 1 else f"{count} code cells were"
