"""Sweeps in DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from jupyter_batch.domain.queries import Page, SweepQuery
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.sweep import Sweep, SweepFacts
from jupyter_batch.ports import NewRun
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.reserve import Reserve
from jupyter_batch.store.sweep_rows import select_sweep, select_sweeps
from jupyter_batch.store.sweep_writes import SweepWrites


class DuckSweeps:
    """Implements ports.SweepStore."""

    def __init__(
        self, writer: Writer, writes: SweepWrites, readers: Readers, reserve: Reserve
    ) -> None:
        self._reserve = reserve
        self._writer = writer
        self._writes = writes
        self._readers = readers

    async def add(
        self, sweep: SweepFacts, runs: Sequence[NewRun], *, idempotency_key: str | None = None
    ) -> Sweep:
        return await self._writer.call(lambda: self._writes.add(sweep, runs, idempotency_key))

    async def get(self, sweep_id: str) -> Sweep | None:
        return await self._readers.run(select_sweep, sweep_id)

    async def list(self, query: SweepQuery) -> Page[Sweep]:
        return await self._readers.run(select_sweeps, query)

    async def move_runs(
        self,
        sweep_id: str,
        states: Collection[RunState],
        change: Callable[[Run], Run],
        *,
        at: datetime,
    ) -> tuple[Run, ...]:
        return await self._writer.call(lambda: self._writes.move(sweep_id, states, change, at))

    async def delete(self, sweep_id: str) -> int:
        return await self._writer.call(
            lambda: self._reserve.with_room(lambda: self._writes.delete(sweep_id))
        )
