"""Forks children that die at a chosen moment; forking is cheap, as all is imported already.

``python zygote.py`` reads one JSON object a line: the task and its arguments, and when to die:
``line`` (how many lines of the store's code it runs, in all its threads) or ``cpu`` (seconds of
it). What the child says goes to stdout, then ``ended <status>`` as os.waitpid has it. No database
is open in here, so forking is safe.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from jupyter_batch import store
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import open_store
from jupyter_batch.store.backup.restore import restore
from jupyter_batch.testing import FakeClock
from tests.integration.store import crash_child, crash_sweeps

_STORE = str(Path(store.__file__).parent)


def die_at_line(number: int) -> None:
    """Kills this process before it runs so many lines of the store, in whatever thread."""
    left = [number]
    guard = threading.Lock()

    def look(frame: Any, event: str, argument: Any) -> Any:
        if event == "call":
            return look if frame.f_code.co_filename.startswith(_STORE) else None
        if event == "line":
            with guard:
                left[0] -= 1
                if left[0] <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        return look

    threading.settrace(look)
    sys.settrace(look)


def write(folder: str, seed: int) -> None:
    """Writes for ever."""
    asyncio.run(crash_child.main(Path(folder), int(seed)))


def write_sweeps(folder: str, seed: int) -> None:
    """Makes and moves sweeps for ever."""
    asyncio.run(crash_sweeps.main(Path(folder), int(seed)))


def open_and_close(folder: str) -> None:
    """Migrates, compacts, and does whatever else opening a store does."""

    async def opened() -> None:
        await (await open_store(Path(folder), sink=EventHub(), clock=FakeClock())).close()

    asyncio.run(opened())


def put_back(file: str, folder: str) -> None:
    """Restores a backup over what is there."""
    asyncio.run(restore(Path(file), Path(folder), clock=FakeClock(), sink=EventHub(), force=True))


TASKS: dict[str, Callable[..., None]] = {
    "write": write,
    "sweeps": write_sweeps,
    "open": open_and_close,
    "restore": put_back,
}


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            status = 1
            try:
                if "cpu" in order:
                    signal.setitimer(signal.ITIMER_PROF, order["cpu"])
                else:
                    die_at_line(order["line"])
                TASKS[order["task"]](*order["arguments"])
                status = 0
            finally:
                sys.settrace(None)
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        print("ended", status, flush=True)


if __name__ == "__main__":
    main()
