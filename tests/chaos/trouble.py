"""The disturbances of a round at a random moment: SIGKILL, or an owner asked to end."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence

from tests.chaos.owners import Gateways
from tests.chaos.side import Side

_LATEST = 4.0


class Trouble:
    """One or two kinds of it, planned by chance and then made."""

    def __init__(
        self,
        gateways: Gateways,
        side: Side,
        chance: random.Random,
        kinds: Sequence[str],
    ) -> None:
        self._doors, self._side, self._chance = gateways, side, chance
        self._kinds = kinds
        count = 2 if chance.random() < 0.35 and len(kinds) > 1 else 1
        self.plan = sorted(
            (round(chance.uniform(0, _LATEST), 2), kind) for kind in self._draw(count)
        )
        #: What was done to which run.
        self.hit: dict[str, set[str]] = {}
        self.engine_was_killed = self.owner_was_killed = False
        #: Seconds from an owner's death to an answer of the next.
        self.taken_over: list[float] = []

    def _draw(self, count: int) -> list[str]:
        return self._chance.sample(self._kinds, count)

    def __str__(self) -> str:
        return ", ".join(f"{kind} at {at:g} s" for at, kind in self.plan)

    def make(self) -> None:
        """Makes all of it, each at its time."""
        start = time.monotonic()
        for at, kind in self.plan:
            time.sleep(max(0.0, start + at - time.monotonic()))
            getattr(self, f"_{kind}")()

    def _owner(self) -> None:
        self.owner_was_killed = True
        self._end_owner(signal.SIGKILL)

    def _restart(self) -> None:
        """As whoever restarts JupyterLab does: it may end in order."""
        self._end_owner(signal.SIGTERM)

    def _end_owner(self, how: signal.Signals) -> None:
        ended = self._doors.end_owner(how)
        if ended is None:
            return
        start = time.monotonic()
        self._doors.owner(not_the=ended)
        self.taken_over.append(time.monotonic() - start)

    def _engine(self) -> None:
        self.engine_was_killed = True
        self._side.kill()
        time.sleep(self._chance.uniform(0.0, 2.0))
        self._side.start()

    def _runner(self) -> None:
        self._kill("runner", "jb-runner")

    def _kernel(self) -> None:
        self._kill("kernel", "ipykernel")

    def _container(self) -> None:
        self._note("container", self._side.end_one(self._chance))

    def _kill(self, what: str, mark: str) -> None:
        self._note(what, self._side.kill_in_one(self._chance, mark))

    def _note(self, what: str, run_id: str | None) -> None:
        if run_id is not None:
            self.hit.setdefault(run_id, set()).add(what)
