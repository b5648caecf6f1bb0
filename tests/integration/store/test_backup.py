"""A backup is whole, of one moment, and comes back as what it was; what cannot is refused."""

from __future__ import annotations

import asyncio
import zipfile
from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.queries import JobQuery, RunQuery
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.errors import Conflict, InvalidInput, StoreLocked
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store.backup.restore import restore
from jupyter_batch.testing import (
    AT,
    FakeClock,
    make_event,
    make_frozen,
    make_job,
    make_output,
    make_recording,
    make_run,
)


async def save(store, path: Path) -> Path:
    async with store.backup() as made:
        with path.open("wb") as file:
            async for piece in made.slices():
                file.write(piece)
            assert file.tell() == made.size_bytes
    return path


async def put_back(file: Path, folder: Path, **options):
    return await restore(file, folder, clock=FakeClock(), sink=EventHub(), **options)


async def start(store, **fields):
    """Adds a run with an attempt and one cell with an output."""
    run = await store.runs.add(make_run(**fields), make_frozen(b"the notebook"))
    attempt = Attempt(attempt_no=1, state=RunState.STARTING)
    await store.runs.update(
        run.id, lambda run: run.move_to(RunState.STARTING, at=AT).with_attempt(attempt), at=AT
    )
    cell = CellRecord(cell_index=0, cell_type="code", source="1", state=CellState.SUCCEEDED)
    await store.records.record(
        make_recording(
            run.id,
            cells=(cell,),
            outputs=(make_output(1, "first"),),
            events=(make_event(run.id, 2),),
        ),
        lambda run: run.move_to(RunState.RUNNING, at=AT),
    )
    return await store.runs.get(run.id)


async def finish(store, run):
    return await store.runs.update(
        run.id, lambda run: run.move_to(RunState.SUCCEEDED, at=AT), at=AT
    )


async def texts(store, run_id: str, attempt_no: int = 1) -> list[str]:
    return [output.body async for output in store.records.outputs(run_id, attempt_no)]


async def test_everything_comes_back_elsewhere(open_store_in, open_here, tmp_path):
    store = await open_here(segment_bytes=100_000)
    job = await store.jobs.add(make_job())
    done = [await finish(store, await start(store, job_id=job.id)) for _ in range(3)]
    events = await store.records.events(run_id=done[0].id)
    file = await save(store, tmp_path / "b.zip")

    report = await put_back(file, tmp_path / "other")
    assert (report.jobs, report.runs, report.lost, report.kept_as) == (1, 3, 0, None)
    copy = await open_store_in(tmp_path / "other")
    assert (await copy.jobs.list(JobQuery())).items == (job,)
    assert (await copy.runs.list(RunQuery())).items == tuple(reversed(done))
    for run in done:
        assert await texts(copy, run.id) == ["first"]
        assert (await copy.runs.frozen(run.id)).content == b"the notebook"
    assert await copy.records.events(run_id=done[0].id) == events
    await finish(copy, await start(copy))


async def test_what_is_written_meanwhile_goes_on_and_the_copy_is_of_one_moment(
    open_store_in, open_here, tmp_path
):
    store = await open_here(segment_bytes=50_000)
    begun, stop = asyncio.Event(), asyncio.Event()
    made = []

    async def work():
        while not stop.is_set():
            made.append((await finish(store, await start(store))).id)
            if len(made) == 5:
                begun.set()

    working = [asyncio.create_task(work()) for _ in range(3)]
    await begun.wait()
    files = [await save(store, tmp_path / f"{number}.zip") for number in range(3)]
    at_the_end = len(made)
    stop.set()
    await asyncio.gather(*working)
    assert at_the_end > 8
    for file in files:
        await put_back(file, tmp_path / file.stem)
        copy = await open_store_in(tmp_path / file.stem)
        page = await copy.runs.list(RunQuery(limit=1000))
        assert page.items
        for run in page.items:
            cells = await copy.records.cells(run.id, 1)
            assert len(await texts(copy, run.id)) == len(cells)
            assert (run.state is RunState.SUCCEEDED) <= (len(cells) == 1)
            await copy.runs.frozen(run.id)
        await copy.close()


