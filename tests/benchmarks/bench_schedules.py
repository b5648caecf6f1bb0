"""Measures the scheduler on a real clock and a real store: python tests/benchmarks/bench_schedules.py

Prints one JSON object: how late runs are on record after their instant (1,000 triggers of 10,000
are due in one minute, once all at one instant and once spread over the minute), and what an
engine with 10,000 triggers costs while nothing is due.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.run import Run
from jupyter_batch.domain.schedule.due import next_at
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    OnceTrigger,
    TriggerProgress,
)
from jupyter_batch.domain.settings import Settings
from jupyter_batch.ports import Store
from jupyter_batch.services.clock import SystemClock
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import open_store
from jupyter_batch.testing import FakeExecutor, FakeNotebooks, FakeSecrets, hang

ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe")


class Watch(EventHub):
    """Notes when each run is heard of, which is after its commit."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, datetime] = {}

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Notes the first event of each run."""
        now = datetime.now(UTC)
        for event in events:
            self.heard.setdefault(event.run_id, now)
        super().publish(events)


def far(number: int, now: datetime) -> AnyTrigger:
    """Returns a schedule with no instant in the next hours."""
    hour = (now + timedelta(hours=12)).hour
    return CronTrigger(
        id=f"far-{number}", cron=f"{number % 60} {hour} {1 + number % 28} * *", timezone="UTC"
    )


def near(due: int, minute: datetime, *, spread: bool) -> list[AnyTrigger]:
    """Returns schedules that are due in a minute: at its beginning, or all over it."""
    if spread:
        return [
            OnceTrigger(id=f"due-{n}", at=minute + timedelta(seconds=60 * n / due))
            for n in range(due)
        ]
    return [
        CronTrigger(
            id=f"due-{n}", cron="* * * * *", timezone=ZONES[n % 3], max_runs=1, start_at=minute
        )
        for n in range(due)
    ]


def new_engine(store: Store, watch: Watch, folder: Path) -> BatchEngine:
    """Returns an engine whose attempts never end, so that the scheduler is what is measured."""
    executor = FakeExecutor()
    executor.behaviour = hang
    return BatchEngine(
        store=store,
        executors={"docker": executor},
        notebooks=FakeNotebooks(),
        secrets=FakeSecrets({}),
        clock=SystemClock(),
        settings=Settings(data_dir=str(folder), root_dir="/", max_concurrent_runs=2),
        hub=watch,
    )


async def all_runs(store: Store) -> list[Run]:
    """Returns all runs that are on record."""
    runs: list[Run] = []
    after: str | None = None
    while True:
        page = await store.runs.list(RunQuery(limit=1000, after=after))
        runs += page.items
        if (after := page.next_after) is None:
            return runs


async def fill(store: Store, triggers: Sequence[AnyTrigger], now: datetime) -> None:
    """Stores a job for each trigger."""
    ids = IdSource()
    for trigger in triggers:
        job = Job(
            id=ids.new(now),
            name=trigger.id,
            notebook="nb.ipynb",
            triggers=(trigger,),
            created_by="bench",
            created_at=now,
            updated_at=now,
        )
        progress = TriggerProgress(decided_until=now)
        state = TriggerState(
            trigger_id=trigger.id,
            job_id=job.id,
            progress=progress,
            next_at=next_at(trigger, progress),
        )
        await store.jobs.add(job, triggers=[state])


async def measure(folder: Path, *, stored: int, due: int, spread: bool) -> dict[str, Any]:
    """Lets the minute pass and returns what was seen."""
    watch, clock = Watch(), SystemClock()
    store = await open_store(folder, sink=watch, clock=clock)
    now = clock.now()
    await fill(store, [far(n, now) for n in range(stored - due)], now)
    # The due ones are stored last; they need some seconds themselves.
    minute = clock.now() + timedelta(seconds=45)
    minute = minute.replace(second=0, microsecond=0) + timedelta(minutes=1)
    soon = near(due, minute, spread=spread)
    await fill(store, soon, clock.now())
    engine = new_engine(store, watch, folder)
    began = time.perf_counter()
    await engine.start()
    start_seconds = time.perf_counter() - began
    idle = await idle_cpu(minute)
    await asyncio.sleep((minute - clock.now()).total_seconds() + (65 if spread else 10))
    runs = await all_runs(store)
    late = [(watch.heard[run.id] - run.scheduled_for).total_seconds() * 1000 for run in runs]
    once = len(runs) == due == len({(run.trigger_id, run.scheduled_for) for run in runs})
    await engine.stop()
    return {
        "stored": stored,
        "due": due,
        "spread": spread,
        "each_once": once,
        "runs": len(runs),
        "median_ms": round(statistics.median(late), 1),
        "worst_ms": round(max(late), 1),
        "start_seconds": round(start_seconds, 2),
        "idle_cpu_percent": idle,
    }


async def idle_cpu(until: datetime) -> float | None:
    """Returns the cpu of this process while nothing is due, for the time that is left."""
    await asyncio.sleep(2)
    left = (until - datetime.now(UTC)).total_seconds() - 2
    if left < 5:
        return None
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.sleep(left)
    return round(100 * (time.process_time() - cpu) / (time.perf_counter() - wall), 3)


def main(executors: Sequence[str] = (), *, stored: int = 10_000, due: int = 1_000) -> None:
    """Runs both measurements; needs no executor."""
    found = {}
    for name, spread in (("burst", False), ("spread", True)):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = asyncio.run(measure(Path(folder), stored=stored, due=due, spread=spread))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=10_000)
    parser.add_argument("--due", type=int, default=1_000)
    given = parser.parse_args()
    main(stored=given.stored, due=given.due)
