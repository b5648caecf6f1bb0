"""Measures ``import jupyter_batch`` against ``import httpx``."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

_ROUNDS = 11
_LIMIT_MS = 150.0

#: What is imported, side by side.
_CODES = {
    "nothing": "pass",
    "import httpx": "import httpx",
    "import jupyter_batch": "import jupyter_batch",
    "the whole Python API": "import jupyter_batch as jb; jb.Client(url='http://127.0.0.1:9/')",
}


def main(executors: list[str]) -> None:
    """Measures each in processes of its own, in turn, by their cpu time: nothing waits in there."""
    taken: dict[str, list[float]] = {name: [] for name in _CODES}
    for _ in range(_ROUNDS):
        for name, code in _CODES.items():
            begun = _seconds_of_children()
            subprocess.run([sys.executable, "-c", code], check=True)
            taken[name].append((_seconds_of_children() - begun) * 1000)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        more = median - medians["import httpx"]
        print(f"{name:22} {median:6.0f} ms  {more:+6.0f} ms against httpx")
    worst = medians["import jupyter_batch"] - medians["import httpx"]
    print(
        f"limit: {_LIMIT_MS:.0f} ms more than httpx; {'kept' if worst <= _LIMIT_MS else 'MISSED'}"
    )


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main([])
