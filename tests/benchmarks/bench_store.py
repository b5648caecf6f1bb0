"""The store by itself: listing among 1,000,000 runs, recording, pruning 1 GB.

    python tests/benchmarks/bench_store.py [listing] [recording] [prune] [--folder DIR]

Prints a line for each figure. A quiet machine and a local disk give figures worth comparing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
from msgspec.structs import replace

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.run import RunState
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import DuckStore, open_store
from jupyter_batch.store.duckdb.data_files import folder_size
from jupyter_batch.testing import (
    AT,
    FakeClock,
    make_event,
    make_frozen,
    make_output,
    make_recording,
    make_run,
    new_id,
)

_RUNS = 1_000_000
_JOBS = 1_000
_MB = 1_000_000

#: Writes a million ended runs, one a minute, straight into the file.
_FILL = """
INSERT INTO runs BY NAME
SELECT i AS run_no, 1 AS segment_id,
       '01' || lpad(printf('%x', 1000000000000 + i * 60000), 14, '0')
            || lpad(printf('%x', hash(i) % 1000000007), 10, '0') AS id,
       'job' || lpad((hash(i * 7) % $jobs)::VARCHAR, 22, '0') AS job_id,
       'run of ' || (i % 100) AS name,
       CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'succeeded' END AS state,
       'schedule' AS trigger,
       make_timestamp((1000000000000 + i * 60000) * 1000) AS scheduled_for,
       scheduled_for AS created_at, scheduled_for AS started_at,
       scheduled_for + INTERVAL 20 SECOND AS finished_at, 'ada' AS created_by,
       'work/nb' || (i % 50) || '.ipynb' AS notebook_path,
       md5((i % 50)::VARCHAR) AS notebook_sha256,
       '{"alpha": ' || i || ', "name": "x"}' AS parameters,
       '{"executor": "docker", "image": "jupyter-batch-job:latest", "cpus": 1.0}' AS environment,
       '[]' AS files, 0 AS priority, 20 AS cells_total, 20 AS cells_done, 0 AS cells_failed
FROM range($runs) t(i);
INSERT INTO attempts BY NAME
SELECT run_no, 1 AS attempt_no, 'succeeded' AS state, md5(id) AS container_id, 0 AS exit_code,
       started_at, finished_at, 200000000 AS peak_memory_bytes, 1.5 AS cpu_seconds
FROM runs;
INSERT INTO events BY NAME
SELECT run_no * 4 + n AS position, run_no, id AS run_id, n AS event_id,
       started_at AS happened_at, 'state' AS kind,
       '{"state": "running", "reason": null}' AS data
FROM runs, range(1, 5) t(n) ORDER BY position;
"""


def say(name: str, value: float, unit: str) -> None:
    print(f"{name:58s} {value:10.1f} {unit}", flush=True)


def resident() -> float:
    """Returns the process's memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MB


