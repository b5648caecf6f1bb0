"""Values for tests: valid, and different from each other only where the test says so."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.frames import OutputOp
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.recording import OutputRow, Recording
from jupyter_batch.domain.run import NotebookRef, Run, TriggerKind

#: When everything happens, unless the test says so.
AT = datetime(2026, 1, 15, 12, tzinfo=UTC)

_ids = IdSource()


def new_id(at: datetime = AT) -> str:
    """Returns an id; later ones are greater."""
    return _ids.new(at)


def make_frozen(content: bytes = b'{"cells": []}', **fields: Any) -> FrozenNotebook:
    """Returns a frozen notebook."""
    values: dict[str, Any] = {
        "path": "work/nb.ipynb",
        "content": content,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return FrozenNotebook(**(values | fields))


def make_run(**fields: Any) -> Run:
    """Returns a queued run."""
    at = fields.get("created_at", AT)
    values: dict[str, Any] = {
        "id": new_id(at),
        "name": "nb",
        "trigger": TriggerKind.API,
        "scheduled_for": at,
        "created_at": at,
        "created_by": "ada",
        "notebook": NotebookRef(
            path="work/nb.ipynb", sha256=make_frozen().sha256, root="/home/ada"
        ),
    }
    return Run(**(values | fields))


def make_job(**fields: Any) -> Job:
    """Returns a job."""
    at = fields.get("created_at", AT)
    values: dict[str, Any] = {
        "id": new_id(at),
        "name": f"job {new_id(at)}",
        "notebook": "work/nb.ipynb",
        "root": "/home/ada",
        "created_by": "ada",
        "created_at": at,
        "updated_at": at,
    }
    return Job(**(values | fields))


def make_output(seq: int, body: str, **fields: Any) -> OutputRow:
    """Returns a row that appends a whole output to cell 0 (``op_no`` and ``at`` go to the row)."""
    row = {"op_no": fields.pop("op_no", 0), "at": fields.pop("at", AT)}
    op: dict[str, Any] = {"op": "append", "cell": 0, "type": "stream", "body": body}
    return OutputRow(seq=seq, op=OutputOp(**(op | fields)), **row)


def make_event(run_id: str, seq: int, **fields: Any) -> RunEvent:
    """Returns the event of a frame of attempt 1."""
    values: dict[str, Any] = {
        "run_id": run_id,
        "event_id": frame_event_id(1, seq),
        "at": AT,
        "kind": "progress",
        "data": {"attempt_no": 1, "seq": seq},
    }
    return RunEvent(**(values | fields))


def make_recording(run_id: str, **fields: Any) -> Recording:
    """Returns a recording of attempt 1 that reaches as far as what is in it."""
    seqs = [
        part.seq
        for name in ("outputs", "documents", "artifacts", "results")
        for part in fields.get(name, ())
    ]
    seqs += [event.event_id >> 10 & (1 << 32) - 1 for event in fields.get("events", ())]
    values: dict[str, Any] = {
        "run_id": run_id,
        "attempt_no": 1,
        "last_seq": max(seqs, default=0),
        "last_line": max((line.line_no for line in fields.get("log", ())), default=0),
    }
    return Recording(**(values | fields))
