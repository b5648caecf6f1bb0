"""What is done to a round at a random moment: SIGKILL, or an owner that is told to end."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Sequence
from typing import Any

import docker

from tests.chaos.doors import Doors
from tests.chaos.engine import OwnEngine

KINDS = ("owner", "runner", "kernel", "container", "engine", "restart")
_LATEST = 4.0
#: How long a container is waited for that one could do something to.
_FOR_A_TARGET = 4.0
_RUN_LABEL = "jupyter_batch.run"


class Trouble:
    """One or two kinds of it, planned by chance and then made."""

    def __init__(
        self,
        doors: Doors,
        engine: OwnEngine,
        chance: random.Random,
        kinds: Sequence[str] = KINDS,
    ) -> None:
        self._doors, self._docker, self._chance = doors, engine, chance
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
        self._docker.kill()
        time.sleep(self._chance.uniform(0.0, 2.0))
        self._docker.start()

    def _runner(self) -> None:
        self._kill_in_container("runner", "jb-runner.pyz")

    def _kernel(self) -> None:
        self._kill_in_container("kernel", "ipykernel")

    def _container(self) -> None:
        with self._docker.client() as client:
            found = self._target(client)
            if found is None:
                return
            self.hit.setdefault(found["Labels"][_RUN_LABEL], set()).add("container")
            with contextlib.suppress(docker.errors.APIError):
                if self._chance.random() < 0.5:
                    client.kill(found["Id"])
                else:
                    client.remove_container(found["Id"], force=True)

    def _kill_in_container(self, what: str, mark: str) -> None:
        deadline = time.monotonic() + _FOR_A_TARGET
        with self._docker.client() as client:
            while time.monotonic() < deadline:
                found = self._target(client)
                if found is not None:
                    pid = _process(client, found["Id"], mark)
                    if pid is not None:
                        self.hit.setdefault(found["Labels"][_RUN_LABEL], set()).add(what)
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                        return
                time.sleep(0.05)

    def _target(self, client: Any) -> dict[str, Any] | None:
        deadline = time.monotonic() + _FOR_A_TARGET
        while time.monotonic() < deadline:
            found = client.containers(filters={"label": [_RUN_LABEL]})
            if found:
                return dict(self._chance.choice(sorted(found, key=lambda one: one["Id"])))
            time.sleep(0.05)
        return None


def _process(client: Any, container_id: str, mark: str) -> int | None:
    """Returns the number of a container's process on this machine; the init is none of them."""
    try:
        listed = client.top(container_id, ps_args="-o pid,args")["Processes"]
    except docker.errors.APIError:
        return None
    for pid, arguments in listed or ():
        if mark in arguments and "docker-init" not in arguments:
            return int(pid)
    return None
