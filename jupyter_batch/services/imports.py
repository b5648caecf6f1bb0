"""Imports runs that were executed elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.imported_notebook import ImportedNotebook
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.recording import DocumentSlice, OutputRow, Recording
from jupyter_batch.domain.requests import ImportRequest
from jupyter_batch.domain.run import Attempt, NotebookRef, Run, RunState
from jupyter_batch.errors import InvalidInput, NotFound
from jupyter_batch.ports import Clock, Notebooks, Store
from jupyter_batch.services.submission.request_checks import check_name
from jupyter_batch.services.submission.validation import RequestValidator

T = TypeVar("T")

#: Outputs or cells in one recording.
_SLICE = 2_000


class ImportService:
    """Makes runs that are already over. It executes nothing."""

    def __init__(
        self, *, store: Store, notebooks: Notebooks, validator: RequestValidator, clock: Clock
    ) -> None:
        self._store = store
        self._notebooks = notebooks
        self._validator = validator
        self._clock = clock

    async def add(
        self, request: ImportRequest, *, user: str, idempotency_key: str | None = None
    ) -> Run:
        """Stores a run that is over, with its cells and outputs.

        With a key, an interrupted import is completed. Raises InvalidInput, InvalidNotebook,
        NotFound (the job).
        """
        check_name(request.name)
        if not request.state.is_terminal or request.state is RunState.SKIPPED:
            raise InvalidInput("only a run that is over can be imported", field="state")
        if request.created_at > self._clock.now():
            raise InvalidInput("created_at is in the future", field="created_at")
        if request.job_id is not None and await self._store.jobs.get(request.job_id) is None:
            raise NotFound(f"there is no job {request.job_id}", job_id=request.job_id)
        parts = await self._notebooks.split_notebook(request.content)
        # A notebook may be large: threads keep the event loop free.
        digest = await asyncio.to_thread(lambda: hashlib.sha256(parts.source).hexdigest())
        frozen = FrozenNotebook(path=request.notebook, content=parts.source, sha256=digest)
        # The run can be retried here, so it gets the default environment.
        environment = await self._validator.resolve_environment(Environment(), user=user)
        made = replace(_run(request, parts, frozen, user), environment=environment)
        run = await self._store.runs.add(made, frozen, idempotency_key=idempotency_key)
        recordings = await asyncio.to_thread(_recordings, run, parts)
        done = await self._store.records.watermark(run.id, 1)
        if done.last_seq < recordings[-1].last_seq:
            for recording in recordings:
                await self._store.records.record(recording)
        return run


def _run(request: ImportRequest, parts: ImportedNotebook, frozen: FrozenNotebook, user: str) -> Run:
    ended = request.finished_at or request.created_at
    attempt = Attempt(
        attempt_no=1,
        state=request.state,
        reason=request.reason,
        started_at=request.started_at,
        finished_at=ended,
    )
    return Run(
        # Runs sort by id, so the id has the time of the original run.
        id=IdSource().new(request.created_at),
        job_id=request.job_id,
        name=request.name or posixpath.basename(request.notebook),
        state=request.state,
        reason=request.reason,
        trigger=request.trigger,
        scheduled_for=request.created_at,
        created_at=request.created_at,
        started_at=request.started_at,
        finished_at=ended,
        created_by=user,
        notebook=NotebookRef(path=frozen.path, sha256=frozen.sha256),
        parameters=request.parameters,
        attempts=(attempt,),
        cells=parts.counts,
        error=parts.error,
    )


def _recordings(run: Run, parts: ImportedNotebook) -> list[Recording]:
    """Returns all records in several recordings, so that others get their turn in between.

    Cells come last: with them the watermark moves, up to the last one when all is on record.
    """
    at: datetime = run.finished_at or run.created_at
    nothing = Recording(run_id=run.id, attempt_no=1, last_seq=2, last_line=0)
    documents = (
        DocumentSlice(seq=1, name="skeleton", body=parts.skeleton, more=False),
        DocumentSlice(seq=2, name="metadata", body=parts.metadata, more=False),
    )
    outputs = tuple(
        OutputRow(seq=seq, op_no=0, at=at, op=op) for seq, op in enumerate(parts.outputs, start=3)
    )
    recordings = [
        replace(nothing, outputs=some, last_seq=some[-1].seq) for some in _slices(outputs)
    ]
    last_seq = 2 + len(outputs)
    for number, cells in enumerate(_slices(parts.cells), start=1):
        recordings.append(replace(nothing, cells=cells, last_seq=last_seq + number))
    return [replace(nothing, documents=documents), *recordings]


def _slices(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    return (items[at : at + _SLICE] for at in range(0, len(items), _SLICE))
