"""A disk that is full: deleting works, with space that was set aside for it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_batch.errors import StoreFull
from jupyter_batch.store.reserve import SIZE, Reserve
from jupyter_batch.testing import make_frozen, make_job, make_output, make_recording, make_run


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs mount, to make a small file system")
    if done.returncode:
        pytest.skip(f"needs the right to mount a small file system: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


async def test_runs_and_jobs_can_be_deleted_on_a_full_disk(disk, open_store_in):
    store = await open_store_in(disk / "data", segment_bytes=1)
    runs = [make_run() for _ in range(20)]
    for run in runs:
        await store.runs.add(run, make_frozen())
        output = make_output(1, "x" * 100_000)
        await store.records.record(make_recording(run.id, outputs=(output,)))
    job = make_job()
    await store.jobs.add(job)
    reserve = disk / "data" / "reserve"
    assert reserve.stat().st_blocks * 512 >= SIZE
    fill(disk)
    with pytest.raises(StoreFull):  # noqa: PT012
        for _ in range(1000):
            await store.runs.add(make_run(), make_frozen(content=b"y" * 100_000))
    # The records' log has no byte left either.
    with pytest.raises(StoreFull):  # noqa: PT012
        for number in range(1000):
            fill(disk)
            await store.jobs.add(make_job(name=f"job {number}", description="z" * 500))
    with pytest.raises(StoreFull):
        await store._writer.call(lambda: store.runs._writes.delete([run.id for run in runs]))
    assert reserve.exists()
    assert await store.runs.delete([run.id for run in runs]) == 20
    assert not reserve.exists()
    await store.jobs.delete(job.id)
    # What is given back is set aside again.
    await store.reclaim()
    assert reserve.stat().st_size == SIZE
    await store.runs.add(make_run(), make_frozen())
    await store.close()
    store = await open_store_in(disk / "data", segment_bytes=1)
    assert await store.runs.get(runs[0].id) is None


def test_without_space_nothing_is_set_aside(disk):
    fill(disk)
    reserve = Reserve(disk)
    reserve.fill()
    assert [path.name for path in disk.iterdir()] == ["filler"]

    def work() -> None:
        raise StoreFull("no space")

    with pytest.raises(StoreFull):
        reserve.with_room(work)
    (disk / "filler").unlink()
    reserve.fill()
    assert reserve.with_room(lambda: 7) == 7
    assert (disk / "reserve").exists()
    with pytest.raises(StoreFull):
        reserve.with_room(work)
    assert not (disk / "reserve").exists()
