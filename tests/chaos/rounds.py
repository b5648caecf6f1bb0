"""Rounds of chaos over one data folder."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from jupyter_batch.client import Client
from jupyter_batch.errors import OwnerUnavailable
from jupyter_batch.services.clock import SystemClock
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import open_store
from tests.chaos.checks import count_bodies, faults_of
from tests.chaos.engine import OwnEngine
from tests.chaos.mix import Mix
from tests.chaos.owners import Gateways
from tests.chaos.processes import OwnProcesses
from tests.chaos.side import Side, leftovers
from tests.chaos.trouble import Trouble

#: Nothing takes as long unless it hangs.
_PATIENCE = 150.0
#: Below the limits of silence, of patience and of one request to the engine, all a minute: what
#: takes as long has not been noticed, but has run into one of them.
_STALLED = 55.0
_SETTINGS = {
    "heartbeat_seconds": 1.0,
    "grace_seconds": 2.0,
    "silence_limit_seconds": 60.0,
    "engine_patience_seconds": 60.0,
    "max_concurrent_runs": 4,
    "on_demand_idle_seconds": 20.0,
}


class Chaos:
    """The parts that stay over all rounds: an engine, two Jupyter servers, a store."""

    def __init__(self, seed: int, image_from: str | None, kinds: Sequence[str]) -> None:
        """Takes the engine that has the image; None for attempts without containers."""
        self.seed = seed
        self.folder = Path(tempfile.mkdtemp(prefix="jb-chaos-"))
        self.count = self.folder / "count"
        self.count.mkdir()
        self.count.chmod(0o777)
        self.taken_over: list[float] = []
        home = self.folder / "home"
        self.side: Side = OwnProcesses(home / "data") if image_from is None else OwnEngine()
        self._kinds = kinds or self.side.kinds
        self.gateways = Gateways(
            home, allowed_volumes=[str(self.count)], **self.side.settings, **_SETTINGS
        )
        os.environ.update(self.gateways.environment)
        self.client = Client(data_dir=self.gateways.data)
        try:
            self.side.start()
            if isinstance(self.side, OwnEngine):
                self.side.copy_image(str(image_from))
            self.gateways.keep(2)
            self.gateways.owner()
        except BaseException:
            self.close()
            raise

    def round(self, number: int) -> list[str]:
        """Makes one round; returns what did not hold."""
        chance = random.Random(f"{self.seed}/{number}")
        start = time.monotonic()
        self.gateways.keep(2)
        trouble = Trouble(self.gateways, self.side, chance, self._kinds)
        mix = Mix(self.client, self.gateways.root, self.side.options(self.count), chance)
        made: list[BaseException] = []

        def make() -> None:
            try:
                trouble.make()
            except BaseException as error:
                made.append(error)

        troubling = threading.Thread(target=make, daemon=True)
        troubling.start()
        mix.submit(number)
        marks = [time.monotonic()]
        troubling.join()
        marks.append(time.monotonic())
        faults = [f"trouble could not be made: {error!r}" for error in made]
        # A request may find nobody to take it; all else that is refused was not looked at.
        faults += [
            f"a run was refused: {error}"
            for error in mix.refused
            if not isinstance(error, OwnerUnavailable)
        ]
        mix.end_schedule()
        if mix.never_fired:
            faults.append("its schedule has never fired")
        deadline = time.monotonic() + _PATIENCE
        for followed in mix.accepted:
            followed.thread.join(max(0.1, deadline - time.monotonic()))
        marks.append(time.monotonic())
        if marks[-1] - marks[-2] > _STALLED:
            faults.append(f"its runs had ended only {marks[-1] - marks[-2]:.0f} s later")
        bodies = count_bodies(self.count / "bodies")
        for followed in mix.accepted:
            for fault in faults_of(followed, trouble, bodies):
                faults.append(f"{followed.kind} run {followed.run.id}: {fault}")
        if not made:
            faults += leftovers(self.side)
        faults += self._others(mix)
        self.taken_over += trouble.taken_over
        marks.append(time.monotonic())
        spans = " + ".join(f"{b - a:.1f}" for a, b in pairwise([start, *marks]))
        taken = "".join(f", taken over in {s:.1f} s" for s in trouble.taken_over)
        print(
            f"round {number}: {trouble}; {len(mix.accepted)} runs, {len(mix.refused)} refused"
            f"{taken}; {spans} s" + "".join(f"\n    {f}" for f in faults),
            flush=True,
        )
        return faults

    def _others(self, mix: Mix) -> list[str]:
        """Runs that were made though their answer did not come through must end as well."""
        known = {followed.run.id for followed in mix.accepted}
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            active = [r for r in self.client.runs.list(limit=100) if not r.state.is_terminal]
            if not active:
                return []
            time.sleep(0.2)
        return [f"run {r.id} is {r.state} for ever" for r in active if r.id not in known]

    def close(self) -> list[str]:
        """Ends everything; returns what is wrong with the store that is left."""
        self.client.close()
        self.gateways.close()
        self.side.close()
        try:
            asyncio.run(_open(self.gateways.data))
        except Exception as error:
            return [f"the store does not open: {error!r}"]
        return []


async def _open(data: Path) -> None:
    store = await open_store(data, sink=EventHub(), clock=SystemClock())
    try:
        assert not await store.runs.active()
    finally:
        await store.close()


def run(
    seed: int,
    rounds: int,
    image_from: str | None,
    *,
    kinds: Sequence[str] = (),
    keep_going: bool = False,
) -> int:
    """Makes rounds; returns how many did not hold, each told with the seed that repeats it."""
    chaos = Chaos(seed, image_from, kinds)
    failed = 0
    try:
        for number in range(1, rounds + 1):
            if chaos.round(number):
                failed += 1
                sys.stdout.write(f"    seed {seed}, round {number}; logs in {chaos.folder}\n")
                if not keep_going:
                    break
    finally:
        for fault in chaos.close():
            failed += 1
            print(f"    {fault}; seed {seed}", flush=True)
    times = sorted(chaos.taken_over)
    if times:
        middle = times[len(times) // 2]
        print(f"taken over {len(times)} times: median {middle:.1f} s, at most {times[-1]:.1f} s")
    return failed
