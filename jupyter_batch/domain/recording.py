"""Recordings: the part of an attempt that is written to the store in one transaction."""

from __future__ import annotations

from datetime import datetime

from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.frames import OutputOp
from jupyter_batch.domain.results import ResultRecord
from jupyter_batch.domain.value import Value


class LogLine(Value, frozen=True, kw_only=True):
    """A line of an attempt's log (its stderr)."""

    #: Counts from 1 within the attempt.
    line_no: int
    text: str


class OutputRow(Value, frozen=True, kw_only=True):
    """An output op with the frame that brought it."""

    seq: int
    #: Position within the frame, from 0.
    op_no: int
    at: datetime
    op: OutputOp


class DocumentSlice(Value, frozen=True, kw_only=True):
    """A slice of a document (see frames.Document)."""

    seq: int
    name: str
    body: str
    #: Whether another slice follows.
    more: bool


class ArtifactSlice(Value, frozen=True, kw_only=True):
    """A slice of an artifact's bytes."""

    seq: int
    path: str
    content: bytes
    #: Whether another slice follows.
    more: bool


class Recording(Value, frozen=True, kw_only=True):
    """An ordered batch of records of one attempt. Recording it twice changes nothing."""

    run_id: str
    attempt_no: int
    #: Newest frame up to and including this batch; 0 for none.
    last_seq: int
    #: Newest line of the log up to and including this batch; 0 for none.
    last_line: int
    cells: tuple[CellRecord, ...] = ()
    outputs: tuple[OutputRow, ...] = ()
    documents: tuple[DocumentSlice, ...] = ()
    artifacts: tuple[ArtifactSlice, ...] = ()
    log: tuple[LogLine, ...] = ()
    results: tuple[ResultRecord, ...] = ()
    #: Events other than outputs. The store makes those from ``outputs``.
    events: tuple[RunEvent, ...] = ()


class Watermark(Value, frozen=True, kw_only=True):
    """The recorded position of an attempt."""

    last_seq: int = 0
    last_line: int = 0
