"""Sweeps in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from jupyter_batch.domain.queries import Page, SweepQuery
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.sweep import Sweep, SweepFacts, sweep_of
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.ports import NewRun
from jupyter_batch.testing.memory import Memory, contains, page
from jupyter_batch.testing.runs import FakeRuns


class FakeSweeps:
    """Implements ports.SweepStore."""

    def __init__(self, memory: Memory, runs: FakeRuns) -> None:
        self._memory = memory
        self._runs = runs

    async def add(
        self, sweep: SweepFacts, runs: Sequence[NewRun], *, idempotency_key: str | None = None
    ) -> Sweep:
        memory = self._memory
        key = (sweep.created_by, "sweep", idempotency_key or "")
        made = memory.keys.get(key) if idempotency_key is not None else None
        if made is not None:
            return self._sweep(memory.sweeps[made])
        await self._runs.add_all(runs)
        memory.sweeps[sweep.id] = sweep
        if idempotency_key is not None:
            memory.keys[key] = sweep.id
        return self._sweep(sweep)

    async def get(self, sweep_id: str) -> Sweep | None:
        facts = self._memory.sweeps.get(sweep_id)
        return None if facts is None else self._sweep(facts)

    async def list(self, query: SweepQuery) -> Page[Sweep]:
        chosen = [
            self._sweep(facts)
            for facts in self._memory.sweeps.values()
            if contains(query.q, facts.name, facts.notebook.path, facts.id)
        ]
        return page(chosen, query.after, query.limit)

    async def move_runs(
        self,
        sweep_id: str,
        states: Collection[RunState],
        change: Callable[[Run], Run],
        *,
        at: datetime,
    ) -> tuple[Run, ...]:
        memory = self._memory
        memory.check()
        old = [run for run in self._of(sweep_id) if run.state in states]
        changed = [(run, change(run)) for run in old]
        moved = [after for before, after in changed if after != before]
        events = [event for run in moved for event in memory.put_run(run, at=at)]
        memory.publish(events)
        return tuple(moved)

    async def delete(self, sweep_id: str) -> int:
        if sweep_id not in self._memory.sweeps:
            raise NotFound(f"there is no sweep {sweep_id}", sweep_id=sweep_id)
        runs = self._of(sweep_id)
        if any(not run.state.is_terminal for run in runs):
            raise Conflict("the sweep is not over; cancel it first", sweep_id=sweep_id)
        return await self._runs.delete([run.id for run in runs])

    def _of(self, sweep_id: str) -> Sequence[Run]:
        own = [run for run in self._memory.runs.values() if run.sweep and run.sweep.id == sweep_id]
        return sorted(own, key=lambda run: run.id)

    def _sweep(self, facts: SweepFacts) -> Sweep:
        runs = self._of(facts.id)
        ends = [run.finished_at for run in runs if run.finished_at is not None]
        return sweep_of(facts, Counter(run.state for run in runs), max(ends, default=None))
