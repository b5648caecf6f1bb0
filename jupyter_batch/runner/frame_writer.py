"""Writes frames: one JSON object a line, on a descriptor that nobody else has."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import select
import stat
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

from .compression import compressed
from .signing import sign

#: No line may be longer, its newline included.
MAX_LINE = 512 * 1024
#: Text may double when its quotes and backslashes are escaped, and each character beyond ASCII
#: takes up to four bytes: slices of so many characters always fit into a line.
_ASCII_SLICE = 240 * 1024
_OTHER_SLICE = 120 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)
#: Seconds between two looks at a full disk.
_FULL_PAUSE = 0.5
#: Seconds between two calls of what is to be done while a reader is slow.
_SLOW_PAUSE = 0.01
_SURROGATES = re.compile("[\ud800-\udfff]")


class FrameWriter:
    """Numbers frames, signs them and writes them whole, from any thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._seq = 0
        self._is_closed = False
        #: With what frames are signed; None until the bundle has been read, and where it has none.
        self.key: Optional[bytes] = None
        #: Whether long frames are compressed.
        self.compresses = False
        self._meanwhile: Optional[Callable[[], None]] = None
        self._is_blocking = True
        self._writable: Any = None

    def write(self, kind: str, **fields: Any) -> None:
        """Writes one frame; returns when the line is with the system. Raises OSError.

        Where frames go to a file, a full disk is waited for: half a line would lose all the rest.
        """
        body = to_json(fields)[1:]
        with self.waiting_for(self._lock):
            if self._is_closed:
                return
            self._seq += 1
            head = f'{{"v":1,"seq":{self._seq},"at":{time.time():.6f},"kind":"{kind}"'
            line = to_bytes(f"{head}{',' if len(body) > 1 else ''}{body}")
            if self.compresses:
                line = compressed(line, self._seq)
            rest = memoryview((sign(line, self.key) if self.key else line) + b"\n")
            while rest:
                rest = rest[self._write(rest) :]

    def close(self) -> None:
        """Lets no thread write after the last frame."""
        with self._lock:
            self._is_closed = True
            if not self._is_blocking:
                os.set_blocking(self._fd, True)

    def while_slow(self, meanwhile: Callable[[], None]) -> None:
        """Has threads that wait for the reader of frames call this again and again."""
        with self._lock:
            self._meanwhile = meanwhile
            if os.name == "posix" and stat.S_ISFIFO(os.fstat(self._fd).st_mode):
                os.set_blocking(self._fd, False)
                self._writable = select.poll()
                self._writable.register(self._fd, select.POLLOUT)
                self._is_blocking = False

    @contextmanager
    def waiting_for(self, lock: Any) -> Iterator[None]:
        """Holds a lock that a thread may keep for as long as the reader of frames is slow."""
        while not lock.acquire(timeout=_SLOW_PAUSE):
            if self._meanwhile is not None:
                self._meanwhile()
        try:
            yield
        finally:
            lock.release()

    def _write(self, part: memoryview) -> int:
        try:
            return os.write(self._fd, part)
        except BlockingIOError:
            assert self._meanwhile is not None
            self._meanwhile()
            self._writable.poll(_SLOW_PAUSE * 1000)
            return 0
        except OSError as error:
            if error.errno not in _FULL:
                raise
        time.sleep(_FULL_PAUSE)
        return 0

    def write_document(self, name: str, text: str) -> None:
        """Writes a document in as many slices as it takes."""
        for piece, more in slices(text):
            self.write("document", name=name, body=piece, more=more)


def slices(text: str) -> Iterator[tuple[str, bool]]:
    """Yields the text in pieces that fit into a line, each with whether more follow."""
    size = _ASCII_SLICE if text.isascii() else _OTHER_SLICE
    if len(text) <= size:
        yield text, False
        return
    for start in range(0, len(text), size):
        yield text[start : start + size], start + size < len(text)


def to_json(value: Any) -> str:
    """Returns JSON that every reader takes: NaN and the infinities become null."""
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_finite(value))


def to_bytes(text: str) -> bytes:
    """Returns UTF-8; lone surrogates, which UTF-8 cannot say, become U+FFFD."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text).encode("utf-8")


def _dumps(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
    )


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
