"""Counts the bytes that outputs and log may still write."""

from __future__ import annotations

import threading


class Budget:
    """Tracks how many bytes are left of ``max_output_bytes``, and how many were cut."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.cut = 0
        self._left = limit
        self._lock = threading.Lock()

    def take(self, size: int) -> int:
        """Grants up to ``size`` bytes; returns how many. The others count as cut."""
        with self._lock:
            granted = max(0, min(size, self._left))
            self._left -= granted
            self.cut += size - granted
            return granted

    def give_back(self, size: int) -> None:
        """Takes back bytes that were granted and not written after all."""
        with self._lock:
            self._left += size
