"""The records of attempts, in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.outputs import OutputSlice, fold_outputs, output_event
from jupyter_batch.domain.progress import ITEMS_PREFIX
from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.recording import (
    ArtifactSlice,
    DocumentSlice,
    LogLine,
    OutputRow,
    Recording,
    Watermark,
)
from jupyter_batch.domain.results import ResultCell, ResultRecord, ResultRow
from jupyter_batch.domain.run import Run

if TYPE_CHECKING:
    from jupyter_batch.testing.memory import Memory


class AttemptRecords:
    """The records of one attempt."""

    def __init__(self) -> None:
        self.watermark = Watermark()
        self.cells: dict[int, CellRecord] = {}
        self.outputs: list[OutputRow] = []
        self.documents: list[DocumentSlice] = []
        self.artifacts: list[ArtifactSlice] = []
        self.log: list[LogLine] = []
        self.results: list[ResultRecord] = []

    def take(self, recording: Recording) -> list[OutputRow]:
        """Keeps what is above the watermark; returns the new outputs."""
        done = self.watermark
        outputs = [row for row in recording.outputs if row.seq > done.last_seq]
        self.outputs += outputs
        self.documents += [part for part in recording.documents if part.seq > done.last_seq]
        self.artifacts += [part for part in recording.artifacts if part.seq > done.last_seq]
        self.log += [line for line in recording.log if line.line_no > done.last_line]
        self.results += [part for part in recording.results if part.seq > done.last_seq]
        self.cells.update({cell.cell_index: cell for cell in recording.cells})
        self.watermark = Watermark(
            last_seq=max(recording.last_seq, done.last_seq),
            last_line=max(recording.last_line, done.last_line),
        )
        return outputs


class FakeRecords:
    """Implements ports.RecordStore."""

    def __init__(
        self, memory: Memory, list_runs: Callable[[RunQuery], Awaitable[Page[Run]]]
    ) -> None:
        self._memory = memory
        self._list_runs = list_runs

    async def record(
        self, recording: Recording, change: Callable[[Run], Run] | None = None
    ) -> None:
        memory = self._memory
        memory.check()
        before = memory.run(recording.run_id)
        after = change(before) if change else before
        owner = (recording.run_id, recording.attempt_no)
        records = memory.attempts.setdefault(owner, AttemptRecords())
        floor = frame_event_id(recording.attempt_no, records.watermark.last_seq)
        outputs = records.take(recording)
        events = memory.store_events(
            [event for event in recording.events if event.event_id > floor]
        )
        ordered = sorted([*events, *_events(recording, outputs)], key=lambda event: event.event_id)
        moved = memory.put_run(after, at=memory.clock.now()) if after != before else []
        memory.publish([*ordered, *moved])

    async def watermark(self, run_id: str, attempt_no: int) -> Watermark:
        return self._of(run_id, attempt_no).watermark

    async def cells(self, run_id: str, attempt_no: int) -> tuple[CellRecord, ...]:
        cells = self._of(run_id, attempt_no).cells
        return tuple(cells[index] for index in sorted(cells))

    async def outputs(
        self, run_id: str, attempt_no: int, cell_index: int | None = None
    ) -> AsyncIterator[OutputSlice]:
        rows = self._of(run_id, attempt_no).outputs
        for cell in sorted({row.op.cell for row in rows}):
            if cell_index not in (None, cell):
                continue
            ops = [(row.op, row.op.body) for row in rows if row.op.cell == cell]
            for output in fold_outputs(ops):
                for number, body in enumerate(output.slices, start=1):
                    yield OutputSlice(
                        cell_index=cell,
                        output_no=output.output_no,
                        output_type=output.output_type,
                        body=body,
                        more=number < len(output.slices),
                    )

    async def document(self, run_id: str, attempt_no: int, name: str) -> str | None:
        slices = [part for part in self._of(run_id, attempt_no).documents if part.name == name]
        if not slices or slices[-1].more:
            return None
        return "".join(part.body for part in slices)

    async def results(self, run_id: str, attempt_no: int) -> tuple[ResultRecord, ...]:
        newest = {r.name: r for r in self._of(run_id, attempt_no).results}
        return tuple(sorted(newest.values(), key=lambda result: result.seq))

    async def result_rows(self, query: RunQuery) -> Page[ResultRow]:
        found = await self._list_runs(query)
        rows = [_row(run, await self._newest(run)) for run in found.items]
        return Page(items=tuple(rows), next_after=found.next_after)

    async def _newest(self, run: Run) -> tuple[ResultRecord, ...]:
        return await self.results(run.id, run.attempt.attempt_no) if run.attempt else ()

    async def done_items(self, run_id: str, *, before: int) -> Mapping[str, tuple[str, ...]]:
        texts: dict[str, str] = {}
        for number in range(1, before):
            for part in self._of(run_id, number).documents:
                if part.name.startswith(ITEMS_PREFIX):
                    name = part.name.removeprefix(ITEMS_PREFIX)
                    texts[name] = texts.get(name, "") + part.body
        return {name: tuple(dict.fromkeys(text.splitlines())) for name, text in texts.items()}

    async def log(
        self, run_id: str, attempt_no: int, *, after_line: int = 0, limit: int = 10_000
    ) -> tuple[LogLine, ...]:
        lines = self._of(run_id, attempt_no).log
        return tuple([line for line in lines if line.line_no > after_line][:limit])

    async def artifact(self, run_id: str, attempt_no: int, path: str) -> AsyncIterator[bytes]:
        whole: list[bytes] = []
        begun: list[bytes] = []
        for part in self._of(run_id, attempt_no).artifacts:
            if part.path == path:
                begun.append(part.content)
                if not part.more:
                    whole, begun = begun, []
        for content in whole:
            if content:
                yield content

    async def events(
        self,
        *,
        run_id: str | None = None,
        after: int = 0,
        limit: int = 1000,
        outputs: bool = True,
    ) -> tuple[RunEvent, ...]:
        memory = self._memory
        if run_id is None:
            return tuple([event for event in memory.events if event.position > after][:limit])
        memory.run(run_id)
        events = [event for event in memory.events if event.run_id == run_id]
        for (owner, attempt_no), records in memory.attempts.items():
            if owner == run_id and outputs:
                events += _output_events(run_id, attempt_no, records.outputs)
        events.sort(key=lambda event: event.event_id)
        return tuple([event for event in events if event.event_id > after][:limit])

    async def last_position(self) -> int:
        return self._memory.position

    def _of(self, run_id: str, attempt_no: int) -> AttemptRecords:
        self._memory.run(run_id)
        return self._memory.attempts.get((run_id, attempt_no)) or AttemptRecords()


def _row(run: Run, results: tuple[ResultRecord, ...]) -> ResultRow:
    return ResultRow(
        run_id=run.id,
        job_id=run.job_id,
        name=run.name,
        state=run.state,
        attempt_no=run.attempt.attempt_no if run.attempt else None,
        scheduled_for=run.scheduled_for,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        parameters=msgspec.Raw(msgspec.json.encode(run.parameters)),
        results={
            r.name: ResultCell(
                type=r.type, size=r.size, value=msgspec.Raw((r.value or "null").encode())
            )
            for r in results
        },
        duration_seconds=run.duration_seconds(run.finished_at) if run.finished_at else None,
    )


def _events(recording: Recording, outputs: list[OutputRow]) -> list[RunEvent]:
    return _output_events(recording.run_id, recording.attempt_no, outputs)


def _output_events(run_id: str, attempt_no: int, outputs: list[OutputRow]) -> list[RunEvent]:
    frames = [list(group) for _, group in groupby(outputs, key=lambda row: row.seq)]
    return [
        output_event(run_id, attempt_no, rows[0].seq, rows[0].at, [row.op for row in rows])
        for rows in frames
    ]
