"""Sweeps: make, read, cancel, retry, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from jupyter_batch.domain.parameters.parameters import check_parameters
from jupyter_batch.domain.queries import Page, SweepQuery
from jupyter_batch.domain.request_limits import outside_limits
from jupyter_batch.domain.requests import SweepRequest
from jupyter_batch.domain.run import Run, RunState, SweepRef, TriggerKind
from jupyter_batch.domain.run_transitions import tried_again
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.domain.sweep import FAILURES, RETRYABLE, Sweep, SweepFacts, check_size
from jupyter_batch.errors import Conflict, InvalidInput, InvalidParameters, NotFound
from jupyter_batch.ports import Clock, NewRun, Store
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.maintenance.space_reclaimer import SpaceReclaimer
from jupyter_batch.services.submission.validation import RequestValidator

#: Parameter sets that are checked before the event loop runs other tasks.
_TOGETHER = 100


class SweepService:
    """Operations on sweeps. An unknown id raises NotFound."""

    def __init__(
        self,
        *,
        store: Store,
        validator: RequestValidator,
        dispatcher: Dispatcher,
        space_reclaimer: SpaceReclaimer,
        clock: Clock,
    ) -> None:
        self._store = store
        self._validator = validator
        self._dispatcher = dispatcher
        self._space_reclaimer = space_reclaimer
        self._clock = clock

    async def create(
        self, request: SweepRequest, *, user: str, idempotency_key: str | None = None
    ) -> Sweep:
        """Checks every parameter set, and stores the sweep with all its runs at once.

        Raises validation errors; for a parameter set with its ``index`` and its ``field`` in
        ``details``. Nothing is stored then.
        """
        sets = request.parameter_sets
        check_size(len(sets), field="parameter_sets")
        most = request.max_concurrent
        for field, sentence in outside_limits(request):
            raise InvalidInput(sentence, field=field)
        runs = await self._runs(request, user=user)
        first = runs[0].run
        assert first.sweep is not None
        facts = SweepFacts(
            id=first.sweep.id,
            name=first.name,
            notebook=first.notebook,
            created_at=first.created_at,
            created_by=user,
            max_concurrent=most,
        )
        sweep = await self._store.sweeps.add(facts, runs, idempotency_key=idempotency_key)
        self._dispatcher.wake()
        return sweep

    async def get(self, sweep_id: str) -> Sweep:
        """Returns the sweep."""
        sweep = await self._store.sweeps.get(sweep_id)
        if sweep is None:
            raise NotFound(f"there is no sweep {sweep_id}", sweep_id=sweep_id)
        return sweep

    async def list(self, query: SweepQuery) -> Page[Sweep]:
        """Returns a page, newest first."""
        return await self._store.sweeps.list(query)

    async def cancel(self, sweep_id: str, *, user: str) -> Sweep:
        """Cancels all runs that are not over; raises Conflict where there are none."""
        now = self._clock.now()

        def change(run: Run) -> Run:
            if run.state is RunState.CANCELLING:
                return run
            if run.state is RunState.QUEUED:
                return run.move_to(
                    RunState.CANCELLED,
                    at=now,
                    reason=f"cancelled by {user}, with its sweep, while it waited",
                )
            return run.move_to(
                RunState.CANCELLING, at=now, reason=f"cancelled by {user}, with its sweep"
            )

        moved = await self._store.sweeps.move_runs(sweep_id, UNFINISHED, change, at=now)
        for run in moved:
            if run.state is RunState.CANCELLING:
                self._dispatcher.cancel(run.id, user)
        self._dispatcher.wake()
        sweep = await self.get(sweep_id)
        if not moved and sweep.state.is_over:
            raise Conflict(
                f"the sweep is over: it is {sweep.state}", sweep_id=sweep_id, state=sweep.state
            )
        return sweep

    async def retry(
        self, sweep_id: str, *, user: str, states: Collection[RunState] = FAILURES
    ) -> Sweep:
        """Queues the runs that ended in these states once more, and leaves the others.

        Raises Conflict where there are none.
        """
        for state in states:
            if state not in RETRYABLE:
                raise InvalidInput(
                    f"runs that are {state} cannot be retried; choose from: {', '.join(RETRYABLE)}",
                    field="states",
                )
        now = self._clock.now()
        moved = await self._store.sweeps.move_runs(
            sweep_id, states, lambda run: tried_again(run, at=now, by=user), at=now
        )
        self._dispatcher.wake()
        sweep = await self.get(sweep_id)
        if not moved:
            counts = ", ".join(f"{count} {state}" for state, count in sweep.counts.items())
            raise Conflict(
                f"there is nothing to retry: no run of the sweep is "
                f"{' or '.join(sorted(states))} (it has {counts})",
                sweep_id=sweep_id,
            )
        return sweep

    async def delete(self, sweep_id: str) -> int:
        """Removes a sweep that is over and all its runs; raises Conflict if it is not."""
        deleted = await self._store.sweeps.delete(sweep_id)
        self._space_reclaimer.wake()
        return deleted

    async def _runs(self, request: SweepRequest, *, user: str) -> Sequence[NewRun]:
        """Returns the runs; raises the first validation error."""
        shared = request.run
        read = await self._validator.read(shared)
        sweep_id = self._validator.new_id()
        accepted: Run | None = None
        runs = []
        for index, values in enumerate(request.parameter_sets):
            parameters = {**shared.parameters, **values}
            try:
                if accepted is None:
                    accepted, _ = await self._validator.accept(
                        replace(shared, parameters=parameters),
                        user=user,
                        trigger=TriggerKind.SWEEP,
                        read=read,
                    )
                else:
                    check_parameters(read.schema, parameters)
            except InvalidParameters as error:
                raise _placed(error, request, index) from error
            ref = SweepRef(id=sweep_id, index=index, max_concurrent=request.max_concurrent)
            run = replace(accepted, id=self._validator.new_id(), parameters=parameters, sweep=ref)
            runs.append(NewRun(run=run, frozen=read.frozen))
            if index % _TOGETHER == 0:
                await asyncio.sleep(0)
        return runs


def _placed(error: InvalidParameters, request: SweepRequest, index: int) -> InvalidParameters:
    """Returns the error with its place in the request."""
    placed = InvalidParameters(
        f"parameter set {index + 1} of {len(request.parameter_sets)}: {error.message}",
        **error.details,
    )
    placed.details |= {
        "index": index,
        "field": _place(str(error.details.get("field", "")), request, index),
        "parameters": request.parameter_sets[index],
    }
    return placed


def _place(field: str, request: SweepRequest, index: int) -> str:
    """Turns ``parameters.alpha`` into the place of that parameter in the request."""
    path = field.removeprefix("parameters.")
    name = path.partition(".")[0]
    if name in request.grid_names:
        return f"grid.{name}"
    if name in request.parameter_sets[index]:
        return f"parameter_sets.{index}.{path}"
    if name in request.run.parameters:
        return field
    return f"parameter_sets.{index}.{path}" if not request.grid_names else field
