"""Admits new runs of jobs by their overlap policy."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from msgspec.structs import replace

from jupyter_batch.domain.overlap import admit
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.ports import Clock, JobLoad, NewRun, Store, TriggerStep
from jupyter_batch.services.execution.dispatcher import Dispatcher

log = logging.getLogger(__name__)


class AdmissionControl:
    """Stores new runs. A decision under ``gate`` is valid until the runs are stored."""

    def __init__(self, *, store: Store, dispatcher: Dispatcher, clock: Clock) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        #: Hold it to make runs of jobs, or to change jobs.
        self.gate = asyncio.Lock()

    async def store(
        self, runs: Sequence[NewRun], steps: Sequence[TriggerStep] = ()
    ) -> tuple[Run, ...]:
        """Stores runs, some of them as skipped. The caller holds the gate."""
        decided, cancelled = await self._decide(runs)
        stored = await self._store.runs.add_all(decided, steps)
        await self._replace(cancelled, {run.id for run in stored})
        return stored

    async def store_one(self, new: NewRun, *, idempotency_key: str | None) -> Run:
        """Stores one run, perhaps as skipped. The caller holds the gate."""
        (decided,), cancelled = await self._decide([new])
        assert decided.frozen is not None
        run = await self._store.runs.add(
            decided.run, decided.frozen, idempotency_key=idempotency_key
        )
        await self._replace(cancelled, {run.id})
        return run

    async def cancel(self, run_id: str, *, by: str) -> Run:
        """Cancels a run that is not over; raises Conflict for one that is, NotFound."""
        now = self._clock.now()

        def change(run: Run) -> Run:
            if run.state is RunState.CANCELLING:
                return run
            if run.state.is_terminal:
                raise Conflict(
                    f"the run is over: it is {run.state}", run_id=run_id, state=str(run.state)
                )
            if run.state is RunState.QUEUED:
                return run.move_to(
                    RunState.CANCELLED, at=now, reason=f"cancelled by {by} while it waited"
                )
            return run.move_to(RunState.CANCELLING, at=now, reason=f"cancelled by {by}")

        run = await self._store.runs.update(run_id, change, at=now)
        if run.state is RunState.CANCELLING:
            self._dispatcher.cancel(run_id, by)
        self._dispatcher.wake()
        return run

    async def _decide(self, runs: Sequence[NewRun]) -> tuple[list[NewRun], dict[str, str]]:
        """Returns the runs to store, and which run cancels which others."""
        loads: dict[str, JobLoad] = {}
        decided: list[NewRun] = []
        cancelled: dict[str, str] = {}
        for new in runs:
            run, job_id = new.run, new.run.job_id
            if job_id is None or run.backfill is not None or run.state is not RunState.QUEUED:
                decided.append(new)
                continue
            load = loads.get(job_id) or await self._store.runs.load(job_id)
            answer = admit(
                run.policies.overlap_policy,
                active=load.active,
                waiting=load.waiting,
                forced=run.policies.forced,
            )
            cancelled |= dict.fromkeys(answer.cancel, run.id)
            if answer.admit:
                waiting = [i for i in load.waiting if i not in cancelled]
                loads[job_id] = JobLoad(active=load.active, waiting=(*waiting, run.id))
                reason = None if answer.cancel else answer.reason
                run = replace(run, reason=run.reason or reason)
            else:
                loads[job_id] = load
                run = run.move_to(RunState.SKIPPED, at=run.created_at, reason=answer.reason)
            decided.append(NewRun(run=run, frozen=new.frozen))
        return decided, cancelled

    async def _replace(self, cancelled: dict[str, str], stored: set[str]) -> None:
        for run_id, newer in cancelled.items():
            if newer not in stored:
                continue
            try:
                await self.cancel(run_id, by=f"the newer run {newer}")
            except (Conflict, NotFound):
                log.debug("run %s was over before run %s could replace it", run_id, newer)
