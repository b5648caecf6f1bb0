"""Records of attempts in DuckDB."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec

from jupyter_batch.domain.cell import CellError, CellRecord, CellState
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.recording import LogLine, Recording, Watermark
from jupyter_batch.domain.results import ResultRecord, ResultRow
from jupyter_batch.domain.run import Run
from jupyter_batch.errors import NotFound
from jupyter_batch.store.artifacts import read_artifact
from jupyter_batch.store.duckdb.column_values import from_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_one
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.event_rows import select_events, select_events_of_run
from jupyter_batch.store.outputs import read_outputs
from jupyter_batch.store.recording_writes import Item, RecordingWriter
from jupyter_batch.store.results import select_done, select_result_rows, select_results
from jupyter_batch.store.run_locator import RunLocator
from jupyter_batch.store.writer_state import joint_watermark, progress_of, watermark_of

_log = logging.getLogger(__name__)
_OUTPUTS = load_queries("outputs")
_RECORDS = load_queries("records")
_RUNS = load_queries("runs")


class DuckRecords:
    """Implements ports.RecordStore."""

    def __init__(
        self,
        *,
        writer: Writer,
        recorder: RecordingWriter,
        readers: Readers,
        places: RunLocator,
        last_position: Callable[[], int],
        settled: Callable[[str], int | None],
    ) -> None:
        self._writer = writer
        self._record: Callable[[list[Item]], Any] = recorder.record
        self._readers = readers
        self._places = places
        self._last_position = last_position
        self._settled = settled

    async def record(
        self, recording: Recording, change: Callable[[Run], Run] | None = None
    ) -> None:
        await self._writer.batch(self._record, Item(recording, change))

    async def watermark(self, run_id: str, attempt_no: int) -> Watermark:
        return await self._places.read(run_id, _watermark, attempt_no)

    async def cells(self, run_id: str, attempt_no: int) -> tuple[CellRecord, ...]:
        return await self._readers.run(_cells, run_id, attempt_no)

    async def outputs(
        self, run_id: str, attempt_no: int, cell_index: int | None = None
    ) -> AsyncIterator[OutputSlice]:
        async for piece in read_outputs(self._places, run_id, attempt_no, cell_index):
            yield piece

    async def document(self, run_id: str, attempt_no: int, name: str) -> str | None:
        return await self._places.read(run_id, _document, attempt_no, name)

    async def results(self, run_id: str, attempt_no: int) -> tuple[ResultRecord, ...]:
        return await self._readers.run(select_results, run_id, attempt_no)

    async def result_rows(self, query: RunQuery) -> Page[ResultRow]:
        return await self._readers.run(select_result_rows, query)

    async def done_items(self, run_id: str, *, before: int) -> Mapping[str, tuple[str, ...]]:
        if before <= 1:
            return {}
        return await self._places.read(run_id, select_done, before)

    async def log(
        self, run_id: str, attempt_no: int, *, after_line: int = 0, limit: int = 10_000
    ) -> tuple[LogLine, ...]:
        return await self._places.read(run_id, _lines, attempt_no, after_line, limit)

    async def artifact(self, run_id: str, attempt_no: int, path: str) -> AsyncIterator[bytes]:
        async for part in read_artifact(self._places, run_id, attempt_no, path):
            yield part

    async def events(
        self,
        *,
        run_id: str | None = None,
        after: int = 0,
        limit: int = 1000,
        outputs: bool = True,
    ) -> tuple[RunEvent, ...]:
        if run_id is None:
            return await self._readers.run(select_events, after, limit)
        while True:
            until = self._settled(run_id)
            events = await self._places.read(
                run_id, select_events_of_run, run_id, after, limit, outputs
            )
            if until is None:
                if self._settled(run_id) is None:
                    return events
                continue
            whole = tuple(event for event in events if event.event_id <= until)
            if whole or not events:
                return whole
            # A write is in progress. Wait for it, because an empty answer would mean the end.
            await self._writer.call(lambda: None)
            if self._settled(run_id) == until:
                return whole

    async def last_position(self) -> int:
        return self._last_position()


def _watermark(cursor: Connection, segment: str, run_no: int, attempt_no: int) -> Watermark:
    where = {"run_no": run_no}
    recorded = {
        row.attempt_no: watermark_of(row)
        for row in fetch_all(cursor, _RECORDS["select_watermarks"], where)
    }
    progress = {
        row.attempt_no: progress_of(row)
        for row in fetch_all(cursor, _OUTPUTS["select_progress"].format(segment=segment), where)
    }
    return joint_watermark(recorded.get(attempt_no), progress.get(attempt_no))


def _cells(cursor: Connection, run_id: str, attempt_no: int) -> tuple[CellRecord, ...]:
    row = fetch_one(cursor, _RUNS["locate"], {"id": run_id})
    if row is None:
        raise NotFound(f"there is no run {run_id}", run_id=run_id)
    where = {"run_no": row.run_no, "attempt_no": attempt_no}
    newest = {row.cell_index: row for row in fetch_all(cursor, _RECORDS["select_cells"], where)}
    cells = []
    for index in sorted(newest):
        try:
            cells.append(_cell(newest[index]))
        except (ValueError, TypeError, msgspec.MsgspecError):
            _log.exception("a cell record cannot be read and is left out: %s, %s", run_id, index)
    return tuple(cells)


def _cell(row: Any) -> CellRecord:
    return CellRecord(
        cell_index=row.cell_index,
        cell_type=row.cell_type,
        source=row.source,
        state=CellState(row.state),
        execution_count=row.execution_count,
        started_at=from_utc(row.started_at),
        finished_at=from_utc(row.finished_at),
        metadata=msgspec.json.decode(row.metadata, type=dict[str, Any]),
        error=None if row.error is None else msgspec.json.decode(row.error, type=CellError),
        memory_bytes=row.memory_bytes,
    )


def _document(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, name: str
) -> str | None:
    rows = fetch_all(
        cursor,
        _OUTPUTS["select_document"].format(segment=segment),
        {"run_no": run_no, "attempt_no": attempt_no, "name": name},
    )
    if not rows or rows[-1].more:
        return None
    return "".join(row.body for row in rows)


def _lines(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, after: int, limit: int
) -> tuple[LogLine, ...]:
    rows = fetch_all(
        cursor,
        _OUTPUTS["select_log"].format(segment=segment),
        {"run_no": run_no, "attempt_no": attempt_no, "after": after, "limit": limit},
    )
    return tuple(LogLine(line_no=row.line_no, text=row.text) for row in rows)
