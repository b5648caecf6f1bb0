"""Bounds what a kernel has printed and the runner has not written yet.

The PUB socket of a kernel drops messages where its reader is slow, so the runner's socket takes all
of them, in a thread of ZeroMQ's. A kernel that prints faster than frames are read is stopped
(SIGSTOP) until its messages have been written. The main thread counts what waits whenever it looks;
while it is busy, a thread watches how the runner's memory grows.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional

#: Bytes that may wait before the kernel is stopped; below half of them it continues.
MOST_BYTES = 8 * 1024 * 1024
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
#: What each frame of a message costs in memory besides its bytes.
_FRAME_COST = 64
#: A kernel that has been sent a signal has to act on it: for so many seconds it is not stopped ...
_SIGNAL_SECONDS = 2.0
#: ... or only for so many where it has exceeded its limit by so many bytes.
_SIGNAL_LEAST_SECONDS, _SIGNAL_BYTES = 0.25, 24 * 1024 * 1024
#: Seconds between two looks at the memory while the main thread is busy.
_WATCH_SECONDS = 0.004
#: Seconds without messages after which the memory is not watched any more.
_IDLE_SECONDS = 1.0
#: By how many bytes the memory may grow meanwhile, and by how many times the message at hand.
_GROWTH, _COPIES = 16 * 1024 * 1024, 8
#: A message that was taken past asyncio may not wake its reader: it looks again after so long.
_LOOK_SECONDS = 0.2


class KernelPause:
    """Stops and continues the process group of a kernel. Any thread may call."""

    def __init__(self, send: Callable[[int], None]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._is_paused = False
        self._is_released = False
        #: When the group was sent a signal, on the monotonic clock.
        self._signal_at = -_SIGNAL_SECONDS

    def pause(self, excess: int = 0) -> None:
        """Stops the group, unless it has just been sent a signal. Nothing on Windows.

        ``excess`` is the number of bytes beyond its limit.
        """
        with self._lock:
            if self._is_paused or os.name != "posix" or self._is_released:
                return
            seconds = _SIGNAL_LEAST_SECONDS if excess > _SIGNAL_BYTES else _SIGNAL_SECONDS
            if time.monotonic() >= self._signal_at + seconds:
                self._is_paused = True
                self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Continues the group where it is stopped."""
        with self._lock:
            if self._is_paused:
                self._is_paused = False
                self._send(signal.SIGCONT)

    def before_signal(self) -> None:
        """Continues the group, so that a signal that follows is acted on."""
        self._signal_at = time.monotonic()
        self.resume()

    def release(self) -> None:
        """Continues the group, and stops it no more."""
        self._is_released = True
        self.resume()


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
        #: Not copied: the memory of ZeroMQ's thread would not be used again at once.
        self._messages: Deque[List[Any]] = deque()
        self._bytes = 0
        self._drops = False
        self._thread = threading.get_ident()
        self._watch = _MemoryWatch(pause)
        channel.get_msg = self.get_msg

    async def get_msg(self, timeout: Optional[float] = None) -> Dict[str, Any]:
        """Returns the next message; raises queue.Empty after the timeout (seconds)."""
        from queue import Empty

        self._watch.rest()
        ends_at = None if timeout is None else time.monotonic() + timeout
        self.take()
        while not self._messages:
            # The watch may have stopped the kernel for memory that was none of its messages.
            self._pause.resume()
            left = _LOOK_SECONDS if ends_at is None else ends_at - time.monotonic()
            if left <= 0:
                raise Empty
            await self._channel.socket.poll(int(min(left, _LOOK_SECONDS) * 1000))
            self.take()
        parts = self._messages.popleft()
        cost = _cost(parts)
        self._bytes -= cost
        if self._bytes < MOST_BYTES // 2:
            self._pause.resume()
        self._watch.begin(_GROWTH + _COPIES * cost)
        session = self._channel.session
        _, parts = session.feed_identities([part.bytes for part in parts])
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
                parts = self._socket.recv_multipart(self._no_wait, copy=False)
            except self._again:
                return
            if self._drops:
                continue
            self._messages.append(parts)
            self._bytes += _cost(parts)
            if self._bytes > MOST_BYTES:
                self._pause.pause(self._bytes - MOST_BYTES)

    def drop(self) -> None:
        """Drops what is waiting and what comes: nobody reads it any more."""
        self._drops = True
        self._watch.rest()
        self._messages.clear()
        self._bytes = 0
        self.take()


class _MemoryWatch:
    """Stops the kernel where the runner's memory grows too much while its main thread is busy.

    The main thread may be busy for long with one message, or not get the processor, and
    ZeroMQ's thread goes on to take what comes. Linux only.
    """

    def __init__(self, pause: KernelPause) -> None:
        self._pause = pause
        self._fd: Optional[int] = None
        #: The memory at which the kernel is stopped; None while the main thread is not busy.
        self._limit: Optional[int] = None
        self._began = 0.0
        self._wanted = threading.Event()
        if sys.platform.startswith("linux"):
            self._fd = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
            threading.Thread(target=self._run, name="jb-memory", daemon=True).start()

    def begin(self, growth: int) -> None:
        """Watches, from now until ``rest``, that memory grows by no more than so many bytes."""
        if self._fd is not None:
            self._limit = self._memory() + growth
            self._began = time.monotonic()
            if not self._wanted.is_set():
                self._wanted.set()

    def rest(self) -> None:
        """Watches nothing until the next ``begin``."""
        self._limit = None

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(_WATCH_SECONDS)
            limit = self._limit
            if limit is not None:
                memory = self._memory()
                if memory > limit:
                    self._pause.pause(memory - limit)
            elif time.monotonic() - self._began > _IDLE_SECONDS:
                self._wanted.clear()
                if self._limit is not None:  # it has just begun anew
                    self._wanted.set()

    def _memory(self) -> int:
        assert self._fd is not None
        return int(os.pread(self._fd, 128, 0).split()[1]) * _PAGE


def _cost(parts: List[Any]) -> int:
    return sum(map(len, parts)) + _FRAME_COST * len(parts)
