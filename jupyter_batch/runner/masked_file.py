"""Reads a file of the notebook with its secrets masked, where it is text."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from .masking import Masker

_READ = 256 * 1024
#: Bytes of a binary file that are kept, to find a secret across two reads.
_OVERLAP = 16 * 1024


class MaskedFile:
    """Reads UTF-8 masked, and other bytes unchanged.

    A file is text as long as it is UTF-8 without NUL. What follows is returned unchanged,
    because a program that reads it would find it damaged.
    """

    def __init__(self, file: BinaryIO, masker: Masker) -> None:
        self._file = file
        self._masker = masker
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_text = True
        self._kept = ""
        self._ready = bytearray()
        self._is_over = False
        #: Whether secrets were masked, and whether one was found that could not be.
        self.was_masked = self.has_secret = False

    def read(self, size: int) -> bytes:
        """Returns ``size`` bytes, fewer at the end."""
        while len(self._ready) < size and not self._is_over:
            data = self._file.read(_READ)
            self._is_over = not data
            self._take(data)
        piece = bytes(self._ready[:size])
        del self._ready[: len(piece)]
        return piece

    def _take(self, data: bytes) -> None:
        if self._is_text:
            before = self._decoder.getstate()[0]
            try:
                text = self._decoder.decode(data, self._is_over)
                if "\0" not in text:
                    return self._take_text(text)
            except UnicodeDecodeError:
                pass
            data = self._kept.encode("utf-8") + before + data
            self._is_text, self._kept = False, ""
        self._ready += data
        # Without its NULs, UTF-16 can be searched like ASCII.
        text = self._kept + data.replace(b"\0", b"").decode("latin-1")
        self.has_secret = self.has_secret or bool(self._masker.spans(text))
        self._kept = text[-_OVERLAP:]
        return None

    def _take_text(self, text: str) -> None:
        text = self._kept + text
        (shown,), (self._kept,) = self._masker.pieces([text], goes_on=not self._is_over)
        self.was_masked |= shown + self._kept != text
        self._ready += shown.encode("utf-8")
