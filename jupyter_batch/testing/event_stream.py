"""The stream of all runs' events, as a fake owner has it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class FakeEventStream:
    """Events that a test sends; every open stream gets them at once."""

    def __init__(self) -> None:
        #: The silence after which a stream sends a keep-alive comment.
        self.keep_alive_seconds = 0.05
        #: How many streams are open.
        self.streams = 0
        self._pieces: list[bytes] = []
        self._dropped = 0
        self._changed = threading.Condition()

    def send(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Sends an event; heartbeats and the like have no position, as they are not on record."""
        with self._changed:
            number = len(self._pieces) + 1
            at = (_EPOCH + timedelta(seconds=number)).isoformat()
            kept = 0 if kind in ("heartbeat", "preparing") else number
            event = {
                "run_id": run_id,
                "event_id": kept,
                "position": kept,
                "at": at,
                "kind": kind,
                "data": data,
            }
            head = f"id: {number}\n" if kept else ""
            self._pieces.append(f"{head}event: {kind}\ndata: {json.dumps(event)}\n\n".encode())
            self._changed.notify_all()

    def drop(self) -> None:
        """Drops the connection of every open stream."""
        with self._changed:
            self._dropped += 1
            self._changed.notify_all()

    def wait_for_streams(self, count: int, timeout: float = 10.0) -> bool:
        """Waits until so many streams are open; returns whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: self.streams == count, timeout)

    def stream(self, after: int | None) -> Iterator[bytes]:
        """Yields the events above a position (None: none of them), then the new ones."""
        with self._changed:
            place = len(self._pieces) if after is None else after
            dropped = self._dropped
            self.streams += 1
            self._changed.notify_all()
        try:
            yield b"retry: 1000\n\n: hello\n\n"
            while True:
                with self._changed:
                    if len(self._pieces) == place and self._dropped == dropped:
                        self._changed.wait(self.keep_alive_seconds)
                    if self._dropped != dropped:
                        raise httpx.ReadError("the connection was dropped")
                    fresh = self._pieces[place:]
                place += len(fresh)
                yield b"".join(fresh) or b": keep-alive\n\n"
        finally:
            with self._changed:
                self.streams -= 1
                self._changed.notify_all()
