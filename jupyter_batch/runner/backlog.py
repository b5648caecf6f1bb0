"""Bounds what a kernel has printed and the runner has not written yet.

The PUB socket of a kernel drops messages where its reader is slow, so the runner's socket takes all
of them. A kernel that prints faster than frames are read is stopped (SIGSTOP) until its messages
have been written.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional

#: Bytes that may wait before the kernel is stopped; below half of them it continues.
MOST_BYTES = 8 * 1024 * 1024
#: What each frame of a message costs in memory besides its bytes.
_FRAME_COST = 64
#: Seconds in which a kernel that has been sent a signal is not stopped: it has to act on it.
_SIGNAL_SECONDS = 2.0
#: A message that was taken past asyncio may not wake its reader: it looks again after so long.
_LOOK_SECONDS = 0.2


class KernelPause:
    """Stops and continues the process group of a kernel. Any thread may call."""

    def __init__(self, send: Callable[[int], None]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._is_paused = False
        self._not_before = 0.0

    def pause(self) -> None:
        """Stops the group, unless it has just been sent a signal. Nothing on Windows."""
        with self._lock:
            if not self._is_paused and os.name == "posix" and time.monotonic() >= self._not_before:
                self._is_paused = True
                self._send(signal.SIGSTOP)

    def resume(self, seconds: float = 0.0) -> None:
        """Continues the group where it is stopped; it is not stopped again for so many seconds."""
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)
            if self._is_paused:
                self._is_paused = False
                self._send(signal.SIGCONT)

    def before_signal(self) -> None:
        """Continues the group, so that a signal that follows is acted on."""
        self.resume(_SIGNAL_SECONDS)

    def release(self) -> None:
        """Continues the group, and stops it no more."""
        self.resume(float("inf"))


class Backlog:
    """Takes the messages of the IOPub socket as they come, and counts their bytes.

    Only the thread that reads the channel may call.
    """

    def __init__(self, channel: Any, pause: KernelPause) -> None:
        """Puts itself before the channel's ``get_msg``."""
        import zmq

        self._channel = channel
        self._pause = pause
        self._again = zmq.Again
        self._no_wait = zmq.NOBLOCK
        #: The socket without asyncio.
        self._socket: Any = zmq.Socket.shadow(channel.socket.underlying)
        self._messages: Deque[List[bytes]] = deque()
        self._bytes = 0
        self._thread = threading.get_ident()
        channel.get_msg = self.get_msg

    async def get_msg(self, timeout: Optional[float] = None) -> Dict[str, Any]:
        """Returns the next message; raises queue.Empty after the timeout (seconds)."""
        from queue import Empty

        ends_at = None if timeout is None else time.monotonic() + timeout
        self.take()
        while not self._messages:
            left = _LOOK_SECONDS if ends_at is None else ends_at - time.monotonic()
            if left <= 0:
                raise Empty
            await self._channel.socket.poll(int(min(left, _LOOK_SECONDS) * 1000))
            self.take()
        parts = self._messages.popleft()
        self._bytes -= _cost(parts)
        if self._bytes < MOST_BYTES // 2:
            self._pause.resume()
        session = self._channel.session
        _, parts = session.feed_identities(parts)
        message: Dict[str, Any] = session.deserialize(parts)
        return message

    def take(self) -> None:
        """Takes what has come; stops the kernel where too much is waiting.

        Another thread than the reader's may call; then nothing happens.
        """
        if threading.get_ident() != self._thread:
            return
        while True:
            try:
                parts = self._socket.recv_multipart(self._no_wait)
            except self._again:
                return
            self._messages.append(parts)
            self._bytes += _cost(parts)
            if self._bytes > MOST_BYTES:
                self._pause.pause()

    def drop(self) -> None:
        """Drops what is waiting: nobody reads it any more."""
        self.take()
        self._messages.clear()
        self._bytes = 0


def _cost(parts: List[bytes]) -> int:
    return sum(map(len, parts)) + _FRAME_COST * len(parts)
