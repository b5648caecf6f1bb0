"""Turns an attempt's stdout and stderr into frames and numbered log lines."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from jupyter_batch.domain.frames import AnyFrame, Finished, decode_frame
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.errors import RecordRefused
from jupyter_batch.runner.compression import decompressed
from jupyter_batch.runner.signing import is_signed
from jupyter_batch.runner.streams import LOG_END

#: A longer line of the log is split into pieces of this many bytes.
MAX_LOG_LINE = 64 * 1024
#: Frames are at most 512 KiB; what is longer than this on stdout is none, and is not kept whole.
MAX_FRAME_LINE = 1024 * 1024
_NOTE = "[on stdout, but no frame] "
#: The beginning of each frame; within a frame its quotes would be escaped.
_FRAME_START = b'{"v":1,"seq":'
#: The cost of an item for its reader besides its bytes.
_ITEM_BYTES = 256


class AttemptReader:
    """Reads the two streams of an attempt.

    The same streams give the same items however they are cut into pieces, as long as the
    order of their lines is the same: so an engine's log can be read again from its start,
    ``skip`` leaving out as many items as were taken from it before.

    With a key, what is no frame of the runner that has the key is believed by nobody: it raises
    RecordRefused, after the items before it.
    """

    def __init__(
        self,
        *,
        max_log_bytes: int,
        skip: int = 0,
        key: bytes | None = None,
        max_bytes: int | None = None,
    ) -> None:
        """Takes the limits in bytes: of the log, and of all that is read."""
        self._key = key
        self._bytes_left = max_bytes
        self._has_frames = False
        #: The length of the last frame's line, which may have come compressed.
        self._decompressed = 0
        self._stdout = _Lines(MAX_FRAME_LINE)
        self._stderr = _Lines(MAX_LOG_LINE)
        self._items: list[AnyFrame | LogLine] = []
        self._line_no = 0
        self._log_left = max_log_bytes
        self._skip = skip
        #: How many items there have been, skipped ones included.
        self.count = 0
        #: About how many bytes the items hold that have not been taken: those of their whole
        #: lines, however many pieces these have come in.
        self.weight = 0
        #: Whether the runner has given its verdict.
        self.has_finished = False
        self._has_log_end = False

    @property
    def is_complete(self) -> bool:
        """Returns whether the verdict and the end of the log have been read: nothing can follow."""
        return self.has_finished and self._has_log_end

    def stdout(self, data: bytes) -> None:
        """Reads a piece of stdout; raises RecordRefused."""
        self._count(len(data))
        for line in self._stdout.feed(data):
            self._frame(line)

    def stderr(self, data: bytes) -> None:
        """Reads a piece of stderr; raises RecordRefused."""
        self._count(len(data))
        for line in self._stderr.feed(data):
            self._log_line(line)

    def end(self) -> None:
        """Ends both streams; a rest without newline counts as a line."""
        for line in self._stdout.rest():
            self._frame(line)
        for line in self._stderr.rest():
            self._log_line(line)

    def take(self) -> list[AnyFrame | LogLine]:
        """Returns the items since the last call."""
        items, self._items, self.weight = self._items, [], 0
        return items

    def _frame(self, line: bytes) -> None:
        if not line.strip():
            return
        frame = self._decode(line) if self._key is None else self._authentic(line, self._key)
        if frame is None:
            self._note(line)
            return
        self._has_frames = True
        self.has_finished = self.has_finished or isinstance(frame, Finished)
        self._add(frame, max(len(line), self._decompressed))

    def _decode(self, line: bytes) -> AnyFrame | None:
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return decode_frame(line)
        return None

    def _authentic(self, line: bytes, key: bytes) -> AnyFrame | None:
        """Returns the runner's frame; None for a line that does not even look like one.

        Such a line may come from an engine that died in the middle of it.
        """
        if not is_signed(line, key):
            start = line.rfind(_FRAME_START)
            if start <= 0 or not is_signed(line[start:], key):
                return self._unsigned(line)
            # Something without an end was written before it.
            self._note(line[:start])
            line = line[start:]
        try:
            text = decompressed(line, MAX_FRAME_LINE)
            self._decompressed = len(text)
            self._count(len(text) - len(line))
            return decode_frame(text)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise RecordRefused(
                f"the runner's record cannot be true: a frame of it cannot be read: {error}"
            ) from error

    def _unsigned(self, line: bytes) -> AnyFrame | None:
        """Raises RecordRefused for a line that looks like a frame but is not signed.

        Before a runner has its key, it can only say that it could not read its bundle.
        """
        frame = self._decode(line)
        is_first = isinstance(frame, Finished) and frame.seq == 1 and not self._has_frames
        if isinstance(frame, Finished) and is_first and frame.verdict != "succeeded":
            return frame
        if frame is not None or _claims_to_be_frame(line):
            shown = line[:80].decode("utf-8", "replace")
            raise RecordRefused(
                "the runner's record was tampered with: there is a frame in it that its runner "
                f"has not written: {shown!r}"
            )
        return None

    def _note(self, line: bytes) -> None:
        """Adds a line that is no frame to the log, with a note.

        It is numbered with the log, in the order in which the engine has kept the lines.
        """
        for start in range(0, len(line), MAX_LOG_LINE):
            self._log(_NOTE + line[start : start + MAX_LOG_LINE].decode("utf-8", "replace"))

    def _count(self, size: int) -> None:
        if self._bytes_left is None:
            return
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise RecordRefused(
                "the runner's record was tampered with: it is longer than any that a runner writes"
            )

    def _log_line(self, line: bytes) -> None:
        if line == LOG_END:
            self._has_log_end = True
        else:
            self._log(line.decode("utf-8", "replace"))

    def _log(self, text: str) -> None:
        if self._log_left < 0:
            return
        self._log_left -= len(text) + 1
        if self._log_left < 0:
            text = "[the log is longer than the limit; the rest is left out]"
        self._line_no += 1
        self._add(LogLine(line_no=self._line_no, text=text), len(text))

    def _add(self, item: AnyFrame | LogLine, size: int) -> None:
        self.count += 1
        if self.count > self._skip:
            self._items.append(item)
            self.weight += size + _ITEM_BYTES


def _claims_to_be_frame(line: bytes) -> bool:
    try:
        value = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return "seq" in value or "kind" in value


class _Lines:
    """Cuts a stream into lines without their newlines, and long ones into pieces."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        #: Whether pieces of the current line have been returned already.
        self._is_cut = False

    def feed(self, data: bytes) -> list[bytes]:
        *whole, rest = data.split(b"\n")
        lines: list[bytes] = []
        for part in whole:
            lines += self._keep(part)
            # A line that was returned to its last byte gets no empty piece after it.
            if self._size or not self._is_cut:
                lines.append(self._join())
            self._is_cut = False
        lines += self._keep(rest)
        return lines

    def rest(self) -> list[bytes]:
        return [self._join()] if self._size else []

    def _keep(self, part: bytes) -> list[bytes]:
        self._parts.append(part)
        self._size += len(part)
        if self._size <= self._limit:
            return []
        text = self._join()
        end = len(text) - len(text) % self._limit
        pieces = [text[start : start + self._limit] for start in range(0, end, self._limit)]
        self._parts, self._size, self._is_cut = [text[end:]], len(text) - end, True
        return pieces

    def _join(self) -> bytes:
        line = b"".join(self._parts)
        self._parts, self._size = [], 0
        return line
