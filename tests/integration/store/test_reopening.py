"""The contents of a store after it was closed and opened again."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import msgspec
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.queries import JobQuery, RunQuery
from jupyter_batch.domain.recording import LogLine, Watermark
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.schedule.cron import RepeatPolicy
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.errors import StoreDamaged
from jupyter_batch.testing import (
    AT,
    make_event,
    make_frozen,
    make_job,
    make_output,
    make_recording,
    make_run,
)


def starting(run):
    return run.move_to(RunState.STARTING, at=AT)


async def test_everything_comes_back(open_here):
    store = await open_here()
    job = await store.jobs.add(make_job())
    run = await store.runs.add(make_run(job_id=job.id), make_frozen(b"abc"))
    waiting = await store.runs.add(make_run(not_before=AT + timedelta(days=9)), make_frozen())
    run = await store.runs.update(run.id, starting, at=AT)
    cell = CellRecord(cell_index=0, cell_type="code", source="1", state=CellState.RUNNING)
    await store.records.record(
        make_recording(
            run.id,
            cells=(cell,),
            outputs=(make_output(1, "☃" * 9000),),
            events=(make_event(run.id, 2),),
            log=(LogLine(line_no=1, text="one"),),
        )
    )
    events = await store.records.events(run_id=run.id)
    position = await store.records.last_position()
    await store.close()

    store = await open_here()
    assert (await store.jobs.list(JobQuery())).items == (job,)
    assert (await store.runs.list(RunQuery())).items == (waiting, run)
    assert await store.runs.active() == (run,)
    assert await store.runs.next_not_before() == waiting.not_before
    assert await store.runs.count() == {RunState.STARTING: 1, RunState.QUEUED: 1}
    assert (await store.runs.frozen(run.id)).content == b"abc"
    assert await store.records.cells(run.id, 1) == (cell,)
    assert [output.body async for output in store.records.outputs(run.id, 1)] == ["☃" * 9000]
    assert await store.records.events(run_id=run.id) == events
    assert await store.records.last_position() == position
    assert await store.records.watermark(run.id, 1) == Watermark(last_seq=2, last_line=1)


async def test_events_go_on_where_they_ended(open_here):
    store = await open_here()
    run = await store.runs.add(make_run(), make_frozen())
    await store.runs.update(run.id, starting, at=AT)
    await store.records.record(make_recording(run.id, outputs=(make_output(7, "a"),)))
    await store.close()

    store = await open_here()
    position = await store.records.last_position()
    await store.runs.update(run.id, lambda old: replace(old, reason="again"), at=AT)
    events = await store.records.events(run_id=run.id)
    assert [event.kind for event in events] == ["state", "state", "output", "state"]
    assert events[-1].position > position


async def test_numbers_of_deleted_runs_never_come_again(open_here):
    store = await open_here()
    old = await store.runs.add(make_run(), make_frozen(b"old"))
    await store.records.record(make_recording(old.id, outputs=(make_output(1, "old"),)))
    position = await store.records.last_position()
    await store.runs.delete([old.id])
    await store.close()

    store = await open_here()
    assert await store.records.last_position() == position
    new = await store.runs.add(make_run(), make_frozen(b"new"))
    assert (await store.runs.frozen(new.id)).content == b"new"
    assert [output async for output in store.records.outputs(new.id, 1)] == []
    assert await store.records.last_position() > position


async def test_a_row_that_cannot_be_read_is_left_out_and_logged(open_here, folder, caplog):
    store = await open_here()
    runs = [await store.runs.add(make_run(), make_frozen()) for _ in range(4)]
    jobs = [await store.jobs.add(make_job()) for _ in range(2)]
    await store.close()
    with duckdb.connect(str(folder / "records.duckdb")) as by_hand:
        by_hand.execute("UPDATE runs SET parameters = '{' WHERE id = ?", [runs[1].id])
        by_hand.execute("UPDATE runs SET state = 'asleep' WHERE id = ?", [runs[2].id])
        by_hand.execute("UPDATE jobs SET environment = '[]' WHERE id = ?", [jobs[0].id])
        by_hand.execute("UPDATE events SET data = '' WHERE run_id = ?", [runs[0].id])

    store = await open_here()
    assert (await store.runs.list(RunQuery())).items == (runs[3], runs[0])
    page = await store.runs.list(RunQuery(limit=2))
    assert (page.items, page.next_after) == ((runs[3],), runs[2].id)
    assert (await store.jobs.list(JobQuery())).items == (jobs[1],)
    assert await store.records.events(run_id=runs[0].id) == ()
    assert {run.id for run in await store.runs.queued(now=AT, limit=9)} == {runs[0].id, runs[3].id}
    for gone in (runs[1].id, runs[2].id, jobs[0].id):
        assert gone in caplog.text


@pytest.mark.parametrize(
    "kept", ['"a\\"overlap\\": b"', '{"overlap":1}', "123456789012345678901234567890"]
)
async def test_triggers_of_earlier_stores_are_read(open_here, folder, kept):
    """Their ``repeat`` was ``overlap``; parameters may have that name, and stay as they are."""
    store = await open_here()
    job = await store.jobs.add(make_job())
    await store.close()
    old = '[{"kind":"cron","id":"t","parameters":{"overlap":%s},"cron":"@daily","overlap":"both"}]'
    with duckdb.connect(str(folder / "records.duckdb")) as by_hand:
        by_hand.execute("UPDATE jobs SET triggers = ? WHERE id = ?", [old % kept, job.id])

    store = await open_here()
    parameters = {"overlap": msgspec.json.decode(kept)}
    trigger = CronTrigger(id="t", parameters=parameters, cron="@daily", repeat=RepeatPolicy.BOTH)
    read = await store.jobs.get(job.id)
    assert read is not None
    assert read.triggers == (trigger,)
    await store.jobs.update(job.id, lambda job: replace(job, triggers=(trigger, trigger)))
    read = await store.jobs.get(job.id)
    assert read is not None
    assert read.triggers == (trigger, trigger)


async def test_a_missing_output_file_costs_only_what_was_in_it(open_here, folder):
    store = await open_here()
    lost = await store.runs.add(make_run(), make_frozen())
    await store.close()
    (folder / "outputs" / "000001.duckdb").unlink()

    store = await open_here()
    assert (await store.runs.list(RunQuery())).items == (lost,)
    with pytest.raises(StoreDamaged, match="missing"):
        await store.runs.frozen(lost.id)
    failed = await store.runs.update(
        lost.id, lambda run: run.move_to(RunState.FAILED, at=AT), at=AT
    )
    assert await store.runs.get(lost.id) == failed
    new = await store.runs.add(make_run(), make_frozen(b"new"))
    assert (await store.runs.frozen(new.id)).content == b"new"


async def test_a_replay_after_a_crash_between_the_two_files_completes_the_record(open_here, folder):
    store = await open_here()
    run = await store.runs.add(make_run(), make_frozen())
    recording = make_recording(
        run.id,
        cells=(CellRecord(cell_index=0, cell_type="code", source="", state=CellState.RUNNING),),
        outputs=(make_output(1, "a"),),
        events=(make_event(run.id, 2),),
    )
    await store.records.record(recording)
    complete = await store.records.events(run_id=run.id)
    await store.close()
    # The records database as it was before; the segment has its part already.
    with duckdb.connect(str(folder / "records.duckdb")) as by_hand:
        by_hand.execute("DELETE FROM events WHERE kind = 'progress'")
        by_hand.execute("DELETE FROM cells")
        by_hand.execute("DELETE FROM watermarks")

    store = await open_here()
    assert await store.records.watermark(run.id, 1) == Watermark()
    await store.records.record(recording)
    assert await store.records.watermark(run.id, 1) == Watermark(last_seq=2)
    assert [output.body async for output in store.records.outputs(run.id, 1)] == ["a"]
    again = await store.records.events(run_id=run.id)
    assert [(e.event_id, e.kind) for e in again] == [(e.event_id, e.kind) for e in complete]
    assert len(await store.records.cells(run.id, 1)) == 1


async def test_texts_that_utf8_cannot_hold_are_mended(store):
    odd = "a\ud800b\0c"
    run = await store.runs.add(
        make_run(name=odd, parameters={odd: [odd]}, reason=odd), make_frozen(path=odd)
    )
    await store.records.record(
        make_recording(
            run.id,
            cells=(CellRecord(cell_index=0, cell_type="c", source=odd, state=CellState.RUNNING),),
            outputs=(make_output(1, odd, type=odd),),
            log=(LogLine(line_no=1, text=odd),),
            events=(make_event(run.id, 2, data={odd: odd}),),
        )
    )
    whole = "a\ufffdb\0c"
    read = await store.runs.get(run.id)
    assert (read.name, read.reason, read.parameters) == (whole, whole, {whole: [whole]})
    assert (await store.records.cells(run.id, 1))[0].source == whole
    assert (await store.records.log(run.id, 1))[0].text == whole
    assert [output.body async for output in store.records.outputs(run.id, 1)] == [whole]
    assert (await store.records.events(run_id=run.id))[-1].data == {whole: whole}
    assert (await store.runs.list(RunQuery(q=odd))).items == (read,)
