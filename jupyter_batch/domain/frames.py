"""The frames that a runner writes to its stdout, one JSON object a line.

Every frame has ``v`` (the version, 1), ``seq`` (from 1, without gaps), ``at`` (seconds since
the epoch) and ``kind``. No line is longer than 512 KiB: large content (the prepared
notebook, an output, an artifact) is sent as consecutive slices of its text, ``more`` being
true on all but the last, so that no reader needs all of it in memory at once. In the log of
an engine, long lines may be compressed (see ``runner/compression.py``).
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from jupyter_batch.domain.cell import CellState
from jupyter_batch.domain.paths import path_problem


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The fields that all frames share."""

    v: int = 1
    seq: int
    at: float


class Ready(Frame, frozen=True, kw_only=True, tag="ready"):
    """The runner has read its bundle."""

    python: str
    papermill: str
    #: The limits that the runner applies; None from earlier versions of the runner.
    max_output_bytes: int | None = None
    max_artifact_bytes: int | None = None


class Document(Frame, frozen=True, kw_only=True, tag="document"):
    """A slice of a JSON text from which the executed notebook is assembled.

    ``skeleton`` is the whole notebook as papermill prepared it, without outputs, before the
    first cell; ``metadata`` (at the end) is
    ``{"metadata": <notebook metadata>, "cells": [<metadata of each cell>]}``.
    """

    name: str
    body: str
    more: bool = False


class StartedFrame(Frame, frozen=True, kw_only=True, tag="started"):
    """The kernel is ready; the first cell comes next."""

    cells_total: int
    kernel_name: str
    language: str


class CellStarted(Frame, frozen=True, kw_only=True, tag="cell_started"):
    """A cell is being executed. Cells that are no code cells are only passed."""

    cell: int
    cell_type: str
    source: str


class OutputOp(msgspec.Struct, frozen=True, kw_only=True):
    """One change to the outputs of a cell.

    ``append`` adds output ``no``; ``more`` continues the text of the output that was last
    appended or put; ``replace`` puts output ``no`` anew (display updates); ``clear`` removes
    all outputs of the cell.
    """

    op: str
    cell: int
    no: int = 0
    #: The nbformat ``output_type``.
    type: str = ""
    #: JSON text of the nbformat output, or a slice of it.
    body: str = ""
    #: Whether a ``more`` follows.
    more: bool = False


class Output(Frame, frozen=True, kw_only=True, tag="output"):
    """Changes to outputs, in order, batched over at most a tenth of a second."""

    ops: tuple[OutputOp, ...]


class FrameError(msgspec.Struct, frozen=True, kw_only=True):
    """An exception as the kernel reported it."""

    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()


class CellFinished(Frame, frozen=True, kw_only=True, tag="cell_finished"):
    """A cell is done. The ops before this frame have made its outputs."""

    cell: int
    cell_type: str
    source: str
    state: CellState
    execution_count: int | None = None
    #: Seconds since the epoch.
    started_at: float
    finished_at: float
    #: The cell's metadata, with papermill's.
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    error: FrameError | None = None
    memory_bytes: int | None = None


class ProgressFrame(Frame, frozen=True, kw_only=True, tag="progress"):
    """Progress that the notebook itself reports; ``data`` are fields of ``ItemProgress``."""

    name: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    #: Offset in the notebook's spool that the frames up to this one cover; 0 for unknown.
    spool: int = 0


class Result(Frame, frozen=True, kw_only=True, tag="result"):
    """A slice of a value that the notebook has recorded."""

    name: str
    #: See domain/results.py.
    type: str
    #: JSON text, or a slice of it.
    body: str
    #: Seconds since the epoch.
    told_at: float
    more: bool = False
    spool: int = 0


class ItemFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a tracked loop that has failed."""

    #: JSON text; None if unknown.
    key: str | None = None
    error: str


class Items(Frame, frozen=True, kw_only=True, tag="items"):
    """Items of a tracked loop that are done or have failed since the frame before."""

    name: str
    #: Their keys, each a JSON text.
    done: tuple[str, ...] = ()
    failed: tuple[ItemFailure, ...] = ()
    spool: int = 0


class Heartbeat(Frame, frozen=True, kw_only=True, tag="heartbeat"):
    """A sign of life of the runner, with memory and cpu of its process tree."""

    memory_bytes: int
    peak_memory_bytes: int
    cpu_seconds: float


class ArtifactChunk(Frame, frozen=True, kw_only=True, tag="artifact"):
    """A slice of an artifact's bytes, in base64; ``size`` and ``sha256`` come with the last."""

    path: str
    data: str
    more: bool = False
    size: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError unless it is a path below a folder: clients write files there."""
        problem = path_problem(self.path)
        if problem is not None:
            raise ValueError(f"the path of an artifact is refused: {problem}")

    def content(self) -> bytes:
        """Returns the slice's bytes; raises ValueError for invalid base64."""
        return base64.b64decode(self.data, validate=True)


class Finished(Frame, frozen=True, kw_only=True, tag="finished"):
    """The runner's verdict; the last frame.

    ``verdict`` is ``succeeded``, ``failed``, ``cancelled`` or ``timed_out``; ``cause`` is one of
    ``done``, ``exception``, ``sys_exit``, ``kernel_died``, ``out_of_memory``, ``no_kernel``,
    ``sigterm``, ``timeout``, ``disk_full``, ``bundle``, ``internal``.
    """

    verdict: str
    cause: str
    #: One sentence for people.
    message: str = ""
    cell: int | None = None
    error: FrameError | None = None
    #: Code cells that were not executed because the notebook ended before them.
    cells_not_run: int = 0
    #: The argument of ``sys.exit``, if the notebook called it.
    exit_code: int | None = None
    #: Bytes of output that were cut because the limit was reached.
    cut_bytes: int = 0
    memory_bytes: int | None = None
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    #: Sentences that are added to the reason, whatever the verdict.
    notes: tuple[str, ...] = ()


AnyFrame = (
    Ready
    | Document
    | StartedFrame
    | CellStarted
    | Output
    | CellFinished
    | ProgressFrame
    | Result
    | Items
    | Heartbeat
    | ArtifactChunk
    | Finished
)

_decoder: msgspec.json.Decoder[AnyFrame] = msgspec.json.Decoder(AnyFrame)


def decode_frame(line: bytes) -> AnyFrame:
    """Decodes one line; raises msgspec.DecodeError or msgspec.ValidationError."""
    return _decoder.decode(line)


def kind_of(frame: AnyFrame) -> str:
    """Returns the frame's kind, as in its line."""
    return str(type(frame).__struct_config__.tag)
