"""Determines how an attempt ended from the evidence."""

from __future__ import annotations

from msgspec.structs import replace

from jupyter_batch.domain.cell import CellError
from jupyter_batch.domain.frames import Finished
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.value import Value

_ENDED_BY_SIGKILL = 137
_OK, _FAILED = 0, 1
_BUNDLE, _UNFED, _NO_KERNEL = 64, 66, 69
_CANNOT_EXECUTE = (125, 126, 127)

#: Names of errors that no kernel raised. papermill marks no cell for these.
KERNEL_DIED = "KernelDied"
OUT_OF_MEMORY = "OutOfMemory"
TIMED_OUT = "TimedOut"
SYNTHETIC = frozenset({KERNEL_DIED, OUT_OF_MEMORY, TIMED_OUT})


class AttemptEvidence(Value, frozen=True, kw_only=True):
    """The evidence about an attempt that is over."""

    #: The runner's last frame; None if it did not send it.
    finished: Finished | None
    #: Whether the container or process still existed.
    found: bool = True
    exit_code: int | None = None
    oom_killed: bool = False
    #: The executor's error message.
    engine_error: str | None = None
    #: Why a frame of the attempt was refused, which ended the attempt.
    refused: str | None = None
    #: Whether any frame arrived.
    ready: bool = False
    #: Cell that was being executed when the frames ended, and how many there are.
    cell: int | None = None
    cells_total: int = 0
    #: The user who cancelled it; None if nobody did.
    cancelled_by: str | None = None
    #: Whether the server ended it at its time limit.
    out_of_time: bool = False
    timeout_seconds: float | None = None
    #: Seconds of silence for which the server ended it; None if it did not.
    silent_seconds: float | None = None
    #: Whether the executor became unavailable during the attempt.
    engine_was_away: bool = False
    #: Number of frames that the executor's log has lost.
    missing_frames: int = 0
    memory_bytes: int | None = None
    image: str | None = None
    #: End of the log, for attempts without other evidence.
    log_tail: str = ""


class Verdict(Value, frozen=True, kw_only=True):
    """The ending of an attempt."""

    state: RunState
    reason: str | None = None
    error: CellError | None = None


def judge(evidence: AttemptEvidence) -> Verdict:
    """Returns the ending. Every ending except a plain success has a reason."""
    verdict = _judge(evidence)
    notes = list(evidence.finished.notes) if evidence.finished else []
    if evidence.missing_frames:
        notes.append(f"the engine has lost {evidence.missing_frames} frames of its record")
    reason = "; ".join(filter(None, [verdict.reason, *notes]))
    # The reason may have the text of an exception, with its colours.
    return replace(verdict, reason=plain_text(reason) or None)


def _judge(evidence: AttemptEvidence) -> Verdict:
    finished = evidence.finished
    if evidence.refused is not None:
        return Verdict(state=RunState.FAILED, reason=evidence.refused)
    if finished is None:
        return _judge_silent(evidence)
    if finished.verdict == "succeeded":
        return Verdict(state=RunState.SUCCEEDED, reason=finished.message or None)
    if finished.verdict == "timed_out" or evidence.out_of_time:
        return _timed_out(evidence)
    if evidence.cancelled_by is not None:
        return _cancelled(evidence)
    if finished.verdict == "cancelled":
        return Verdict(
            state=RunState.LOST,
            reason=f"the attempt was stopped from outside{_where(evidence)}",
        )
    if finished.cause == "kernel_died" and evidence.oom_killed:
        return _out_of_memory(evidence)
    return Verdict(
        state=RunState.FAILED,
        reason=finished.message or f"the notebook failed{_where(evidence)}",
        error=_error(finished),
    )


