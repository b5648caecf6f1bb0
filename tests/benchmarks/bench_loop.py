"""Measures the server's answers to others while it works, and lists among a million runs."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.benchmarks.harness import Owner, notebook, owner
from tests.benchmarks.seeding import JOB, seed_runs

_PAUSE = 0.005


class Probe:
    """Asks for /api again and again from a thread of its own, on a connection of its own."""

    def __init__(self, running: Owner) -> None:
        self._url = f"{running.url}api"
        self._stop = threading.Event()
        self.seconds: list[float] = []
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        with httpx.Client(trust_env=False) as http:
            while not self._stop.is_set():
                start = time.perf_counter()
                http.get(self._url).raise_for_status()
                self.seconds.append(time.perf_counter() - start)
                time.sleep(_PAUSE)

    def __enter__(self) -> Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def say(self, title: str) -> None:
        values = sorted(self.seconds)
        p99 = values[int(len(values) * 0.99)]
        print(
            f"  {title:<46} median {statistics.median(values) * 1000:6.1f} ms   "
            f"p99 {p99 * 1000:6.1f} ms   worst {values[-1] * 1000:6.1f} ms   n {len(values)}",
            flush=True,
        )


def main(executors: list[str], runs: int = 1_000_000) -> None:
    """Prints the figures."""
    executor = executors[0]
    with owner(max_concurrent_runs=2, default_executor=executor) as running:
        running.stop()
        took = seed_runs(running.data, runs)
        print(f"\namong {runs:,} runs ({took:.0f} s to make them up)")
        running.start()
        _lists(running)
        print(f"\nGET /api while the owner works (executor {executor})")
        _answers(running, executor)


def _lists(running: Owner) -> None:
    headers = {"Authorization": f"token {running.token}"}
    questions: dict[str, dict[str, Any]] = {
        "newest 50 of one job": {"limit": 50, "job_id": JOB},
        "newest 50 of all": {"limit": 50},
        "newest 50 that failed": {"limit": 50, "state": "failed"},
        "50 by a text that few have": {"limit": 50, "q": "needle"},
    }
    with httpx.Client(base_url=f"{running.url}batch/", headers=headers, trust_env=False) as http:
        for title, params in questions.items():
            taken = []
            for _ in range(30):
                start = time.perf_counter()
                answer = http.get("runs", params=params, timeout=60)
                taken.append(time.perf_counter() - start)
                answer.raise_for_status()
            print(
                f"  GET runs, {title:<34} median {statistics.median(taken) * 1000:6.1f} ms   "
                f"first {taken[0] * 1000:6.1f} ms   worst {max(taken) * 1000:6.1f} ms   "
                f"items {len(answer.json()['items'])}",
                flush=True,
            )


def _answers(running: Owner, executor: str) -> None:
    large = notebook(
        running.folder / "large.ipynb",
        "text = 'x' * 2**20\nfor i in range(100):\n    print(text)",
    )
    small = notebook(running.folder / "small.ipynb", "print(1)", "print(2)")
    runs = running.client.runs

    def record_large() -> None:
        runs.submit(large, executor=executor, memory="2g").wait(timeout=600)

    def twenty() -> None:
        for run in [runs.submit(small, executor=executor) for _ in range(20)]:
            run.wait(timeout=600)

    def list_all() -> None:
        for _, _ in zip(range(20_000), runs.list(), strict=False):
            pass

    def fetch_large() -> None:
        next(iter(runs.list(q="large"))).save_notebook(running.folder / "fetched.ipynb")

    def idle() -> None:
        time.sleep(3)

    works: dict[str, Callable[[], None]] = {
        "nothing": idle,
        "a 100 MB notebook is recorded": record_large,
        "the 100 MB notebook is fetched": fetch_large,
        "20 runs go on, 2 at a time": twenty,
        "20,000 of the runs are listed": list_all,
    }
    for title, work in works.items():
        with Probe(running) as probe:
            work()
        probe.say(title)
    threads = [threading.Thread(target=work) for work in (record_large, twenty, list_all)]
    with Probe(running) as probe:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    probe.say("large, 20 runs and the list at once")
