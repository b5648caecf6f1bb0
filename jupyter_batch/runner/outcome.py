"""Decides the verdict: what the ``finished`` frame says and the exit code."""

from __future__ import annotations

import signal
import traceback
from typing import Any, Dict, Optional, Tuple

from .attempt import Attempt
from .failures import EXIT_FAILED, EXIT_FAULT, EXIT_OK, Failure
from .stopper import Stopper

_NO_SPACE = ("[Errno 28]", "No space left on device")


class Facts:
    """What the verdict is made of, besides the attempt itself."""

    def __init__(self, attempt: Attempt, stopper: Stopper, settings: Dict[str, Any]) -> None:
        self.attempt = attempt
        #: As it was when the last cell had ended; what comes later ends nothing early.
        self.stopped_by = stopper.cause
        self.settings = settings
        #: Whether the system has killed a process of ours for lack of memory.
        self.out_of_memory = False


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
    code = EXIT_OK if fields["verdict"] == "succeeded" else EXIT_FAILED
    if isinstance(error, Failure):
        code = error.exit_code
    elif fields["cause"] == "internal":
        code = EXIT_FAULT
    return fields, code


def _decide(facts: Facts, error: Optional[BaseException]) -> Dict[str, Any]:
    from .engine import DeadKernelError, PapermillException, PapermillExecutionError

    attempt = facts.attempt
    if facts.stopped_by is not None and not isinstance(error, Failure):
        return _stopped(facts)
    if isinstance(error, Failure):
        return _failed(error.cause, error.message)
    if isinstance(error, PapermillExecutionError):
        return _raised(facts, error)
    if isinstance(error, DeadKernelError):
        return _died(facts)
    if isinstance(error, (PapermillException, ValueError)) and attempt.cell is None:
        return _failed("bundle", f"papermill refuses the notebook: {error}")
    if error is not None:
        traceback.print_exception(type(error), error, error.__traceback__)
        text = f"the runner failed: {type(error).__name__}: {error}"
        return _failed("internal", attempt.masked(text)[:2000])
    if attempt.error is not None:
        return {
            "verdict": "succeeded",
            "cause": "sys_exit",
            "exit_code": 0,
            "message": f"the notebook ended itself by sys.exit{_where(facts)}",
        }
    return {"verdict": "succeeded", "cause": "done"}


def _stopped(facts: Facts) -> Dict[str, Any]:
    fields: Dict[str, Any] = {"error": facts.attempt.error}
    if facts.stopped_by == "timeout":
        seconds = facts.settings.get("timeout_seconds")
        message = f"not done after {seconds:g} s{_where(facts)}"
        return {"verdict": "timed_out", "cause": "timeout", "message": message, **fields}
    message = f"stopped by {signal.SIGTERM.name}{_where(facts)}"
    return {"verdict": "cancelled", "cause": "sigterm", "message": message, **fields}


def _raised(facts: Facts, error: Any) -> Dict[str, Any]:
    attempt = facts.attempt
    told = attempt.frame_error(error.ename, error.evalue, error.traceback)
    # By papermill's rules this may be an earlier cell than the last one.
    fields: Dict[str, Any] = {"cell": error.cell_index, "error": told}
    where = _where(facts, error.cell_index)
    if error.ename == "SystemExit":
        code = int(error.evalue) if error.evalue.lstrip("-").isdigit() else 1
        message = f"the notebook ended itself by sys.exit({told['evalue'][:200]}){where}"
        return {**_failed("sys_exit", message), "exit_code": code, **fields}
    if any(words in error.evalue for words in _NO_SPACE) and "Error" in error.ename:
        message = f"no space is left on the disk{where}: {told['evalue'][:500]}"
        return {**_failed("disk_full", message), **fields}
    summary = told["evalue"].strip().partition("\n")[0][:500]
    message = f"{error.ename}{': ' if summary else ''}{summary}{where}"
    if facts.out_of_memory:
        message += f" ({_memory(facts)}, and the system killed a process for it)"
    return {**_failed("exception", message), **fields}


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
