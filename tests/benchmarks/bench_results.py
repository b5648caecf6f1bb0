"""Results over many runs, SQL over many cells, and what a tracked item costs a notebook."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from tests.benchmarks.harness import notebook, owner, seconds
from tests.benchmarks.seeding import seed_results, seed_runs

RUNS, CELLS, ITEMS = 10_000, 1_000_000, 40_000
ROUNDS = 7
QUERIES = {
    "by state": "SELECT state, count(*), avg(duration_seconds) FROM cells GROUP BY state",
    "by cell": "SELECT cell_index, max(memory_bytes), median(duration_seconds) FROM cells "
    "GROUP BY ALL ORDER BY 3 DESC LIMIT 10",
    "by run": "SELECT run_id, sum(duration_seconds) AS s FROM cells GROUP BY 1 ORDER BY s DESC "
    "LIMIT 10",
}
#: The loop on its own first: what is left is what tracking costs, by the clock and in cpu time.
TRACK = """
import time, jupyter_batch as jb
items = [f"order-{n:06}" for n in range(%d)]
def loop(of):
    begun, cpu = time.perf_counter(), time.thread_time()
    for item in of:
        pass
    return time.perf_counter() - begun, time.thread_time() - cpu
bare = min(loop(items) for _ in range(3))
for name in ("first", "second", "third"):
    taken = loop(jb.track(items, name=name, resume=True))
    wall, cpu = ((a - b) / len(items) * 1e6 for a, b in zip(taken, bare))
    print(f"@{wall:.3f}/{cpu:.3f}", flush=True)
"""


def main(executors: list[str]) -> None:
    """Prints the figures."""
    with owner() as running:
        running.stop()
        seed_runs(running.data, RUNS)
        seed_results(running.data, runs=RUNS, cells=CELLS)
        running.start()
        client = running.client
        frame = client.results()
        assert frame.shape == (RUNS, 17), frame.shape
        taken = [seconds(client.results) for _ in range(ROUNDS)]
        print(
            f"\njb.results over {RUNS:,} runs with 5 parameters and 5 results, as a DataFrame: "
            f"{_timings(taken)} (at most 1 s wanted)"
        )
        _ask(running.url, running.token)
        for executor in executors:
            _track(running, executor)
    _by_hand()


def _ask(url: str, token: str) -> None:
    with httpx.Client(
        base_url=f"{url}batch/", headers={"Authorization": f"token {token}"}, trust_env=False
    ) as http:
        for name, query in QUERIES.items():

            def ask(query: str = query) -> None:
                http.post("sql", json={"query": query}, timeout=60).raise_for_status()

            ask()
            taken = [seconds(ask) for _ in range(ROUNDS)]
            print(
                f"POST sql over {CELLS:,} cells, {name}: {_timings(taken)} (at most 0.3 s wanted)",
                flush=True,
            )


def _track(running, executor: str) -> None:
    path = notebook(running.folder / "track.ipynb", TRACK % ITEMS)
    run = running.client.run(path, executor=executor, check=True)
    printed = "".join(output["text"] for output in run.outputs()[0])
    kept = {p.name: p.processed for p in run.progress}
    assert kept == dict.fromkeys(("first", "second", "third"), ITEMS), kept
    print(
        f"{ITEMS:,} items with keys through jb.track ({executor}): {_costs(printed)} (at most 20 "
        f"wanted); the whole run {run.duration_seconds:.1f} s",
        flush=True,
    )


def _by_hand() -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Path(folder) / "spool"
        spool.touch()
        done = subprocess.run(
            [sys.executable, "-c", TRACK % ITEMS],
            env={**os.environ, "JUPYTER_BATCH_SPOOL": str(spool)},
            capture_output=True,
            text=True,
            check=True,
        )
    print(f"the same with nobody reading: {_costs(done.stdout)}")


def _costs(printed: str) -> str:
    pairs = [part.split()[0].split("/") for part in printed.split("@")[1:]]
    wall, cpu = (statistics.median(float(pair[n]) for pair in pairs) for n in (0, 1))
    return f"median {wall:.1f} microseconds an item by the clock, {cpu:.1f} of cpu time"


def _timings(taken: list[float]) -> str:
    return f"median {statistics.median(taken):.3f} s, worst {max(taken):.3f} s"