async def timed(name: str, call: Callable[[], Awaitable[object]], times: int = 20) -> None:
    """Says how long the first call took, and the median and the worst of the others."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        await call()
        seconds.append((time.perf_counter() - start) * 1000)
    rest = seconds[1:]
    print(
        f"{name:58s} first {seconds[0]:7.1f}  median {statistics.median(rest):7.1f}  "
        f"worst {max(rest):7.1f} ms",
        flush=True,
    )


async def open_at(folder: Path) -> DuckStore:
    return await open_store(folder, sink=EventHub(), clock=FakeClock())


async def listing(folder: Path) -> None:
    store = await open_at(folder)
    await store.runs.add(make_run(), make_frozen())
    await store.close()
    with duckdb.connect(str(folder / "records.duckdb")) as by_hand:
        by_hand.execute("DELETE FROM runs; DELETE FROM events")
        for statement in _FILL.split(";\n")[:3]:
            values = {"jobs": _JOBS, "runs": _RUNS} if "$runs" in statement else {}
            by_hand.execute(statement, values)
    say("records database of 1,000,000 runs", folder_size(folder) / _MB, "MB")
    start = time.perf_counter()
    store = await open_at(folder)
    say("open", (time.perf_counter() - start) * 1000, "ms")

    job = "job" + "123".zfill(22)
    first = await store.runs.list(RunQuery(job_id=job))
    middle = (await store.runs.list(RunQuery(limit=1, until=AT - timedelta(days=8800)))).items
    after = middle[0].id if middle else first.items[25].id
    lists = {
        "newest 50 of one job": RunQuery(job_id=job),
        "next 50 of one job": RunQuery(job_id=job, after=first.next_after),
        "newest 50 of all": RunQuery(),
        "50 of all from the middle on": RunQuery(after=after),
        "newest 50 failed": RunQuery(states=(RunState.FAILED,)),
        "50 failed or lost of one job": RunQuery(
            job_id=job, states=(RunState.FAILED, RunState.LOST)
        ),
        "none running": RunQuery(states=(RunState.RUNNING,)),
        "50 in a month": RunQuery(
            since=first.items[-1].created_at, until=first.items[-1].created_at + timedelta(30)
        ),
        "50 by a common text": RunQuery(q="nb17"),
        "none by a text that nothing has": RunQuery(q="zzzz"),
        "newest 1000 of all": RunQuery(limit=1000),
    }
    await store.close()
    store = await open_at(folder)
    for name, query in lists.items():
        await timed(f"list: {name}", partial(store.runs.list, query))
    some = first.items[25].id
    await timed("get", lambda: store.runs.get(some))
    await timed("events of a run", lambda: store.records.events(run_id=some))
    await timed("cells of a run", lambda: store.records.cells(some, 1))
    await timed("newest events of all", lambda: store.records.events(after=4 * _RUNS - 100))
    await timed("queued", lambda: store.runs.queued(now=AT, limit=20))
    await timed("active", store.runs.active)
    await timed("count", store.runs.count)
    run = make_run(id=new_id(AT + timedelta(days=90_000)))
    await store.runs.add(run, make_frozen())
    await timed("add", lambda: store.runs.add(make_run(), make_frozen()), 50)

    async def update() -> None:
        await store.runs.update(
            run.id, lambda old: replace(old, reason=str(time.perf_counter())), at=AT
        )

    await timed("update", update, 50)
    say("memory", resident(), "MB")
    await store.close()


async def recording(folder: Path) -> None:
    store = await open_at(folder)
    run = await store.runs.add(make_run(), make_frozen())
    start = time.perf_counter()
    for seq in range(1, 10_001, 100):
        rows = tuple(make_output(seq + n, '{"text": "line"}', no=seq + n) for n in range(100))
        await store.records.record(make_recording(run.id, outputs=rows))
    say("record 10,000 outputs, 100 at a time", time.perf_counter() - start, "s")

    await timed_chatter(store, 20)
    start = time.perf_counter()
    count = len([output async for output in store.records.outputs(run.id, 1)])
    say(f"read {count} outputs", time.perf_counter() - start, "s")

    for name, text in {"base64": noise(3), "text": "a line of text, number 17\n" * 15_000}.items():
        run = await store.runs.add(make_run(), make_frozen())
        before, most, worst = resident(), 0.0, 0.0
        start = time.perf_counter()
        for seq in range(1, 100 * _MB // len(text) + 1):
            begun = time.perf_counter()
            row = make_output(seq, text, no=seq)
            await store.records.record(make_recording(run.id, outputs=(row,)))
            worst = max(worst, time.perf_counter() - begun)
            most = max(most, resident())
        say(f"record 100 MB of {name}", time.perf_counter() - start, "s")
        say(f"record 100 MB of {name}, slowest call", worst * 1000, "ms")
        say(f"record 100 MB of {name}, memory growth", most - before, "MB")
        before, most = resident(), 0.0
        start = time.perf_counter()
        async for _ in store.records.outputs(run.id, 1):
            most = max(most, resident())
        say(f"read 100 MB of {name}", time.perf_counter() - start, "s")
        say(f"read 100 MB of {name}, memory growth", most - before, "MB")
    await store.close()


async def timed_chatter(store: DuckStore, attempts: int) -> None:
    """Attempts that each record one small batch after the other, with events, side by side."""
    seconds: list[float] = []

    async def chatter() -> None:
        run = await store.runs.add(make_run(), make_frozen())
        for seq in range(1, 101, 2):
            start = time.perf_counter()
            await store.records.record(
                make_recording(
                    run.id,
                    outputs=(make_output(seq, "x" * 200, no=seq),),
                    events=(make_event(run.id, seq + 1),),
                )
            )
            seconds.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(chatter() for _ in range(attempts)))
    rate = len(seconds) / (time.perf_counter() - start)
    say(f"recordings a second, {attempts} attempts side by side", rate, "/s")
    say(f"one of them, {attempts} side by side", statistics.median(seconds) * 1000, "ms")


def noise(seed: int) -> str:
    return random.Random(seed).randbytes(200_000).hex()


async def prune(folder: Path) -> None:
    store = await open_at(folder)
    runs = []
    start = time.perf_counter()
    for number in range(1000):
        run = await store.runs.add(make_run(), make_frozen())
        text = random.Random(number).randbytes(1_000_000).hex()
        rows = tuple(
            make_output(seq + 1, text[seq * 500_000 :][:500_000], no=seq) for seq in range(4)
        )
        await store.records.record(make_recording(run.id, outputs=rows))
        runs.append(run.id)
    say("record 1,000 runs of 2 MB of text", time.perf_counter() - start, "s")
    full = folder_size(folder)
    say("folder before", full / _MB, "MB")
    gone = [run_id for number, run_id in enumerate(runs) if number % 10]
    start = time.perf_counter()
    await store.runs.delete(gone)
    say("delete 900 runs", (time.perf_counter() - start) * 1000, "ms")
    slowest = 0.0
    start = time.perf_counter()
    reclaiming = asyncio.create_task(store.reclaim())
    while not reclaiming.done():
        begun = time.perf_counter()
        await store.runs.get(runs[0])
        slowest = max(slowest, time.perf_counter() - begun)
        await asyncio.sleep(0.01)
    say("reclaim", time.perf_counter() - start, "s")
    say("reclaim, slowest read meanwhile", slowest * 1000, "ms")
    left = folder_size(folder)
    say("folder after", left / _MB, "MB")
    say("folder has become smaller by", 100 * (1 - left / full), "%")
    kept = [output async for output in store.records.outputs(runs[990], 1)]
    assert "".join(output.body for output in kept) == random.Random(990).randbytes(1_000_000).hex()
    await store.close()


PARTS = {"listing": listing, "recording": recording, "prune": prune}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--folder", type=Path, help="where to write, on a local disk")
    options = parser.parse_args()
    for name in options.parts or PARTS:
        print(f"# {name}")
        folder = Path(tempfile.mkdtemp(prefix="bench-store-", dir=options.folder))
        try:
            asyncio.run(PARTS[name](folder / "data"))
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
