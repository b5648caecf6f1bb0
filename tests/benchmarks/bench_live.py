"""Measures the time from a print to a listener, by the clocks of one machine."""

from __future__ import annotations

import statistics
import time

from jupyter_batch.client import Client
from tests.benchmarks.harness import notebook, owner

SOURCE = """import time
for _ in range(40):
    print(f"@{time.time()}", flush=True)
    time.sleep(0.25)
"""


def main(executors: list[str]) -> None:
    """Prints the figures."""
    with owner() as running:
        path = notebook(running.folder / "live.ipynb", SOURCE)
        for executor in executors:
            delays = _delays(running.client, path, executor)
            print(
                f"\na print in a running cell, until a listener has it ({executor}, {len(delays)} "
                f"prints)\n  median {statistics.median(delays) * 1000:.0f} ms, "
                f"worst {max(delays) * 1000:.0f} ms (at most 500 wanted)",
                flush=True,
            )


def _delays(client: Client, path, executor: str) -> list[float]:
    run = client.runs.submit(path, executor=executor)
    delays = []
    for event in run.follow():
        now = time.time()
        if event.kind != "output":
            continue
        for op in event.data["ops"]:
            for part in op["body"].split("@")[1:]:
                delays.append(now - float(part.split("\\")[0]))
    return delays
