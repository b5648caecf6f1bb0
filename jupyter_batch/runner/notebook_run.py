"""Records one attempt as frames, in the order in which things happen."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Tuple

from .bundle import RunnerBundle
from .cell_errors import UNNAMED, CellFailure, exit_status, native_traceback, without_name
from .frame_writer import FrameWriter, to_json
from .masking import Masker
from .messages import error_parts
from .output_stream import OutputStream
from .scrapbook import glued
from .spool import SpoolReader
from .termination import Terminator
from .usage import Usage

#: A frame has at most this much of a source or a message, and no larger metadata;
#: the documents have them whole.
_SHOWN = 32 * 1024
#: The tag of a cell that may raise an exception.
_RAISES = "raises-exception"
#: Limits for the name of an error and for the lines of a traceback.
_NAME, _MOST_LINES = 1000, 10_000


class NotebookRun:
    """Writes what the engine does as frames; keeps the facts that the verdict needs."""

    def __init__(
        self,
        bundle: RunnerBundle,
        kernel: Any,
        frames: FrameWriter,
        outputs: OutputStream,
        masker: Masker,
        terminator: Terminator,
        usage: Usage,
        spool: SpoolReader,
    ) -> None:
        self.kernel = kernel
        #: The notebook that papermill executes.
        self.nb: Any = None
        #: Its cells; papermill puts its error markers between them in the end.
        self.cells: List[Any] = []
        #: The cell that was executed last.
        self.cell: Optional[int] = None
        #: The error that ended the failed cell, as the kernel reported it.
        self.failure: Optional[CellFailure] = None
        #: Exceptions of cells that are tagged as allowed to raise them.
        self.expected: List[CellFailure] = []
        #: Whether the notebook ended itself by IPython's ``exit``.
        self.has_exited = False
        #: The cell at which papermill puts its error markers.
        self.error_cell: Optional[int] = None
        self._bundle = bundle
        self._frames = frames
        self._outputs = outputs
        self._masker = masker
        self._terminator = terminator
        self._usage = usage
        self._spool = spool
        self._cell_began_at = 0.0
        self._reply: Dict[str, Any] = {}
        #: The end of what the current cell has written to stderr.
        self._stderr = ""
        self._was_executed = False
        self.is_strict = bool(bundle.get("strict_errors"))

    def prepared(self, nb: Any) -> None:
        """Sends the skeleton while the kernel boots; returns when the kernel answers."""
        from .papermill_engine import connect

        self.cells = list(nb.cells)
        nb.metadata.papermill["input_path"] = self._bundle.get("notebook_path", "")
        self._frames.write_document("skeleton", to_json(self._masker.value(nb)))
        connect(self.kernel.connect, self._terminator.is_stopped)
        if self._terminator.is_stopped():
            return
        self._frames.write(
            "started",
            cells_total=len(self.cells),
            kernel_name=self.kernel.name,
            language=self.kernel.language,
        )
        self._terminator.set_timeout(self._bundle.get("timeout_seconds"))

    def is_stopped(self) -> bool:
        """Returns whether no further cell is to be executed."""
        return self._terminator.is_stopped() or self.has_exited

    def cell_started(self, index: int, cell: Any) -> None:
        """Writes ``cell_started``."""
        self.cell = index
        self._reply, self._stderr = {}, ""
        self._cell_began_at = time.time()
        self._frames.write(
            "cell_started", cell=index, cell_type=cell.cell_type, source=self._shown(cell.source)
        )
        self._was_executed = _is_executed(cell)
        if self._was_executed:
            self._terminator.cell_began()

    def cell_entered(self) -> None:
        """Notifies the terminator that the kernel executes the cell."""
        self._terminator.cell_entered()

    def replied(self, index: int, cell: Any, reply: Dict[str, Any]) -> None:
        """Keeps the kernel's reply, and whether the notebook ended itself."""
        self._reply = reply
        if exit_status(reply) == 0:
            self.has_exited = True
        if reply.get("status") == "error" and _RAISES in cell.metadata.get("tags", []):
            self.expected.append(self._failure(index, cell, *error_parts(reply)))

    def cut_short(self) -> Optional[Tuple[str, str]]:
        """Returns why a cell that the kernel reports as done is not."""
        if not self._was_executed:
            return None
        if self._terminator.reached_a_cell:
            return self._terminator.early_error()
        status = exit_status(self._reply)
        if status:
            return "SystemExit", str(status)
        if self._reply.get("status") in ("abort", "aborted"):
            return "Aborted", "the kernel has aborted the cell"
        return None

    def cell_finished(self, index: int, cell: Any, error: Optional[BaseException]) -> None:
        """Writes ``cell_finished`` after all outputs that came before it."""
        self._terminator.cell_ended()
        self._outputs.end_cell(index)
        self._outputs.flush()
        state = "succeeded"
        reported = None
        if error is not None:
            state = "failed"
            self.failure = self._raised(index, cell, error)
            reported = self.failure.reported if self.failure else None
        elif self.is_strict and self.expected and self.expected[-1].cell == index:
            state, reported = "failed", self.expected[-1].reported
        elif cell.cell_type == "code" and cell.source.strip() and not _is_executed(cell):
            state = "not_run"
        metadata = self._masker.value(cell.metadata)
        self._frames.write(
            "cell_finished",
            cell=index,
            cell_type=cell.cell_type,
            source=self._shown(cell.source),
            state=state,
            execution_count=_count(cell.get("execution_count")),
            started_at=self._cell_began_at,
            finished_at=time.time(),
            metadata=metadata if len(to_json(metadata)) <= _SHOWN else {},
            error=reported,
            memory_bytes=self._usage.sample(fresh=False),
        )

    def appended(self, index: int, output: Dict[str, Any]) -> None:
        """Records a new output, and the result in it, if any."""
        for name, kind, value in glued(output):
            self._spool.send_result(name, kind, value)
        if output.get("name") == "stderr":
            self._stderr = (self._stderr + "".join(output["text"]))[-2 * _SHOWN :]
        self._outputs.append(index, output)

    def replaced(self, index: int, no: int, output: Dict[str, Any]) -> None:
        """Records a changed output."""
        self._outputs.replace(index, no, output)

    def cleared(self, index: int) -> None:
        """Records that the outputs of a cell were cleared."""
        self._outputs.clear(index)

    def _raised(self, index: int, cell: Any, error: BaseException) -> "Optional[CellFailure]":
        """Returns the error that ended a cell; None where it was no exception of its own."""
        if self._reply.get("status") == "error":
            return self._failure(index, cell, *error_parts(self._reply))
        if hasattr(error, "ename"):
            return self._failure(index, cell, error.ename, str(getattr(error, "evalue", "")), [])
        return None

    def _failure(
        self, index: int, cell: Any, ename: str, evalue: str, traceback: List[str]
    ) -> "CellFailure":
        if not traceback:
            shown = [o for o in cell.get("outputs", []) if o["output_type"] == "error"]
            traceback = shown[-1]["traceback"] if shown else native_traceback(self._stderr)
        return CellFailure(index, ename, evalue, self.frame_error(ename, evalue, traceback))

    def frame_error(self, ename: str, evalue: str, traceback: List[str]) -> Dict[str, Any]:
        """Returns an exception as it goes into frames, masked and cut where it is long."""
        lines: List[str] = []
        left = 2 * _SHOWN
        for line in self._masker.lines(list(map(str, traceback)))[:_MOST_LINES]:
            if len(line) > left:
                lines.append(line[:left] + " …")
                break
            left -= len(line)
            lines.append(line)
        if not ename:
            ename, evalue = UNNAMED, without_name(evalue)
        return {
            "ename": self._masker.text(str(ename))[:_NAME],
            "evalue": self._shown(str(evalue)),
            "traceback": lines,
        }

    def masked(self, text: str) -> str:
        """Returns a text with its secrets masked, before it is cut."""
        return self._masker.text(text)

    def send_metadata(self) -> None:
        """Writes the ``metadata`` document, where there is a notebook."""
        if self.nb is not None:
            document = {
                "metadata": self.nb.metadata,
                "cells": [c.metadata for c in self.cells],
                "error_cell": self.error_cell,
            }
            self._frames.write_document("metadata", to_json(self._masker.value(document)))

    def cells_not_run(self) -> int:
        """Returns how many code cells come after the one that was executed last."""
        after = 0 if self.cell is None else self.cell + 1
        return sum(map(_is_executed, self.cells[after:]))

    def _shown(self, text: str) -> str:
        text = self._masker.text(text)
        return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"


def _count(value: Any) -> Optional[int]:
    """Returns a kernel's execution count; None where it is not valid."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if is_count else None


def _is_executed(cell: Any) -> bool:
    return bool(
        cell.cell_type == "code"
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    )
