"""Runs: submit, read, cancel, retry, delete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.requests import RunRequest
from jupyter_batch.domain.run import Attempt, Run, RunState, TriggerKind
from jupyter_batch.domain.run_transitions import tried_again
from jupyter_batch.domain.verdict import SYNTHETIC
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.ports import Clock, ExecutedParts, Notebooks, Store
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.services.event_streams import follow_all, follow_run, wait_until_over
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.maintenance.space_reclaimer import SpaceReclaimer
from jupyter_batch.services.output_limit import outputs_within
from jupyter_batch.services.submission.admission import AdmissionControl
from jupyter_batch.services.submission.validation import RequestValidator


class RunService:
    """Operations on runs. An unknown id raises NotFound."""

    def __init__(
        self,
        *,
        store: Store,
        validator: RequestValidator,
        admission: AdmissionControl,
        dispatcher: Dispatcher,
        notebooks: Notebooks,
        hub: EventHub,
        space_reclaimer: SpaceReclaimer,
        clock: Clock,
    ) -> None:
        self._store = store
        self._validator = validator
        self._admission = admission
        self._dispatcher = dispatcher
        self._notebooks = notebooks
        self._hub = hub
        self._space_reclaimer = space_reclaimer
        self._clock = clock

    async def submit(
        self,
        request: RunRequest,
        *,
        user: str,
        trigger: TriggerKind,
        job_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Validates, freezes and stores a run. It is committed when this returns."""
        run, frozen = await self._validator.accept(
            request, user=user, trigger=trigger, job_id=job_id
        )
        run = await self._store.runs.add(run, frozen, idempotency_key=idempotency_key)
        self._dispatcher.wake()
        return run

    async def check(self, request: RunRequest, *, user: str) -> None:
        """Raises the errors of ``submit``; stores nothing."""
        await self._validator.accept(request, user=user, trigger=TriggerKind.MANUAL)

    async def get(self, run_id: str) -> Run:
        """Returns the run."""
        run = await self._store.runs.get(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        return (await self._explained([run]))[0]

    async def wait(self, run_id: str, seconds: float) -> Run:
        """Returns the run once it is over, or its current state after the timeout."""
        over = asyncio.ensure_future(wait_until_over(self._store, self._hub, run_id))
        passed = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({over, passed}, return_when=asyncio.FIRST_COMPLETED)
            return over.result() if over.done() else await self.get(run_id)
        finally:
            over.cancel()
            passed.cancel()
            await asyncio.gather(over, passed, return_exceptions=True)

    async def list(self, query: RunQuery) -> Page[Run]:
        """Returns a page, newest first."""
        page = await self._store.runs.list(query)
        return replace(page, items=await self._explained(page.items))

    async def _explained(self, runs: Sequence[Run]) -> tuple[Run, ...]:
        """Returns runs; queued ones get their queue position and the reason why they wait."""
        if all(run.state is not RunState.QUEUED for run in runs):
            return tuple(runs)
        places = await self._store.runs.positions()
        explained = []
        for run in runs:
            if run.state is RunState.QUEUED:
                reason = await self._dispatcher.why_waits(run) or run.reason
                run = replace(run, reason=reason, queue_position=places.get(run.id))
            explained.append(run)
        return tuple(explained)

    async def cancel(self, run_id: str, *, user: str) -> Run:
        """Cancels a run that is not over; raises Conflict for one that is."""
        return await self._admission.cancel(run_id, by=user)

    async def retry(self, run_id: str, *, user: str) -> Run:
        """Queues a run that did not succeed for one more attempt; raises Conflict otherwise."""
        now = self._clock.now()

        def change(run: Run) -> Run:
            if not run.state.is_terminal:
                raise Conflict(
                    f"the run is not over: it is {run.state}", run_id=run_id, state=str(run.state)
                )
            if run.state in (RunState.SUCCEEDED, RunState.SKIPPED):
                raise Conflict(
                    f"a run that {'succeeded' if run.state is RunState.SUCCEEDED else 'was skipped'}"
                    " cannot be retried; submit it anew",
                    run_id=run_id,
                    state=str(run.state),
                )
            return tried_again(run, at=now, by=user)

        run = await self._store.runs.update(run_id, change, at=now)
        self._dispatcher.wake()
        return run

    async def delete(self, run_ids: Sequence[str]) -> int:
        """Deletes runs that are over, with all their records; raises Conflict if one is not."""
        wanted = tuple(dict.fromkeys(run_ids))
        for run_id in wanted:
            run = await self.get(run_id)
            if not run.state.is_terminal:
                raise Conflict(
                    f"run {run_id} is not over: it is {run.state}; cancel it first",
                    run_id=run_id,
                    state=str(run.state),
                )
        deleted = await self._store.runs.delete(wanted)
        self._space_reclaimer.wake()
        return deleted

    async def cells(self, run_id: str, attempt_no: int | None = None) -> tuple[CellRecord, ...]:
        """Returns the cell records of an attempt, of the newest one by default."""
        attempt = await self._attempt(run_id, attempt_no)
        if attempt is None:
            return ()
        return await self._store.records.cells(run_id, attempt.attempt_no)

    async def outputs(
        self, run_id: str, attempt_no: int | None, cell_index: int | None, *, room: int
    ) -> AsyncIterator[tuple[int, bytes | None]]:
        """Yields cell and JSON of the current outputs of an attempt.

        ``room`` is the size limit in bytes; None stands for an output that does not fit.
        """
        attempt = await self._attempt(run_id, attempt_no)
        if attempt is None:
            return
        slices = self._store.records.outputs(run_id, attempt.attempt_no, cell_index)
        async for output in outputs_within(slices, room):
            yield output

    async def log(
        self,
        run_id: str,
        attempt_no: int | None = None,
        *,
        after_line: int = 0,
        limit: int = 10_000,
    ) -> tuple[LogLine, ...]:
        """Returns lines of an attempt's log."""
        attempt = await self._attempt(run_id, attempt_no)
        if attempt is None:
            return ()
        return await self._store.records.log(
            run_id, attempt.attempt_no, after_line=after_line, limit=limit
        )

    async def notebook(self, run_id: str, attempt_no: int | None = None) -> AsyncIterator[bytes]:
        """Yields the executed notebook up to the attempt's current cell."""
        run = await self.get(run_id)
        attempt = await self._attempt(run_id, attempt_no)
        frozen = await self._store.runs.frozen(run_id)
        records, number = self._store.records, attempt.attempt_no if attempt else 0
        cells = await records.cells(run_id, number)
        parts = ExecutedParts(
            frozen=frozen,
            skeleton=await records.document(run_id, number, "skeleton"),
            metadata=await records.document(run_id, number, "metadata"),
            cells=cells,
            error_cell=_marked_cell(run, attempt, cells) if attempt else None,
        )
        outputs = records.outputs(run_id, number)
        async for piece in self._notebooks.assemble(parts, outputs):
            yield piece

    async def html(self, run_id: str, attempt_no: int | None = None) -> AsyncIterator[bytes]:
        """Yields the executed notebook as one HTML page."""
        async for piece in self._notebooks.html(self.notebook(run_id, attempt_no)):
            yield piece

    async def input_notebook(self, run_id: str) -> bytes:
        """Returns the frozen notebook."""
        return (await self._store.runs.frozen(run_id)).content

    async def artifact(
        self, run_id: str, path: str, attempt_no: int | None = None
    ) -> tuple[Artifact, AsyncIterator[bytes]]:
        """Returns an artifact and its bytes in slices."""
        run = await self.get(run_id)
        for artifact in reversed(run.artifacts):
            if artifact.path == path and attempt_no in (None, artifact.attempt_no):
                slices = self._store.records.artifact(run_id, artifact.attempt_no, path)
                return artifact, slices
        raise NotFound(f"the run has no artifact {path!r}", run_id=run_id, path=path)

    def follow(
        self, run_id: str, after: int = 0, *, outputs: bool = True
    ) -> AsyncIterator[RunEvent]:
        """Yields the events of a run until it is over; see ``event_streams.follow_run``."""
        return follow_run(self._store, self._hub, run_id, after=after, outputs=outputs)

    def follow_all(self, after: int | None = None) -> AsyncIterator[RunEvent]:
        """Yields the events of all runs; see ``event_streams.follow_all``."""
        return follow_all(self._store, self._hub, after=after)

    async def _attempt(self, run_id: str, attempt_no: int | None) -> Attempt | None:
        run = await self.get(run_id)
        if attempt_no is None:
            return run.attempt
        for attempt in run.attempts:
            if attempt.attempt_no == attempt_no:
                return attempt
        raise NotFound(
            f"the run has no attempt {attempt_no}; it has {len(run.attempts)}",
            run_id=run_id,
            attempt_no=attempt_no,
        )


def _marked_cell(run: Run, attempt: Attempt, cells: Sequence[CellRecord]) -> int | None:
    """Returns the cell at which papermill would put its error markers."""
    if attempt.state is not RunState.FAILED:
        return None
    if attempt is run.attempt and run.error is not None:
        return None if run.error.ename in SYNTHETIC else run.error.cell_index
    return next((cell.cell_index for cell in cells if cell.error is not None), None)
