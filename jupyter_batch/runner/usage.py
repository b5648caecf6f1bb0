"""Measures memory and cpu of the runner's process tree, and counts OOM kills."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Dict, List, Optional, Tuple

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
#: Samples that are asked for more often are answered from the last one.
_FRESH_SECONDS = 0.1


class Usage:
    """Samples the process tree; the peak includes the peak of each single process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sampled_at = 0.0
        self.memory_bytes = 0
        self.peak_memory_bytes = 0
        self.cpu_seconds = 0.0

    def sample(self, *, fresh: bool = True) -> int:
        """Returns the memory in bytes: measured, or from a recent sample unless ``fresh``."""
        with self._lock:
            now = time.monotonic()
            if fresh or now - self._sampled_at > _FRESH_SECONDS:
                memory, highest, cpu = _measure()
                self._sampled_at = now
                self.memory_bytes = memory
                self.peak_memory_bytes = max(self.peak_memory_bytes, memory, highest)
                self.cpu_seconds = max(self.cpu_seconds, cpu)
            return self.memory_bytes

    def reached(self, memory_bytes: int) -> None:
        """Records a peak that was measured elsewhere."""
        with self._lock:
            self.peak_memory_bytes = max(self.peak_memory_bytes, memory_bytes)


def oom_kills() -> Optional[int]:
    """Returns how many processes of our cgroup were killed for lack of memory; None: unknown."""
    for path in _oom_files():
        for line in _read(path).splitlines():
            key, _, value = line.partition(" ")
            if key == "oom_kill" and value.isdigit():
                return int(value)
    return None


def _oom_files() -> List[str]:
    paths: Dict[str, str] = {}
    for line in _read("/proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        paths[controllers] = path.rstrip("/")
    files = []
    for controllers, path in paths.items():
        if "memory" in controllers.split(","):
            base, name = "/sys/fs/cgroup/memory", "memory.oom_control"
        elif not controllers:
            base, name = "/sys/fs/cgroup", "memory.events"
        else:
            continue
        # Inside a container its own group is mounted where the machine has the root.
        files += [f"{base}{path}/{name}", f"{base}/{name}"]
    return files


def _measure() -> Tuple[int, int, float]:
    if not sys.platform.startswith("linux"):
        return _measure_elsewhere()
    memory = highest = 0
    cpu = 0.0
    for pid in _tree(os.getpid()):
        status = {}
        for line in _read(f"/proc/{pid}/status").splitlines():
            key, _, value = line.partition(":")
            if key in ("VmHWM", "VmRSS", "RssAnon", "RssShmem"):
                status[key] = int(value.split()[0]) * 1024
        own = status.get("RssAnon", status.get("VmRSS", 0)) + status.get("RssShmem", 0)
        files = max(0, status.get("VmRSS", own) - own)
        memory += own
        highest = max(highest, status.get("VmHWM", 0) - files)
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        # utime, stime, and those of children that have been waited for
        cpu += sum(map(int, fields[11:15])) / _TICKS
    return memory, highest, cpu


def _tree(root: int) -> List[int]:
    pids = [root]
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for task in tasks:
            pids += map(int, _read(f"/proc/{pid}/task/{task}/children").split())
    return pids


def _measure_elsewhere() -> Tuple[int, int, float]:
    import resource

    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return own.ru_maxrss * unit, own.ru_maxrss * unit, cpu


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
