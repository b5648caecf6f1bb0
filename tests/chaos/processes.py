"""Attempts of the process executor."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from jupyter_batch.executors.process.supervisor import MARK
from tests.chaos.mix import COUNT_VARIABLE
from tests.chaos.side import awaited


class OwnProcesses:
    """Those of one data folder; the supervisor of an attempt is its container."""

    kinds: tuple[str, ...] = ("owner", "runner", "kernel", "container", "restart")
    settings: Mapping[str, Any] = {"default_executor": "process"}

    def __init__(self, data: Path) -> None:
        self._folder = data / "attempts"

    def options(self, count: Path) -> Mapping[str, Any]:
        return {"executor": "process", "env": {COUNT_VARIABLE: str(count)}}

    def start(self) -> None:
        """There is nothing to start."""

    def kill(self) -> None:
        raise NotImplementedError("a machine that dies takes this test along")

    def end_one(self, chance: random.Random) -> str | None:
        return self.kill_in_one(chance, "supervisor.py")

    def kill_in_one(self, chance: random.Random, mark: str) -> str | None:
        def find() -> str | None:
            found = sorted(self._processes(mark), key=lambda one: one.pid)
            if not found:
                return None
            process = chance.choice(found)
            with contextlib.suppress(psutil.Error):
                run_id = _run_of(process)
                process.kill()
                return run_id
            return None

        return awaited(find)

    def left(self) -> list[str]:
        folders = [f"{path.name} is left" for path in self._folder.glob("jb-*")]
        return folders + [f"process {one.pid} is left" for one in self._processes("")]

    def close(self) -> None:
        for process in self._processes(""):
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _processes(self, mark: str) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if not process.environ().get(MARK, "").startswith(f"{self._folder}/jb-"):
                    continue
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                if any(mark in part for part in process.cmdline()[:6]):
                    yield process


def _run_of(process: psutil.Process) -> str:
    """Returns the id of its run: the mark is the folder of the attempt."""
    return Path(process.environ()[MARK]).name.split("-")[1]
