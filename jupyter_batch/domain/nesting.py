"""Counts the values and the nesting depth of JSON text without decoding it.

Each step is short, so that other threads get the interpreter lock in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

#: Greatest depth of notebooks and their parts: code that reads and writes them is recursive. The
#: runner drops outputs of more than 200 levels.
MAX_NESTING = 220

_SLICE = 1024 * 1024
#: A comma precedes each value but the first of a list or an object.
_MARKS = (b",", b"[", b"{")
_STEPS = bytes(1 if code in b"[{" else 255 if code in b"]}" else 0 for code in range(256))
_NO_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")


def count_values(text: bytes, *, most: int) -> int:
    """Returns how many values JSON text has, counting marks inside strings; stops beyond ``most``."""
    found = 0
    for start in range(0, len(text), _SLICE):
        end = start + _SLICE
        found += sum(text.count(mark, start, end) for mark in _MARKS)
        if found > most:
            break
    return found


def count_real_values(text: bytes, *, most: int) -> int:
    """Returns how many values JSON text has, ignoring the inside of strings; stops beyond ``most``."""
    found = 0
    for start, end in _outside(text):
        found += sum(text.count(mark, start, end) for mark in _MARKS)
        if found > most:
            break
    return found


def is_deeper(text: bytes, limit: int = MAX_NESTING) -> bool:
    """Returns whether lists and objects of JSON text are nested deeper than ``limit``."""
    if sum(text.count(mark) for mark in (b"[", b"{")) <= limit:
        return False
    depth = 0
    for start, end in _outside(text):
        steps = text[start:end].translate(_STEPS, _NO_BRACKETS)
        if not steps:
            continue
        levels = list(accumulate(memoryview(steps).cast("b"), initial=depth))
        if max(levels) > limit:
            return True
        depth = levels[-1]
    return False


def _outside(text: bytes) -> Iterator[tuple[int, int]]:
    """Yields the ranges outside of strings, none of them long."""
    place = 0
    while place < len(text):
        quote = text.find(b'"', place, place + _SLICE)
        if quote < 0:
            yield place, min(place + _SLICE, len(text))
            place += _SLICE
            continue
        if quote > place:
            yield place, quote
        place = _end_of_text(text, quote + 1)


def _end_of_text(text: bytes, place: int) -> int:
    """Returns the position after the quote that ends a string."""
    while (quote := text.find(b'"', place)) >= 0:
        backslashes = 0
        while quote - 1 - backslashes >= place and text[quote - 1 - backslashes] == 0x5C:
            backslashes += 1
        if backslashes % 2 == 0:
            return quote + 1
        place = quote + 1
    return len(text)