async def test_what_was_not_over_is_lost_with_the_reason_and_can_be_retried(
    open_store_in, open_here, tmp_path
):
    store = await open_here()
    running = await start(store)
    waiting = await store.runs.add(make_run(), make_frozen())
    file = await save(store, tmp_path / "b.zip")
    report = await put_back(file, tmp_path / "other")
    assert report.lost == 2
    copy = await open_store_in(tmp_path / "other")
    assert await copy.runs.active() == ()
    lost = await copy.runs.get(running.id)
    assert (lost.state, lost.attempt.state) == (RunState.LOST, RunState.LOST)
    assert "running when the backup of" in lost.reason
    waited = await copy.runs.get(waiting.id)
    assert waited.state is RunState.LOST
    assert "waited in the queue" in waited.reason
    assert await texts(copy, running.id) == ["first"]
    again = await copy.runs.update(
        waiting.id, lambda run: run.move_to(RunState.QUEUED, at=AT), at=AT
    )
    assert await copy.runs.queued(now=AT, limit=9) == (again,)


async def test_a_copy_has_an_id_of_its_own_and_its_schedules_rest(
    open_store_in, open_here, tmp_path
):
    store = await open_here()
    trigger = CronTrigger(id="t", cron="0 0 * * *")
    await store.jobs.add(make_job(triggers=(trigger,)))
    await store.jobs.add(make_job())
    file = await save(store, tmp_path / "b.zip")
    report = await put_back(file, tmp_path / "other")
    assert report.is_copy
    assert report.paused == 1
    assert report.store_id != store.id
    copy = await open_store_in(tmp_path / "other")
    assert copy.id == report.store_id
    assert [job.paused for job in (await copy.jobs.list(JobQuery())).items] == [False, True]

    report = await put_back(file, tmp_path / "third", takes_over=True)
    assert (report.is_copy, report.paused, report.store_id) == (False, 0, store.id)


async def test_in_its_own_place_the_store_keeps_its_id(open_here, folder, tmp_path):
    store = await open_here()
    await store.jobs.add(make_job(triggers=(CronTrigger(id="t", cron="0 0 * * *"),)))
    kept = await finish(store, await start(store))
    file = await save(store, tmp_path / "b.zip")
    after = await finish(store, await start(store))
    with pytest.raises(StoreLocked):
        await put_back(file, folder, force=True)
    await store.close()
    with pytest.raises(Conflict, match="2 runs"):
        await put_back(file, folder)

    report = await put_back(file, folder, force=True)
    assert (report.is_copy, report.store_id) == (False, store.id)
    restored = await open_here()
    assert (await restored.runs.list(RunQuery())).items == (kept,)
    await restored.close()
    assert Path(report.kept_as).parent == folder
    old = await open_here.func(Path(report.kept_as))
    assert {run.id for run in (await old.runs.list(RunQuery())).items} == {kept.id, after.id}


async def test_attempts_made_after_the_records_were_copied_leave_nothing(
    open_store_in, open_here, tmp_path, folder
):
    """The segment of a backup may be ahead of its records; a retry must not find leavings."""
    store = await open_here()
    run = await finish(store, await start(store))
    file = await save(store, tmp_path / "b.zip")
    ahead = tmp_path / "ahead.zip"
    await store.records.record(make_recording(run.id, attempt_no=2, outputs=(make_output(1, "x"),)))
    await store.close()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(ahead, "w") as new:
        manifest = msgspec.json.decode(old.read("manifest.json"))
        segment = (folder / "outputs" / "000001.duckdb").read_bytes()
        manifest["files"][1]["size_bytes"] = len(segment)
        new.writestr("records.duckdb", old.read("records.duckdb"))
        new.writestr("outputs/000001.duckdb", segment)
        new.writestr("manifest.json", msgspec.json.encode(manifest))
    await put_back(ahead, tmp_path / "other")
    copy = await open_store_in(tmp_path / "other")
    assert await texts(copy, run.id, 1) == ["first"]
    assert await texts(copy, run.id, 2) == []
    assert (await copy.records.watermark(run.id, 2)).last_seq == 0


