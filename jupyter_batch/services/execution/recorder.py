"""Turns the frames and log lines of an attempt into recordings, and tracks its progress."""

from __future__ import annotations

import mimetypes
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain import frames
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount, CellRecord, CellState
from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.frame_gate import FrameGate
from jupyter_batch.domain.recording import (
    ArtifactSlice,
    DocumentSlice,
    LogLine,
    OutputRow,
    Recording,
    Watermark,
)
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.errors import RecordRefused
from jupyter_batch.ports import Clock, EventSink, RecordStore
from jupyter_batch.runner.masking import Masker
from jupyter_batch.services.batch import Batch, PlannedCell, Skeleton, cell_error, instant
from jupyter_batch.services.execution.notebook_messages import NotebookMessages

_SOURCE_SHOWN = 200
_TAIL_LINES = 5


class AttemptRecorder:
    """Records one attempt. Frames that are on record only update the recorder's state."""

    def __init__(
        self,
        records: RecordStore,
        hub: EventSink,
        run_id: str,
        attempt_no: int,
        watermark: Watermark,
        *,
        gate: FrameGate,
        clock: Clock,
    ) -> None:
        self._records = records
        self._hub = hub
        self._run_id = run_id
        self._attempt_no = attempt_no
        self._recorded = watermark
        self._gate = gate
        self._clock = clock
        self._batch = Batch()
        self._skeleton: list[str] = []
        self._planned: list[PlannedCell] = []
        self._done: dict[int, CellState] = {}
        self._messages = NotebookMessages(attempt_no)
        self._current: frames.CellStarted | None = None
        self._current_since: datetime | None = None
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self.last_seq = 0
        self.last_line = 0
        self.ready = False
        #: Number of frames that are missing from the log.
        self.missing = 0
        self.started_at: datetime | None = None
        self.finished: frames.Finished | None = None
        self.heartbeat: frames.Heartbeat | None = None
        self.artifacts: tuple[Artifact, ...] = ()
        self.cells_total = 0
        #: Whether the store has the run as running.
        self._is_under_way = False

    @property
    def cell(self) -> int | None:
        """Returns the cell that is being executed, or was when the frames ended."""
        return self._current.cell if self._current else None

    @property
    def usage(self) -> dict[str, Any]:
        """Returns the memory and cpu usage as fields of an Attempt."""
        last = self.finished or self.heartbeat
        if last is None:
            return {}
        return {"peak_memory_bytes": last.peak_memory_bytes, "cpu_seconds": last.cpu_seconds}

    @property
    def counts(self) -> CellCount:
        """Returns the progress of the attempt in cells."""
        failed = sum(state is CellState.FAILED for state in self._done.values())
        return CellCount(total=self.cells_total, done=len(self._done), failed=failed)

    @property
    def log_tail(self) -> str:
        """Returns the last few lines of the log as one text."""
        return " | ".join(line for line in self._tail if line.strip())

    async def take(self, items: Sequence[frames.AnyFrame | LogLine]) -> None:
        """Records a batch. It is committed when this returns, except for the verdict of a live run.

        That is recorded with the end of the run, which follows. Raises RecordRefused for an invalid
        frame, after recording the items before it.
        """
        refused: RecordRefused | None = None
        now = self._clock.now()
        for item in items:
            if isinstance(item, LogLine):
                self._take_line(item)
                continue
            try:
                self._take_frame(item, now)
            except RecordRefused as error:
                refused = error
                break
        if self.finished is None or not self._is_under_way:
            await self._write(self._advance())
            self._is_under_way = self.started_at is not None
        if refused is not None:
            raise refused

    def recover_spool(self, spool: bytes, masker: Masker) -> None:
        """Adds messages of the notebook that a killed runner did not send."""
        most = self._gate.output_left
        self.last_seq = self._messages.recover_spool(spool, masker, self.last_seq, most=most)

    async def finish(self, change: Callable[[Run], Run]) -> None:
        """Records the cells that were not finished, together with the end of the run."""
        now_failed = self._current
        if now_failed is not None:
            self._batch.cells.append(
                CellRecord(
                    cell_index=now_failed.cell,
                    cell_type=now_failed.cell_type,
                    source=now_failed.source,
                    state=CellState.FAILED,
                    started_at=self._current_since,
                )
            )
            self._done[now_failed.cell] = CellState.FAILED
            self._current = None
        self._batch.cells.extend(
            cell.not_run(index)
            for index, cell in enumerate(self._planned)
            if index not in self._done
        )
        progress = self._messages.progress
        await self._write(lambda run: change(replace(run, progress=progress)))

    def _advance(self) -> Callable[[Run], Run]:
        counts, artifacts, progress = self.counts, self.artifacts, self._messages.progress
        begun = self.started_at is not None

        def change(run: Run) -> Run:
            if begun and run.state is RunState.STARTING and self.started_at is not None:
                run = run.move_to(RunState.RUNNING, at=self.started_at)
                if run.attempt is not None:
                    run = run.with_attempt(replace(run.attempt, state=RunState.RUNNING))
            return replace(run, cells=counts, artifacts=artifacts, progress=progress)

        return change

    async def _write(self, change: Callable[[Run], Run]) -> None:
        batch, self._batch = self._batch, Batch()
        results, slices = self._messages.take()
        await self._records.record(
            Recording(
                run_id=self._run_id,
                attempt_no=self._attempt_no,
                last_seq=max(self.last_seq, self._recorded.last_seq),
                last_line=max(self.last_line, self._recorded.last_line),
                cells=tuple(batch.cells),
                outputs=tuple(batch.outputs),
                documents=(*batch.documents, *slices),
                artifacts=tuple(batch.artifacts),
                log=tuple(batch.log),
                results=results,
                events=tuple(batch.events),
            ),
            change,
        )

    def _take_line(self, line: LogLine) -> None:
        if line.line_no <= self.last_line:
            return
        self.last_line = line.line_no
        self._tail.append(line.text)
        if line.line_no > self._recorded.last_line:
            self._batch.log.append(line)

    def _take_frame(self, frame: frames.AnyFrame, now: datetime) -> None:
        if 0 < frame.seq <= self.last_seq:
            return  # the log is read again after the engine was away
        self._gate.check(frame, now)
        self.missing += frame.seq - self.last_seq - 1
        self.ready = True
        self.last_seq = frame.seq
        try:
            self._apply(frame, frame.seq > self._recorded.last_seq)
        except (ValueError, ArithmeticError, RecursionError, msgspec.MsgspecError) as error:
            kind = frames.kind_of(frame)
            raise RecordRefused(
                f"the runner's record cannot be true: frame {frame.seq} ({kind}): {error}"
            ) from error

    @singledispatchmethod
    def _apply(self, frame: frames.AnyFrame, new: bool) -> None:
        raise NotImplementedError(type(frame))

    @_apply.register
    def _(self, frame: frames.Ready, new: bool) -> None:
        self._event(frame, new, {"python": frame.python, "papermill": frame.papermill})

    @_apply.register
    def _(self, frame: frames.Document, new: bool) -> None:
        if frame.name == "skeleton":
            self._skeleton.append(frame.body)
            if not frame.more:
                text, self._skeleton = "".join(self._skeleton), []
                self._planned = msgspec.json.decode(text, type=Skeleton).cells
                self._gate.plan(len(self._planned))
        if new:
            self._batch.documents.append(
                DocumentSlice(seq=frame.seq, name=frame.name, body=frame.body, more=frame.more)
            )

    @_apply.register
    def _(self, frame: frames.StartedFrame, new: bool) -> None:
        self.cells_total = frame.cells_total
        self.started_at = instant(frame.at)
        self._event(
            frame,
            new,
            {
                "cells_total": frame.cells_total,
                "kernel_name": frame.kernel_name,
                "language": frame.language,
            },
        )

    @_apply.register
    def _(self, frame: frames.CellStarted, new: bool) -> None:
        self._current, self._current_since = frame, instant(frame.at)
        self._event(
            frame,
            new,
            {
                "cell_index": frame.cell,
                "cell_type": frame.cell_type,
                "source": frame.source[:_SOURCE_SHOWN],
                "cells_total": self.cells_total,
            },
        )

    @_apply.register
    def _(self, frame: frames.Output, new: bool) -> None:
        if new:
            at = instant(frame.at)
            self._batch.outputs.extend(
                OutputRow(seq=frame.seq, op_no=number, at=at, op=op)
                for number, op in enumerate(frame.ops)
            )

    @_apply.register
    def _(self, frame: frames.CellFinished, new: bool) -> None:
        if self._current is not None and self._current.cell == frame.cell:
            self._current = None
        self._done[frame.cell] = frame.state
        error = cell_error(frame.cell, frame.error)
        if new:
            self._batch.cells.append(
                CellRecord(
                    cell_index=frame.cell,
                    cell_type=frame.cell_type,
                    source=frame.source,
                    state=frame.state,
                    execution_count=frame.execution_count,
                    started_at=instant(frame.started_at),
                    finished_at=instant(frame.finished_at),
                    metadata=frame.metadata,
                    error=error,
                    memory_bytes=frame.memory_bytes,
                )
            )
        self._event(
            frame,
            new,
            {
                "cell_index": frame.cell,
                "cell_type": frame.cell_type,
                "state": str(frame.state),
                "execution_count": frame.execution_count,
                "duration_seconds": round(frame.finished_at - frame.started_at, 6),
                "error": msgspec.to_builtins(error),
                "memory_bytes": frame.memory_bytes,
                "cells": msgspec.to_builtins(self.counts),
            },
        )

    @_apply.register
    def _(self, frame: frames.ProgressFrame, new: bool) -> None:
        data = self._messages.moved(frame)
        if new:
            self._publish_transient(frame, data)

    @_apply.register
    def _(self, frame: frames.Result, new: bool) -> None:
        data = self._messages.result(frame, new)
        if data is not None:
            self._event(frame, new, data)

    @_apply.register
    def _(self, frame: frames.Items, new: bool) -> None:
        data = self._messages.items(frame, new)
        if data is not None:
            self._event(frame, new, data)

    @_apply.register
    def _(self, frame: frames.Heartbeat, new: bool) -> None:
        self.heartbeat = frame
        if new:
            self._publish_transient(
                frame, {"memory_bytes": frame.memory_bytes, "cpu_seconds": frame.cpu_seconds}
            )

    @_apply.register
    def _(self, frame: frames.ArtifactChunk, new: bool) -> None:
        if new:
            self._batch.artifacts.append(
                ArtifactSlice(
                    seq=frame.seq,
                    path=frame.path,
                    content=frame.content(),
                    more=frame.more,
                )
            )
        if frame.more or not self._gate.is_artifact_whole:
            return
        artifact = Artifact(
            path=frame.path,
            size_bytes=frame.size,
            sha256=frame.sha256,
            media_type=mimetypes.guess_type(frame.path)[0] or "application/octet-stream",
            attempt_no=self._attempt_no,
        )
        self.artifacts = (*self.artifacts, artifact)
        self._event(frame, new, {"path": frame.path, "size_bytes": frame.size})

    @_apply.register
    def _(self, frame: frames.Finished, new: bool) -> None:
        self.finished = frame
        self._event(
            frame,
            new,
            {"verdict": frame.verdict, "cause": frame.cause, "message": frame.message},
        )

    def _publish_transient(self, frame: frames.AnyFrame, data: dict[str, Any]) -> None:
        """Publishes a transient event, which is not stored."""
        event = RunEvent(
            run_id=self._run_id,
            event_id=0,
            at=instant(frame.at),
            kind=frames.kind_of(frame),
            data={"attempt_no": self._attempt_no, **data},
        )
        self._hub.publish([event])

    def _event(self, frame: frames.AnyFrame, new: bool, data: dict[str, Any]) -> None:
        if new:
            self._batch.events.append(
                RunEvent(
                    run_id=self._run_id,
                    event_id=frame_event_id(self._attempt_no, frame.seq),
                    at=instant(frame.at),
                    kind=frames.kind_of(frame),
                    data={"attempt_no": self._attempt_no, **data},
                )
            )
