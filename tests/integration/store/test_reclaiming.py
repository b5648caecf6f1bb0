"""Deleted runs give their disk space back, and nothing else goes with them."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.recording import ArtifactSlice, DocumentSlice, LogLine
from jupyter_batch.domain.retention import Retention
from jupyter_batch.domain.run import RunState
from jupyter_batch.services.maintenance.retention import RetentionService
from jupyter_batch.services.maintenance.space_reclaimer import SpaceReclaimer
from jupyter_batch.store import reserve
from jupyter_batch.store.duckdb.data_files import folder_size
from jupyter_batch.testing import (
    AT,
    make_event,
    make_frozen,
    make_output,
    make_recording,
    make_run,
)

_SMALL = 1024 * 1024


def noise(size, seed):
    """Returns text that does not get smaller."""
    return random.Random(seed).randbytes(size // 2).hex()


async def add(store, number, *, size=400_000):
    """Adds a run that leaves something in every table; all of them share one file."""
    run = await store.runs.add(make_run(), make_frozen(b"shared" * 1000, path=f"{number}"))
    await store.records.record(
        make_recording(
            run.id,
            outputs=(make_output(1, noise(size, number)), make_output(2, "end", no=1)),
            documents=(DocumentSlice(seq=3, name="skeleton", body=noise(9000, 1), more=False),),
            artifacts=(ArtifactSlice(seq=4, path="a", content=b"\0" * number, more=False),),
            log=(LogLine(line_no=1, text=f"log {number}"),),
            events=(make_event(run.id, 5),),
        )
    )
    return run


async def snapshot(store, run):
    records = store.records
    return (
        await store.runs.get(run.id),
        await store.runs.frozen(run.id),
        await records.events(run_id=run.id),
        [output async for output in records.outputs(run.id, 1)],
        await records.document(run.id, 1, "skeleton"),
        b"".join([part async for part in records.artifact(run.id, 1, "a")]),
        await records.log(run.id, 1),
        await records.watermark(run.id, 1),
    )


def files(folder):
    return sorted(path.name for path in (folder / "outputs").glob("*.duckdb"))


async def test_a_full_segment_takes_no_more_runs(open_here, folder):
    store = await open_here(segment_bytes=_SMALL)
    for number in range(9):
        await add(store, number)
    assert len(files(folder)) > 1


async def test_a_month_begins_a_new_segment(open_here, clock, folder):
    store = await open_here()
    await add(store, 1)
    clock.set(AT + timedelta(days=3))
    await add(store, 2)
    assert files(folder) == ["000001.duckdb"]
    clock.set(AT + timedelta(days=20))
    await add(store, 3)
    assert files(folder) == ["000001.duckdb", "000002.duckdb"]


async def test_pruning_most_runs_shrinks_the_folder_and_keeps_the_rest(open_here, folder):
    store = await open_here(segment_bytes=16 * _SMALL)
    runs = [await add(store, number, size=800_000) for number in range(80)]
    kept = runs[::10]
    before = [await snapshot(store, run) for run in kept]
    await store.close()
    set_aside = (folder / reserve.NAME).stat().st_size
    full = folder_size(folder) - set_aside

    store = await open_here(segment_bytes=16 * _SMALL)
    gone = [run.id for run in runs if run not in kept]
    assert await store.runs.delete(gone) == 72
    freed = await store.reclaim()
    assert folder_size(folder) - set_aside <= 0.2 * full
    assert freed > 0.7 * full
    assert [await snapshot(store, run) for run in kept] == before
    await store.close()

    store = await open_here(segment_bytes=16 * _SMALL)
    assert [await snapshot(store, run) for run in kept] == before
    assert await store.reclaim() <= 0


async def test_a_segment_without_runs_goes_whole(open_here, folder):
    store = await open_here(segment_bytes=_SMALL)
    runs = [await add(store, number) for number in range(8)]
    await store.runs.delete([run.id for run in runs])
    await store.reclaim()
    assert files(folder) == []
    new = await add(store, 99)
    assert (await snapshot(store, new))[1].path == "99"


async def test_readers_go_on_while_a_segment_is_rewritten(open_here):
    store = await open_here(segment_bytes=50 * _SMALL)
    runs = [await add(store, number) for number in range(30)]
    kept = runs[3]
    before = await snapshot(store, kept)
    await store.runs.delete([run.id for run in runs if run is not kept])
    reclaiming = asyncio.create_task(store.reclaim())
    while not reclaiming.done():
        assert await snapshot(store, kept) == before
    await reclaiming
    assert await snapshot(store, kept) == before


async def test_a_reader_that_has_begun_reads_to_the_end(open_here):
    store = await open_here(segment_bytes=50 * _SMALL)
    kept = await store.runs.add(make_run(), make_frozen())
    texts = [noise(400_000, number) for number in range(25)]
    for number, text in enumerate(texts):
        await store.records.record(
            make_recording(kept.id, outputs=(make_output(number + 1, text, no=number),))
        )
    others = [await add(store, number, size=600_000) for number in range(30)]
    reading = store.records.outputs(kept.id, 1)
    read = [(await anext(reading)).body]
    await store.runs.delete([run.id for run in others])
    assert await store.reclaim() > 0
    read += [output.body async for output in reading]
    assert read == texts


async def test_what_is_recorded_during_a_rewrite_is_not_lost(open_here):
    store = await open_here(segment_bytes=50 * _SMALL)
    busy = await add(store, 0)
    others = [await add(store, number) for number in range(1, 30)]
    await store.runs.delete([run.id for run in others])
    reclaiming = asyncio.create_task(store.reclaim())
    seq = 10
    while not reclaiming.done():
        await store.records.record(
            make_recording(busy.id, outputs=(make_output(seq, str(seq), no=seq),))
        )
        seq += 1
    await reclaiming
    bodies = [output.body async for output in store.records.outputs(busy.id, 1)]
    assert bodies[2:] == [str(number) for number in range(10, seq)]


async def test_a_pruned_records_database_is_written_anew(open_here, folder):
    store = await open_here()
    runs = [
        await store.runs.add(make_run(parameters={"text": noise(200_000, n)}), make_frozen())
        for n in range(60)
    ]
    kept = runs[7]
    position = await store.records.last_position()
    await store.close()
    full = (folder / "records.duckdb").stat().st_size

    store = await open_here()
    await store.runs.delete([run.id for run in runs if run is not kept])
    await store.reclaim()
    await store.close()
    assert (folder / "records.duckdb").stat().st_size < 0.3 * full

    store = await open_here()
    assert (await store.runs.list(RunQuery())).items == (kept,)
    assert (await store.runs.frozen(kept.id)) == make_frozen()
    assert await store.records.last_position() == position
    assert len(await store.records.events(run_id=kept.id)) == 1
    await store.runs.add(make_run(), make_frozen())


async def test_retention_gives_the_space_of_old_runs_back(open_here, folder, clock):
    store = await open_here(segment_bytes=1_000_000)
    runs = [await add(store, number, size=300_000) for number in range(20)]
    for run in runs:
        await store.runs.update(
            run.id, lambda run: run.move_to(RunState.FAILED, at=AT, reason="x"), at=AT
        )
    kept = [await snapshot(store, run) for run in runs[-2:]]
    before = folder_size(folder)
    retention = RetentionService(store, SpaceReclaimer(store, clock), clock, Retention(keep_runs=2))
    assert await retention.apply() == 18
    assert await store.reclaim() > before / 2
    assert [await snapshot(store, run) for run in runs[-2:]] == kept