@pytest.mark.parametrize("keep", [0.99, 0.5, 0.0])
async def test_a_backup_that_was_cut_off_is_refused_whole(open_here, tmp_path, keep):
    file = await save(await open_here(), tmp_path / "b.zip")
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * keep)])
    with pytest.raises(InvalidInput, match="not whole"):
        await put_back(file, tmp_path / "other")
    assert not (tmp_path / "other").exists()


async def test_a_backup_with_a_changed_byte_is_refused_and_nothing_is_left(open_here, tmp_path):
    store = await open_here()
    await finish(store, await start(store))
    file = await save(store, tmp_path / "b.zip")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match="damaged"):
        await put_back(file, tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["store.lock"]


@pytest.mark.parametrize("field", ["format", "records_version", "outputs_version"])
async def test_a_newer_backup_is_refused_with_advice(open_here, tmp_path, field):
    file = await save(await open_here(), tmp_path / "b.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        manifest = msgspec.json.decode(old.read("manifest.json")) | {field: 999}
        new.writestr("manifest.json", msgspec.json.encode(manifest))
    with pytest.raises(InvalidInput, match="update jupyter_batch"):
        await put_back(tmp_path / "new.zip", tmp_path / "other")


async def test_a_damaged_store_is_put_aside_only_when_asked(open_here, folder, tmp_path):
    store = await open_here()
    run = await finish(store, await start(store))
    file = await save(store, tmp_path / "b.zip")
    await store.close()
    (folder / "records.duckdb").write_bytes(b"no database at all")
    with pytest.raises(Conflict, match="cannot be read"):
        await put_back(file, folder)
    report = await put_back(file, folder, force=True)
    assert (Path(report.kept_as) / "records.duckdb").read_bytes() == b"no database at all"
    assert (await (await open_here()).runs.list(RunQuery())).items == (run,)


async def test_an_output_file_that_is_missing_is_named_and_the_rest_is_kept(
    open_store_in, open_here, folder, tmp_path, clock
):
    store = await open_here()
    gone = await finish(store, await start(store))
    await store.close()
    (folder / "outputs" / "000001.duckdb").unlink()
    clock.set(AT + timedelta(days=40))
    store = await open_here()
    there = await finish(store, await start(store))
    file = await save(store, tmp_path / "b.zip")
    report = await put_back(file, tmp_path / "other")
    assert report.missing == ("000001.duckdb",)
    copy = await open_store_in(tmp_path / "other")
    assert {run.id for run in (await copy.runs.list(RunQuery())).items} == {gone.id, there.id}
    assert await texts(copy, there.id) == ["first"]


async def test_a_restore_that_dies_leaves_the_old_store_or_the_new(
    open_store_in, open_here, folder, tmp_path, zygote
):
    store = await open_here()
    first = await finish(store, await start(store))
    file = await save(store, tmp_path / "b.zip")
    second = await finish(store, await start(store))
    await store.close()
    line = 0
    while True:
        line += 97
        status, _ = await zygote("restore", file, folder, line=line)
        store = await open_here()
        runs = {run.id for run in (await store.runs.list(RunQuery())).items}
        for run_id in runs:
            assert await texts(store, run_id) == ["first"]
        assert runs in ({first.id, second.id}, {first.id})
        if len(runs) == 1:
            (kept,) = folder.glob("replaced-*")
            with duckdb.connect(str(kept / "records.duckdb"), read_only=True) as old:
                assert old.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]
            assert len(list((kept / "outputs").iterdir())) == 1
            break
        await store.close()
        assert status, "the restore ended and nothing has changed"
