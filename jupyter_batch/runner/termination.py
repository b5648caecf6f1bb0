"""Ends an attempt early: on SIGTERM and when its time is up."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from typing import Any, Optional, Tuple

from .kernel import Kernel

#: The time that a cell gets after its start to reach the notebook's own code.
_ENTRY_SECONDS = 0.05
#: A kernel that does not report the start of a cell is interrupted after this time.
_ENTRY_PATIENCE = 1.0
_TICK = 0.02


class Interrupted(BaseException):
    """SIGTERM arrived before there was a cell or kernel to end in order."""


class Terminator:
    """Interrupts the cell, waits for the grace, then kills the kernel.

    One thread does it all; the signal handler only wakes it, because a handler must not wait
    for locks.
    """

    def __init__(self) -> None:
        #: ``sigterm`` or ``timeout`` as soon as the attempt is to end early.
        self.cause: Optional[str] = None
        self.grace_seconds = 10.0
        self.kernel: Optional[Kernel] = None
        #: Whether a cell has been interrupted.
        self.reached_a_cell = False
        #: When the grace is over, on the monotonic clock; None while nothing is to end early.
        self.ends_at: Optional[float] = None
        #: While True, a signal raises Interrupted in the main thread.
        self.raises = True
        self._seconds = 0.0
        self._deadline: Optional[float] = None
        self._entered_at: Optional[float] = None
        self._cell_began_at: Optional[float] = None
        self._reader, self._writer = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        threading.Thread(target=self._run, name="jb-terminator", daemon=True).start()

    def is_stopped(self) -> bool:
        """Returns whether the attempt is to end early."""
        return self.cause is not None

    def end_of_grace(self) -> float:
        """Returns the instant (monotonic) until which the kernel may finish its work."""
        return self.ends_at or time.monotonic() + self.grace_seconds

    def early_error(self) -> Tuple[str, str]:
        """Returns name and message of the error of a cell that was ended early."""
        if self.cause == "timeout":
            return "TimedOut", f"not done after {self._seconds:g} s"
        return "Stopped", f"stopped by {signal.SIGTERM.name}"

    def set_timeout(self, seconds: Optional[float]) -> None:
        """Starts the clock of the attempt."""
        if seconds is not None:
            self._seconds = seconds
            self._deadline = time.monotonic() + seconds
            os.write(self._writer, b"t")

    def cell_began(self) -> None:
        """Notes that a cell is sent to the kernel."""
        self._entered_at = None
        self._cell_began_at = time.monotonic()

    def cell_entered(self) -> None:
        """Notes that the kernel has begun to execute the cell."""
        self._entered_at = time.monotonic()

    def cell_ended(self) -> None:
        """Notes that no cell is being executed."""
        self._cell_began_at = None

    def _on_signal(self, number: int, frame: Any) -> None:
        if self.cause is None:
            self.cause = "sigterm"
            os.write(self._writer, b"s")
            if self.raises:
                raise Interrupted

    def _run(self) -> None:
        while self.cause is None:
            left = None if self._deadline is None else self._deadline - time.monotonic()
            if left is not None and left <= 0:
                self.cause = "timeout"
                break
            if select.select([self._reader], [], [], left)[0]:
                os.read(self._reader, 1)
        self.ends_at = time.monotonic() + self.grace_seconds
        self._end_cell(self.ends_at)

    def _end_cell(self, deadline: float) -> None:
        """Ends the cell. Repeats until the deadline: the main thread may just send another one."""
        interrupt_at: Optional[float] = None
        interrupted = terminated = False
        while time.monotonic() < deadline:
            now = time.monotonic()
            if self.kernel is not None and self._is_in_cell(now) and not interrupted:
                self.reached_a_cell = True
                if not terminated and self.kernel.catches_sigterm():
                    terminated = True
                    interrupt_at = now + (deadline - now) / 2
                    self.kernel.terminate()
                if interrupt_at is None or now >= interrupt_at:
                    interrupted = True
                    self.kernel.interrupt()
            time.sleep(_TICK)
        if self.kernel is not None:
            self.kernel.kill()

    def _is_in_cell(self, now: float) -> bool:
        if self._cell_began_at is None:
            return False
        if self._entered_at is not None:
            return now - self._entered_at > _ENTRY_SECONDS
        return now - self._cell_began_at > _ENTRY_PATIENCE
