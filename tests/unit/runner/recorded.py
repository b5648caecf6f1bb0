"""Outputs whose frames are kept, and what can be put into them."""

from __future__ import annotations

import contextlib
import json
from typing import Any, cast

from jupyter_batch.runner.budget import Budget
from jupyter_batch.runner.frame_writer import FrameWriter
from jupyter_batch.runner.masking import Masker
from jupyter_batch.runner.output_stream import OutputStream


class Frames:
    """Keeps what is written."""

    def __init__(self):
        self.frames = []

    def write(self, kind, **fields):
        assert kind == "output"
        self.frames.append(fields["ops"])

    def waiting_for(self, lock):
        return contextlib.nullcontext()

    @property
    def ops(self):
        return [op for frame in self.frames for op in frame]

    def replay(self):
        cells: dict[Any, Any] = {}
        for op in self.ops:
            cell = cells.setdefault(op["cell"], [])
            if op["op"] == "clear":
                cell.clear()
            elif op["op"] == "append":
                assert op["no"] == len(cell)
                cell.append(op["body"])
            elif op["op"] == "replace":
                cell[op["no"]] = op["body"]
            else:
                assert op["op"] == "more"
                cell[op["no"]] += op["body"]
        return {index: [json.loads(body) for body in cell] for index, cell in cells.items() if cell}


def stream_of(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def data_of(text):
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def new_outputs(limit=1_000_000, secrets=None):
    frames, budget = Frames(), Budget(limit)
    return frames, budget, OutputStream(cast("FrameWriter", frames), Masker(secrets or {}), budget)
