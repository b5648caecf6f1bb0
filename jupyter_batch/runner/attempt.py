"""One attempt: tells what happens as frames, in the order in which it happens."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Optional

from .bundle import Bundle
from .glued import glued
from .masking import Masker
from .ops import OutputStream
from .spool import SpoolReader
from .stopper import Stopper
from .usage import Usage
from .writer import FrameWriter, to_json

#: A frame tells no more than this of a source or a message, and no metadata larger than that;
#: the documents have them whole.
_SHOWN = 32 * 1024


class Attempt:
    """Hears what the engine does and writes it as frames; keeps what the verdict needs."""

    def __init__(
        self,
        bundle: Bundle,
        kernel: Any,
        frames: FrameWriter,
        outputs: OutputStream,
        masker: Masker,
        stopper: Stopper,
        usage: Usage,
        spool: SpoolReader,
    ) -> None:
        self.kernel = kernel
        #: The notebook that papermill has at hand.
        self.nb: Any = None
        #: Its cells; papermill puts its error markers between them in the end.
        self.cells: List[Any] = []
        #: Cell that was executed last, and whether it is done.
        self.cell: Optional[int] = None
        self.is_in_cell = False
        #: What ended the cell that failed.
        self.error: Optional[Dict[str, Any]] = None
        self._bundle = bundle
        self._frames = frames
        self._outputs = outputs
        self._masker = masker
        self._stopper = stopper
        self._usage = usage
        self._spool = spool
        self._cell_began_at = 0.0

    def prepared(self, nb: Any) -> None:
        """Sends the skeleton while the kernel boots; returns when the kernel answers."""
        from .engine import connect

        self.cells = list(nb.cells)
        nb.metadata.papermill["input_path"] = self._bundle.get("notebook_path", "")
        self._frames.write_document("skeleton", to_json(self._masker.value(nb)))
        connect(self.kernel.connect, self._stopper.is_stopped)
        if self._stopper.is_stopped():
            return
        self._frames.write(
            "started",
            cells_total=len(self.cells),
            kernel_name=self.kernel.name,
            language=self.kernel.language,
        )
        self._stopper.set_timeout(self._bundle.get("timeout_seconds"))

    def is_stopped(self) -> bool:
        """Whether no further cell is to be executed."""
        return self._stopper.is_stopped()

    def cell_started(self, index: int, cell: Any) -> None:
        """Writes ``cell_started``."""
        self.cell, self.is_in_cell = index, True
        self._cell_began_at = time.time()
        self._frames.write(
            "cell_started", cell=index, cell_type=cell.cell_type, source=self._shown(cell.source)
        )
        if _is_executed(cell):
            self._stopper.cell_began()

    def cell_entered(self) -> None:
        """Passes on that the kernel executes the cell."""
        self._stopper.cell_entered()

    def cell_finished(self, index: int, cell: Any, error: Optional[BaseException]) -> None:
        """Writes ``cell_finished`` after all outputs that came before it."""
        self._stopper.cell_ended()
        self.is_in_cell = False
        self._outputs.end_cell(index)
        self._outputs.flush()
        state = "succeeded"
        told = None
        if error is not None:
            state = "failed"
            told = self.error = self.told_error(cell, error)
        elif cell.cell_type == "code" and cell.source.strip() and not _is_executed(cell):
            state = "not_run"
        metadata = self._masker.value(cell.metadata)
        self._frames.write(
            "cell_finished",
            cell=index,
            cell_type=cell.cell_type,
            source=self._shown(cell.source),
            state=state,
            execution_count=cell.get("execution_count"),
            started_at=self._cell_began_at,
            finished_at=time.time(),
            metadata=metadata if len(to_json(metadata)) <= _SHOWN else {},
            error=told,
            memory_bytes=self._usage.sample(fresh=False),
        )

    def appended(self, index: int, output: Dict[str, Any]) -> None:
        """Passes on a new output, and what it glues."""
        for name, kind, value in glued(output):
            self._spool.send_result(name, kind, value)
        self._outputs.append(index, output)

    def replaced(self, index: int, no: int, output: Dict[str, Any]) -> None:
        """Passes on a changed output."""
        self._outputs.replace(index, no, output)

    def cleared(self, index: int) -> None:
        """Passes on that a cell has no outputs any more."""
        self._outputs.clear(index)

    def told_error(self, cell: Any, error: BaseException) -> Optional[Dict[str, Any]]:
        """Returns the exception of a cell as frames tell it; None where the kernel raised none."""
        reported = [o for o in cell.get("outputs", []) if o["output_type"] == "error"]
        if reported:
            last = reported[-1]
            return self.frame_error(last["ename"], last["evalue"], last["traceback"])
        if hasattr(error, "ename"):
            lines = str(getattr(error, "traceback", "")).splitlines()
            return self.frame_error(error.ename, getattr(error, "evalue", ""), lines)
        return None

    def frame_error(self, ename: str, evalue: str, traceback: List[str]) -> Dict[str, Any]:
        """Returns an exception as frames tell it, masked and not too long."""
        lines: List[str] = []
        left = 2 * _SHOWN
        for line in self._masker.lines(list(traceback)):
            if len(line) > left:
                lines.append(line[:left] + " …")
                break
            left -= len(line)
            lines.append(line)
        return {
            "ename": self._shown(str(ename)),
            "evalue": self._shown(str(evalue)),
            "traceback": lines,
        }

    def masked(self, text: str) -> str:
        """Returns a text without secrets, for whoever cuts it."""
        return self._masker.text(text)

    def send_metadata(self) -> None:
        """Writes the ``metadata`` document, where there is a notebook."""
        if self.nb is not None:
            document = {"metadata": self.nb.metadata, "cells": [c.metadata for c in self.cells]}
            self._frames.write_document("metadata", to_json(self._masker.value(document)))

    def cells_not_run(self) -> int:
        """Returns how many code cells come after the one that was executed last."""
        after = 0 if self.cell is None else self.cell + 1
        return sum(map(_is_executed, self.cells[after:]))

    def _shown(self, text: str) -> str:
        text = self._masker.text(text)
        return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"


def notebook_kernel(notebook: bytes) -> Optional[str]:
    """Returns the kernel that a notebook asks for; raises ValueError for what is no notebook."""
    metadata = json.loads(notebook.decode("utf-8-sig"))["metadata"]
    name = (metadata.get("kernelspec") or {}).get("name")
    return str(name) if name else None


def _is_executed(cell: Any) -> bool:
    return bool(
        cell.cell_type == "code"
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    )
