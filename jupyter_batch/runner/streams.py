"""The descriptors: frames go out on a private one, all else is the log."""

from __future__ import annotations

import codecs
import os
import select
import sys
import threading
from typing import Optional

from .budget import Budget
from .masking import Masker

_READ = 64 * 1024
#: A line without an end is passed on when nothing has come for so many seconds.
_PATIENCE = 0.3
_DRAIN_SECONDS = 1.0
#: A line of the log counts as so many bytes at least: engines put as much beside each.
_LINE_COST = 64
#: The last line of a log that was passed on to its end; whoever reads the log leaves it out.
LOG_END = b"\x04[jupyter_batch: end of the log]"


class RunnerStreams:
    """Takes descriptors 1 and 2 away from everybody and sends what they get to the log."""

    def __init__(self) -> None:
        # Duplicates made by dup() are not inherited by child processes.
        self.frames_fd = os.dup(1)
        self._log_fd = os.dup(2)
        self._reader, writer = os.pipe()
        for fd in (1, 2):
            os.dup2(writer, fd)
        os.close(writer)
        #: Until these are set nothing is masked or cut: nothing secret is known yet.
        self.masker = Masker({})
        self.budget: Optional[Budget] = None
        self._ends_line = True
        #: Of the log, what may be the beginning of a secret.
        self._kept = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._thread = threading.Thread(target=self._pump, name="jb-log", daemon=True)
        self._thread.start()

    def close_stdin(self) -> None:
        """Gives stdin an end, so that no child reads what is left of it."""
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)

    def close_log(self) -> None:
        """Passes on what is in the pipe, and says that this was all.

        Where a stray process holds the pipe it returns after a second, and does not say so.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        for fd in (1, 2):
            os.dup2(self._log_fd, fd)
        self._thread.join(_DRAIN_SECONDS)
        if not self._thread.is_alive():
            self._write((b"" if self._ends_line else b"\n") + LOG_END + b"\n")

    def _pump(self) -> None:
        rest = b""
        while True:
            ready = select.select([self._reader], [], [], _PATIENCE if rest else None)[0]
            data = os.read(self._reader, _READ) if ready else b""
            if ready and not data:
                self._pass_on(rest, is_last=True)
                return
            whole, newline, rest = (rest + data).rpartition(b"\n")
            if not data or len(rest) > _READ:
                whole, newline, rest = whole + newline + rest, b"", b""
            if whole or newline:
                self._pass_on(whole + newline)

    def _pass_on(self, data: bytes, *, is_last: bool = False) -> None:
        """Logs what has come, but for an end that may be the beginning of a secret."""
        if not self.masker:
            self._log(data)
            return
        text = self._kept + self._decoder.decode(data, is_last)
        if is_last:
            shown, self._kept = self.masker.text(text), ""
        else:
            shown, self._kept = self.masker.split(text)
        self._log(shown.encode("utf-8"))

    def _log(self, data: bytes) -> None:
        budget = self.budget
        if budget is not None:
            had_cut = budget.cut > 0
            cost = max(len(data), _LINE_COST * data.count(b"\n"))
            granted = budget.take(cost)
            if granted < cost:
                data = data[: len(data) * granted // cost]
                if not had_cut or data:
                    data += b"\n[jupyter_batch: the output limit is reached; the rest is cut]\n"
        if data:
            self._ends_line = data.endswith(b"\n")
        self._write(data)

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._log_fd, data) :]
        except OSError:
            pass  # Nobody reads the log any more; the frames tell when that is fatal.