def _judge_silent(evidence: AttemptEvidence) -> Verdict:
    """Judges an attempt whose runner did not send its verdict."""
    if evidence.cancelled_by is not None:
        return _cancelled(evidence)
    if evidence.out_of_time:
        return _timed_out(evidence)
    if evidence.oom_killed:
        return _out_of_memory(evidence)
    where, tail = _where(evidence), _tail(evidence)
    if evidence.silent_seconds is not None:
        return Verdict(
            state=RunState.LOST,
            reason=f"the runner said nothing for {evidence.silent_seconds:.0f} s while its "
            f"container ran, and was given up{where}{tail}",
        )
    if not evidence.found:
        return Verdict(state=RunState.LOST, reason=f"the container or process is gone{where}{tail}")
    code = evidence.exit_code
    if not evidence.ready and code in _CANNOT_EXECUTE:
        return Verdict(
            state=RunState.FAILED,
            reason=f"the image {evidence.image} cannot start the runner "
            f"({evidence.engine_error or f'exit code {code}'}){tail}",
        )
    if code == _BUNDLE:
        return Verdict(state=RunState.LOST, reason=f"the runner could not read its bundle{tail}")
    if code == _UNFED:
        return Verdict(
            state=RunState.LOST, reason=f"the runner was started, but not handed its bundle{tail}"
        )
    if code == _NO_KERNEL:
        return Verdict(state=RunState.FAILED, reason=f"papermill or the kernel is missing{tail}")
    if code == _ENDED_BY_SIGKILL or (code is not None and code < 0):
        return Verdict(
            state=RunState.LOST, reason=f"the attempt was killed from outside{where}{tail}"
        )
    if code is None:
        return Verdict(
            state=RunState.LOST,
            reason=f"the engine lost the attempt{where}: "
            f"{evidence.engine_error or 'it gives no exit code'}{tail}",
        )
    if evidence.engine_was_away:
        return Verdict(
            state=RunState.LOST,
            reason=f"the engine went away while the attempt ran, which ended (exit code {code})"
            f"{where}{tail}",
        )
    if code == _OK or (code == _FAILED and (evidence.ready or not evidence.log_tail)):
        # With these exit codes it ends only after its verdict.
        return Verdict(
            state=RunState.LOST,
            reason=f"the runner has ended (exit code {code}) and said why, but the engine has "
            f"lost it{where}{tail}",
        )
    return Verdict(
        state=RunState.FAILED,
        reason=f"the runner ended with exit code {code}{where} before it could say why{tail}",
    )


def _error(finished: Finished) -> CellError | None:
    if finished.cell is None:
        return None
    if finished.error is not None:
        error = finished.error
        return CellError(
            cell_index=finished.cell,
            ename=error.ename,
            evalue=error.evalue,
            traceback=error.traceback,
        )
    ename = {"kernel_died": KERNEL_DIED, "out_of_memory": OUT_OF_MEMORY}.get(finished.cause)
    if ename is None:
        return None
    return CellError(cell_index=finished.cell, ename=ename, evalue=finished.message)


def _out_of_memory(evidence: AttemptEvidence) -> Verdict:
    limit = evidence.memory_bytes
    named = f"its limit of {_mebibytes(limit)}" if limit else "what there is"
    reason = f"out of memory: the attempt needed more than {named}{_where(evidence)}"
    return Verdict(
        state=RunState.FAILED, reason=reason, error=_synthetic(evidence, OUT_OF_MEMORY, reason)
    )


def _timed_out(evidence: AttemptEvidence) -> Verdict:
    reason = (
        f"not done after {evidence.timeout_seconds:g} s{_where(evidence)}"
        if (evidence.timeout_seconds is not None)
        else f"out of time{_where(evidence)}"
    )
    return Verdict(
        state=RunState.TIMED_OUT, reason=reason, error=_synthetic(evidence, TIMED_OUT, reason)
    )


def _cancelled(evidence: AttemptEvidence) -> Verdict:
    return Verdict(
        state=RunState.CANCELLED,
        reason=f"cancelled by {evidence.cancelled_by}{_where(evidence)}",
    )


def _synthetic(evidence: AttemptEvidence, ename: str, reason: str) -> CellError | None:
    cell = _cell(evidence)
    return None if cell is None else CellError(cell_index=cell, ename=ename, evalue=reason)


def _cell(evidence: AttemptEvidence) -> int | None:
    if evidence.finished is not None and evidence.finished.cell is not None:
        return evidence.finished.cell
    return evidence.cell


def _where(evidence: AttemptEvidence) -> str:
    cell = _cell(evidence)
    if cell is not None:
        of = f" of {evidence.cells_total}" if evidence.cells_total else ""
        return f" in cell {cell + 1}{of}"
    return "" if evidence.ready else " before the first cell"


def _tail(evidence: AttemptEvidence) -> str:
    return f"; its log ends: {evidence.log_tail}" if evidence.log_tail else ""


def _mebibytes(size: int) -> str:
    return f"{size / 1024**2:g} MiB"
