"""Runs in DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.retention import EndedGroup, EndedRun
from jupyter_batch.domain.run import TERMINAL, Run, RunState
from jupyter_batch.errors import NotFound
from jupyter_batch.ports import Clock, JobLoad, NewRun, TriggerStep
from jupyter_batch.store.batch_writes import BatchWrites
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_column
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.live_run_index import LiveRunIndex
from jupyter_batch.store.reserve import Reserve
from jupyter_batch.store.run_locator import RunLocator
from jupyter_batch.store.run_rows import select_page, select_runs
from jupyter_batch.store.run_writes import RunWrites

_OUTPUTS = load_queries("outputs")
_RUNS = load_queries("runs")
_ENDED = sorted(map(str, TERMINAL))


class DuckRuns:
    """Implements ports.RunStore."""

    def __init__(
        self,
        *,
        writer: Writer,
        writes: RunWrites,
        batches: BatchWrites,
        readers: Readers,
        places: RunLocator,
        live: LiveRunIndex,
        clock: Clock,
        reserve: Reserve,
    ) -> None:
        self._reserve = reserve
        self._writer = writer
        self._writes = writes
        self._batches = batches
        self._readers = readers
        self._places = places
        self._live = live
        self._clock = clock

    async def add(
        self, run: Run, frozen: FrozenNotebook, *, idempotency_key: str | None = None
    ) -> Run:
        return await self._writer.call(lambda: self._writes.add(run, frozen, idempotency_key))

    async def add_all(
        self, runs: Sequence[NewRun], steps: Sequence[TriggerStep] = ()
    ) -> tuple[Run, ...]:
        return await self._writer.call(lambda: self._batches.add_all(runs, steps))

    async def get(self, run_id: str) -> Run | None:
        found = await self._readers.run(select_runs, {"with_id": {"id": run_id}}, 1)
        return found[0].run if found else None

    async def list(self, query: RunQuery) -> Page[Run]:
        return await self._readers.run(select_page, query)

    async def update(self, run_id: str, change: Callable[[Run], Run], *, at: datetime) -> Run:
        return await self._writer.call(lambda: self._writes.update(run_id, change, at))

    async def queued(
        self, *, now: datetime, limit: int, blocked: Collection[str] = ()
    ) -> tuple[Run, ...]:
        held = frozenset(blocked)
        chosen = await self._readers.run(self._chosen, lambda: self._live.queued(now, limit, held))
        return tuple(run for run in chosen if run.state is RunState.QUEUED)

    async def next_not_before(self) -> datetime | None:
        return self._live.next_not_before(self._clock.now())

    async def expired(self, now: datetime) -> tuple[Run, ...]:
        chosen = await self._readers.run(self._chosen, lambda: self._live.expired(now))
        return tuple(run for run in chosen if run.state is RunState.QUEUED)

    async def next_expiry(self) -> datetime | None:
        return self._live.next_expiry()

    async def positions(self) -> Mapping[str, int]:
        return self._live.positions()

    async def load(self, job_id: str) -> JobLoad:
        return self._live.load(job_id)

    async def active(self) -> tuple[Run, ...]:
        chosen = await self._readers.run(self._chosen, self._live.active)
        return tuple(run for run in chosen if run.state.is_active)

    async def count(self) -> Mapping[RunState, int]:
        return self._live.counts()

    async def delete(self, run_ids: Sequence[str], *, ended_only: bool = False) -> int:
        def delete() -> int:
            return self._writes.delete(run_ids, ended_only=ended_only)

        return await self._writer.call(lambda: self._reserve.with_room(delete))

    async def ended_groups(self) -> tuple[EndedGroup, ...]:
        return await self._readers.run(_ended_groups)

    async def oldest_ended(self, job_id: str | None, limit: int) -> tuple[EndedRun, ...]:
        return await self._readers.run(_oldest_ended, job_id, limit)

    async def frozen(self, run_id: str) -> FrozenNotebook:
        return await self._places.read(run_id, _frozen)

    def _chosen(self, cursor: Connection, choose: Callable[[], Sequence[int]]) -> tuple[Run, ...]:
        run_nos = list(choose())
        if not run_nos:
            return ()
        order = {run_no: place for place, run_no in enumerate(run_nos)}
        found = select_runs(cursor, {"with_numbers": {"run_nos": run_nos}}, len(run_nos))
        return tuple(
            stored.run for stored in sorted(found, key=lambda stored: order[stored.run_no])
        )


def _ended_groups(cursor: Connection) -> tuple[EndedGroup, ...]:
    rows = fetch_all(cursor, _RUNS["ended_groups"], {"states": _ENDED})
    return tuple(
        EndedGroup(job_id=row.job_id, count=row.runs, newest_success=row.newest_success)
        for row in rows
    )


def _oldest_ended(cursor: Connection, job_id: str | None, limit: int) -> tuple[EndedRun, ...]:
    rows = fetch_all(
        cursor, _RUNS["oldest_ended"], {"states": _ENDED, "job_id": job_id, "limit": limit}
    )
    return tuple(EndedRun(id=row.id, ended_at=row.ended_at.replace(tzinfo=UTC)) for row in rows)


def _frozen(cursor: Connection, segment: str, run_no: int) -> FrozenNotebook:
    rows = fetch_all(cursor, _OUTPUTS["select_frozen"].format(segment=segment), {"run_no": run_no})
    if not rows:
        raise NotFound("what the run had frozen is gone")
    files = [
        FrozenFile(path=row.path, content=_content(cursor, segment, row.content_sha256))
        for row in rows
    ]
    return FrozenNotebook(
        path=files[0].path, content=files[0].content, sha256=rows[0].sha256, files=tuple(files[1:])
    )


def _content(cursor: Connection, segment: str, digest: str) -> bytes:
    parts = fetch_column(
        cursor, _OUTPUTS["select_content"].format(segment=segment), {"sha256": digest}
    )
    return b"".join(parts)
