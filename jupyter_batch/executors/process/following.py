"""Follows the log files of an attempt in a thread."""

from __future__ import annotations

import contextlib
import threading
from typing import BinaryIO

from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.errors import AttemptGone, BatchError, ExecutorError, RecordRefused
from jupyter_batch.executors.channel import Channel
from jupyter_batch.executors.frame_reader import AttemptReader
from jupyter_batch.executors.process.folder import AttemptFolder

_READ_BYTES = 1024 * 1024
#: The time between two reads of the files, and so the delay of a frame.
POLL_SECONDS = 0.03
#: The number of polls between two checks of the process, in case it died without an end.
LOOK_EVERY = 10


class FileFollower(threading.Thread):
    """Reads the two log files into a channel until the attempt has ended."""

    def __init__(
        self,
        folder: AttemptFolder,
        channel: Channel[AnyFrame | LogLine],
        *,
        max_log_bytes: int,
        key: bytes | None = None,
        max_bytes: int | None = None,
    ) -> None:
        super().__init__(name=f"follow-{folder.path.name}", daemon=True)
        self._folder = folder
        self._channel = channel
        self._reader = AttemptReader(max_log_bytes=max_log_bytes, key=key, max_bytes=max_bytes)
        self._aborted = threading.Event()

    def run(self) -> None:
        """Reads until the attempt has ended and its files are drained."""
        error: BatchError | None = None
        try:
            self._follow()
        except FileNotFoundError:
            error = AttemptGone(
                "the folder of the attempt is not there any more", name=self._folder.path.name
            )
        except RecordRefused as refused:
            error = refused
        except Exception as problem:
            # The reader must not mistake an error for the end of the attempt.
            error = ExecutorError(f"the log cannot be read: {problem}")
        finally:
            self._channel.finish(error)

    def abort(self) -> None:
        """Makes the thread end soon."""
        self._aborted.set()
        self._channel.close()

    def _follow(self) -> None:
        polls = 0
        ending = self._folder.ending()
        if ending is not None and ending.never_started:
            return
        with contextlib.ExitStack() as stack:
            stdout = stack.enter_context(open(self._folder.stdout, "rb", buffering=0))
            stderr = stack.enter_context(open(self._folder.stderr, "rb", buffering=0))
            while not self._aborted.is_set():
                # Before reading: what was written before the end is then read as well.
                has_ended = self._has_ended(look=polls % LOOK_EVERY == 0)
                polls += 1
                if self._read(stdout, stderr):
                    if self._reader.is_complete:
                        return
                    continue
                if has_ended:
                    self._reader.end()
                    self._deliver()
                    return
                self._aborted.wait(POLL_SECONDS)

    def _has_ended(self, *, look: bool) -> bool:
        if self._folder.has_exit_code():
            return True
        return look and self._folder.ending() is not None

    def _read(self, stdout: BinaryIO, stderr: BinaryIO) -> bool:
        """Reads a piece of each file; False where there was nothing."""
        frames, log = stdout.read(_READ_BYTES), stderr.read(_READ_BYTES)
        try:
            self._reader.stdout(frames)
            self._reader.stderr(log)
        finally:
            self._deliver()  # what comes before a frame that is refused is true
        return bool(frames or log)

    def _deliver(self) -> None:
        weight, items = self._reader.weight, self._reader.take()
        if items:
            self._channel.put(items, weight)
