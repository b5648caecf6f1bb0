"""Validates every frame of an attempt before it is used.

A runner shares its container with the notebook, so its frames are untrusted input: each
field has its bounds, frames come in the order of an attempt's life, and what is counted
(outputs, artifacts, their sizes and hashes) is counted here and not taken from what they say.
The signature of a frame is checked before that (runner/signing.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellState
from jupyter_batch.domain.frame_outputs import OutputGate
from jupyter_batch.domain.results import ResultType
from jupyter_batch.domain.settings import Settings
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import RecordRefused

#: Events are numbered by frame in 32 bits (domain/events.py).
MAX_SEQ = 2**32 - 1
#: Largest gap in the sequence numbers: frames that a Docker log may lose at once.
_MAX_GAP = 1_000_000
#: Largest difference between the clock of an attempt's machine and the owner's.
_CLOCKS_DIFFER = timedelta(days=1)
MAX_CELLS = 1_000_000
MAX_ARTIFACTS = 100_000
#: Most names of results, and of tracked loops. The runner drops further ones.
MAX_RESULTS, MAX_TRACKERS = 10_000, 1_000
_MAX_BYTES, _MAX_CPU_SECONDS = 2**60, 1e12
_SHORT, _PATH, _LONG = 4_096, 16_384, 1024 * 1024
_MAX_LINES, _MAX_NOTES = 20_000, 1_000
#: Bytes allowed beyond the limits of documents and outputs, for error markers and the like.
_ROOM = 64 * 1024 * 1024
_INT = 2**53
_CELL_TYPES = frozenset({"code", "markdown", "raw"})
_VERDICTS = frozenset({"succeeded", "failed", "cancelled", "timed_out"})
_DOCUMENTS = ("skeleton", "metadata")


class FrameLimits(Value, frozen=True, kw_only=True):
    """The limits of one attempt; see the settings of the same names."""

    max_output_bytes: int
    max_artifact_bytes: int
    max_bundle_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> FrameLimits:
        """Returns the limits of the settings."""
        return cls(
            max_output_bytes=settings.max_output_bytes,
            max_artifact_bytes=settings.max_artifact_bytes,
            max_bundle_bytes=settings.max_bundle_bytes,
        )


class FrameGate:
    """Follows the state of one attempt by its frames. ``check`` raises RecordRefused.

    After a gap in the sequence numbers, order is not checked any more.
    """

    def __init__(
        self, limits: FrameLimits, *, since: datetime, trusts_claims: bool = False
    ) -> None:
        """Create the gate; ``started_at`` is the attempt's start by the owner's clock.

        ``trusts_claims``: an attempt that an earlier owner started may have other limits,
        which its runner reports.
        """
        self._limits = limits
        self._since = since
        self._trusts_claims = trusts_claims
        self._last_seq = 0
        self._has_gap = False
        self._ready = False
        self._cells_total: int | None = None
        self._planned: int | None = None
        #: Index of the newest cell that was started, and whether it is still executing.
        self._cell = -1
        self._is_in_cell = False
        self._document: str | None = None
        self._documents: list[str] = []
        self._document_chars = 0
        self._results: set[str] = set()
        self._trackers: set[str] = set()
        self._paths: set[str] = set()
        #: Path of the artifact whose last slice has not arrived yet.
        self._path: str | None = None
        self._size = 0
        self._hash = hashlib.sha256()
        self._finished = False
        #: Whether the newest finished artifact is complete: no frame of it was lost.
        self.is_artifact_whole = True
        #: Bytes of outputs, results and keys; below, of artifacts.
        self.output_bytes = 0
        self.artifact_bytes = 0
        self._outputs = OutputGate()

    @property
    def output_left(self) -> int:
        """Returns how many bytes of outputs are left within the limit."""
        return max(0, self._limits.max_output_bytes + _ROOM - self.output_bytes)

    def check(self, frame: frames.AnyFrame, now: datetime) -> None:
        """Validates the next frame; raises RecordRefused if it is invalid."""
        try:
            self._check(frame, now)
        except _Wrong as wrong:
            kind, seq = frames.kind_of(frame), str(frame.seq)[:40]
            raise RecordRefused(
                f"the runner's record cannot be true: frame {seq} ({kind}): {wrong}"
            ) from None

    def _check(self, frame: frames.AnyFrame, now: datetime) -> None:
        if self._finished and isinstance(frame, frames.Heartbeat):
            return  # earlier versions of the runner send heartbeats after their verdict
        _require(frame.v == 1, "it is of an unknown version")
        self._check_seq(frame.seq)
        self._check_time(frame.at, now)
        _require(not self._finished, "it comes after the last one")
        is_early = isinstance(frame, frames.Ready | frames.Finished)
        _require(self._ready or is_early or self._has_gap, "the runner is not ready yet")
        if self._path is not None and not isinstance(
            frame, frames.ArtifactChunk | frames.Heartbeat
        ):
            self._ordered(False, "an artifact is not whole yet")
            self._path = None
        handler: Callable[..., None] = _HANDLERS[type(frame)]
        handler(self, frame, now)

    def _check_seq(self, seq: int) -> None:
        _require(0 < seq <= MAX_SEQ, "its number is out of range")
        _require(seq > self._last_seq, "its number has been there already")
        missing = seq - self._last_seq - 1
        _require(missing <= _MAX_GAP, "its number is far ahead of the one before")
        self._has_gap |= missing > 0
        self._last_seq = seq

    def _check_time(self, seconds: float, now: datetime) -> None:
        _require(_is_number(seconds), "its time is no number")
        first = (min(self._since, now) - _CLOCKS_DIFFER).timestamp()
        last = (max(self._since, now) + _CLOCKS_DIFFER).timestamp()
        _require(
            first <= seconds <= last,
            "its time is more than a day away from ours (is the clock of its machine right?)",
        )

    def _ordered(self, condition: bool, why: str) -> None:
        """Refuses a frame that is out of order, unless frames were lost."""
        _require(condition or self._has_gap, why)

    def _take_ready(self, frame: frames.Ready, now: datetime) -> None:
        self._ordered(not self._ready, "the runner has been ready before")
        _short(frame.python, "python")
        _short(frame.papermill, "papermill")
        self._ready = True
        claims = (frame.max_output_bytes, frame.max_artifact_bytes)
        for claim in claims:
            _require(claim is None or 0 <= claim <= _MAX_BYTES, "a limit is out of range")
        if self._trusts_claims:
            self._limits = FrameLimits(
                max_output_bytes=max(self._limits.max_output_bytes, claims[0] or 0),
                max_artifact_bytes=max(self._limits.max_artifact_bytes, claims[1] or 0),
                max_bundle_bytes=self._limits.max_bundle_bytes,
            )

    def _take_document(self, frame: frames.Document, now: datetime) -> None:
        name = frame.name
        _require(name in _DOCUMENTS, "there is no such document")
        if self._document is None:
            self._ordered(name not in self._documents, "the document has been there already")
            self._document_chars = 0
        else:
            self._ordered(name == self._document, "another document is not whole yet")
        if name == "skeleton":
            self._ordered(self._cells_total is None, "the cells have been started already")
        self._document_chars += len(frame.body)
        most = 4 * self._limits.max_bundle_bytes + _ROOM
        _require(self._document_chars <= most, "the document is larger than any notebook may be")
        self._document = name if frame.more else None
        if not frame.more:
            self._documents.append(name)

    def _take_started(self, frame: frames.StartedFrame, now: datetime) -> None:
        self._ordered("skeleton" in self._documents, "the notebook has not come yet")
        self._ordered(self._cells_total is None, "the cells have been started already")
        _require(0 <= frame.cells_total <= MAX_CELLS, "the number of cells is out of range")
        is_known = self._planned in (None, frame.cells_total)
        self._ordered(is_known, "the notebook has another number of cells")
        _short(frame.kernel_name, "kernel_name")
        _short(frame.language, "language")
        self._cells_total = frame.cells_total

    def plan(self, cells: int) -> None:
        """Sets the number of cells of the skeleton."""
        self._planned = cells

    def _take_cell_started(self, frame: frames.CellStarted, now: datetime) -> None:
        self._check_cell(frame.cell)
        self._ordered(not self._is_in_cell, "another cell has not finished")
        self._ordered(frame.cell == self._cell + 1, "it is not the next cell")
        _require(frame.cell_type in _CELL_TYPES, "there is no such type of cells")
        _long(frame.source, "source")
        self._cell, self._is_in_cell = frame.cell, True

    def _take_output(self, frame: frames.Output, now: datetime) -> None:
        self._ordered(self._cell >= 0, "no cell has been started")
        for op in frame.ops:
            self._check_cell(op.cell)
            self._ordered(op.cell <= self._cell, "an output of a cell that was not started")
            why = self._outputs.take(op, is_strict=not self._has_gap)
            _require(why is None, why or "")
            self._count(op.body)

    def _take_cell_finished(self, frame: frames.CellFinished, now: datetime) -> None:
        self._check_cell(frame.cell)
        is_current = self._is_in_cell and frame.cell == self._cell
        self._ordered(is_current, "the cell was not started")
        _require(frame.cell_type in _CELL_TYPES, "there is no such type of cells")
        _require(frame.state is not CellState.RUNNING, "a cell that has finished still runs")
        _long(frame.source, "source")
        self._check_time(frame.started_at, now)
        self._check_time(frame.finished_at, now)
        count = frame.execution_count
        _require(count is None or _is_small(count), "execution_count is out of range")
        _check_bytes(frame.memory_bytes)
        _check_error(frame.error)
        self._cell, self._is_in_cell = max(frame.cell, self._cell), False

    def _check_cell(self, cell: int) -> None:
        total = self._cells_total
        if total is None:
            self._ordered(False, "the cells have not been started yet")
            total = MAX_CELLS if self._planned is None else self._planned
        _require(0 <= cell < total, "there is no such cell")

    def _take_progress(self, frame: frames.ProgressFrame, now: datetime) -> None:
        self._check_name(frame.name, frame.spool)
        self._take_name(self._trackers, frame.name, MAX_TRACKERS)
        _require(len(frame.data) <= 100, "there are too many facts")

    def _take_result(self, frame: frames.Result, now: datetime) -> None:
        self._check_name(frame.name, frame.spool)
        self._take_name(self._results, frame.name, MAX_RESULTS)
        _require(frame.type in set(ResultType), "there is no such type of results")
        self._check_time(frame.told_at, now)
        self._count(frame.body)

    def _take_items(self, frame: frames.Items, now: datetime) -> None:
        self._check_name(frame.name, frame.spool)
        self._take_name(self._trackers, frame.name, MAX_TRACKERS)
        for key in frame.done:
            _require("\n" not in key, "a key has more than one line")
            self._count(key)
        for failure in frame.failed:
            self._count(failure.key or "")
            self._count(failure.error)

    def _check_name(self, name: str, spool: int) -> None:
        _short(name, "name")
        _require(0 <= spool <= _INT, "a place in the spool is out of range")

    def _take_name(self, known: set[str], name: str, most: int) -> None:
        known.add(name)
        _require(len(known) <= most, f"there are more than {most} names")

    def _count(self, text: str) -> None:
        self.output_bytes += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        limit = self._limits.max_output_bytes
        _require(self.output_left > 0, f"there is more output than the {limit} bytes allowed")

    def _take_heartbeat(self, frame: frames.Heartbeat, now: datetime) -> None:
        _check_bytes(frame.memory_bytes)
        _check_bytes(frame.peak_memory_bytes)
        _check_cpu(frame.cpu_seconds)

    def _take_artifact(self, frame: frames.ArtifactChunk, now: datetime) -> None:
        # The code that records the path, or writes it to a disk, checks where it leads.
        _require(0 < len(frame.path) <= _PATH, "its path is empty or too long")
        self._ordered(not self._is_in_cell or self._cells_total is None, "a cell still runs")
        if frame.path != self._path:
            self._ordered(self._path is None, "another artifact is not whole yet")
            _require(frame.path not in self._paths, "the artifact has been there already")
            self._path, self._size, self._hash = frame.path, 0, hashlib.sha256()
        try:
            content = frame.content()
        except ValueError:
            raise _Wrong("its content is not base64") from None
        self._size += len(content)
        self.artifact_bytes += len(content)
        self._hash.update(content)
        limit = self._limits.max_artifact_bytes
        _require(self.artifact_bytes <= limit, f"there are more than {limit} bytes of artifacts")
        if frame.more:
            return
        size_fits, hash_fits = frame.size == self._size, frame.sha256 == self._hash.hexdigest()
        self._ordered(size_fits, "its size is not that of what has come")
        self._ordered(hash_fits, "its sha256 is not that of what has come")
        self.is_artifact_whole = size_fits and hash_fits
        self._paths.add(frame.path)
        _require(len(self._paths) <= MAX_ARTIFACTS, "there are too many artifacts")
        self._path = None

    def _take_finished(self, frame: frames.Finished, now: datetime) -> None:
        _require(frame.verdict in _VERDICTS, "there is no such verdict")
        is_success = frame.verdict == "succeeded"
        self._ordered(self._ready or not is_success, "the runner was not even ready")
        self._ordered(self._cells_total is not None or not is_success, "no cell was started")
        if is_success:
            self._ordered(not self._is_in_cell, "a cell still runs")
        if is_success and frame.cause == "done":
            total = self._cells_total or 0
            self._ordered(self._cell == total - 1, "not every cell has been executed")
        _short(frame.cause, "cause")
        _long(frame.message, "message")
        _require(len(frame.notes) <= _MAX_NOTES, "there are too many notes")
        _require(sum(map(len, frame.notes)) <= _LONG, "the notes are too long")
        _require(0 <= frame.cells_not_run <= MAX_CELLS, "cells_not_run is out of range")
        cell = frame.cell
        _require(cell is None or 0 <= cell < MAX_CELLS, "there is no such cell")
        code = frame.exit_code
        _require(code is None or _is_small(code), "exit_code is out of range")
        _require(0 <= frame.cut_bytes <= _MAX_BYTES, "cut_bytes is out of range")
        _check_error(frame.error)
        _check_bytes(frame.memory_bytes)
        _check_bytes(frame.peak_memory_bytes)
        _check_cpu(frame.cpu_seconds)
        self._finished = True


_HANDLERS: dict[type[msgspec.Struct], Callable[..., None]] = {
    frames.Ready: FrameGate._take_ready,
    frames.Document: FrameGate._take_document,
    frames.StartedFrame: FrameGate._take_started,
    frames.CellStarted: FrameGate._take_cell_started,
    frames.Output: FrameGate._take_output,
    frames.CellFinished: FrameGate._take_cell_finished,
    frames.ProgressFrame: FrameGate._take_progress,
    frames.Result: FrameGate._take_result,
    frames.Items: FrameGate._take_items,
    frames.Heartbeat: FrameGate._take_heartbeat,
    frames.ArtifactChunk: FrameGate._take_artifact,
    frames.Finished: FrameGate._take_finished,
}


class _Wrong(Exception):
    """A frame is invalid; the message is the end of a sentence."""


def _require(condition: bool, why: str) -> None:
    if not condition:
        raise _Wrong(why)


def _is_number(value: float | None) -> bool:
    return value is not None and -(2**63) < value < 2**63 and math.isfinite(value)


def _is_small(value: int) -> bool:
    return -(2**31) <= value < 2**31


def _short(text: str, name: str) -> None:
    _require(len(text) <= _SHORT, f"{name} is too long")


def _long(text: str, name: str) -> None:
    _require(len(text) <= _LONG, f"{name} is too long")


def _check_bytes(size: int | None) -> None:
    _require(size is None or 0 <= size <= _MAX_BYTES, "a figure of memory is out of range")


def _check_cpu(seconds: float | None) -> None:
    fits = seconds is None or (_is_number(seconds) and 0 <= seconds <= _MAX_CPU_SECONDS)
    _require(fits, "a figure of cpu time is out of range")


def _check_error(error: frames.FrameError | None) -> None:
    if error is None:
        return
    _short(error.ename, "ename")
    _long(error.evalue, "evalue")
    _require(len(error.traceback) <= _MAX_LINES, "the traceback has too many lines")
    _require(sum(map(len, error.traceback)) <= _LONG, "the traceback is too long")
