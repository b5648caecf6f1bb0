"""Decodes nested escapes in a text and maps each character to its original position."""

from __future__ import annotations

import re
from html.entities import html5
from typing import List, Match, Optional, Tuple

#: The characters that begin an escape; web forms write a space as ``+``.
MARKS = ("\\", "%", "&", "+")
#: Where a text may end in the middle of an escape, or of what several say together.
_BEGUN = re.compile(
    r"(?:(?:\\+x|%(?:25)*)[c-fC-F][0-9a-fA-F](?:(?:\\+x|%(?:25)*)[89abAB][0-9a-fA-F]){0,2})?(?:\\+u[dD][89abAB][0-9a-fA-F]{2})?"
    r"(?:\\+(?:[uU]\{?[0-9a-fA-F]{0,7}|x[0-9a-fA-F]?)?"
    r"|(?:%(?:25)*[0-9a-fA-F]?)+|&(?:amp;)*#?[0-9a-zA-Z]{0,31}|(?<=[0-9a-fA-F]))\Z"
)
_ESCAPE = re.compile(
    r"\\+u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\+u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\+(?:u\{(?P<braced>[0-9a-fA-F]{1,6})\}|u(?P<four>[0-9a-fA-F]{4})"
    r"|U(?P<eight>[0-9a-fA-F]{8}))"
    r"|(?P<bytes>(?:\\+x[0-9a-fA-F]{2})+|(?:%(?:25)*[0-9a-fA-F]{2})+)"
    r"|\\+(?P<letter>[abfnrtv0])|(?P<slashes>\\+)"
    r"|&(?:amp;)*(?:\#(?P<number>[0-9]{1,8});|\#[xX](?P<hex>[0-9a-fA-F]{1,7});"
    r"|(?P<name>(?!amp;)[A-Za-z][A-Za-z0-9]{1,31};))"
    r"|(?P<ampersand>&(?:amp;)+)|(?P<plus>\+)"
)
_BACKSLASHES = re.compile(
    r"(?:\\(?:u005[cC]|u\{5[cC]\}|U0000005[cC]|x5[cC])?|%(?:25)*5[cC]"
    r"|&(?:amp;)*(?:\#92|\#[xX]5[cC]|bsol);)*"
)
#: What one backslash ends with, however it is written.
_BACKSLASH_ENDS = ("\\", "5c", "5C", "5c}", "5C}", "#92;", "5c;", "5C;", "bsol;")
_ONE_BYTE = re.compile(r"(?:\\+x|%(?:25)*)([0-9a-fA-F]{2})")
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
#: The deepest nesting that is decoded.
_MOST_ROUNDS = 8


class Unescaped:
    """A text without escapes, with the original position of each of its characters."""

    def __init__(self, original: str) -> None:
        self.text = original
        self._length = len(original)
        self._starts: Optional[List[int]] = None
        self._ends: List[int] = []
        #: Original start of an escape that the end cuts, at any level; the length where none is.
        self.begun = self._length
        for _ in range(_MOST_ROUNDS):
            at = begun(self.text)
            if at < len(self.text):
                self.begun = min(self.begun, self.original(at, len(self.text))[0])
            if not any(mark in self.text for mark in MARKS) or not self._undo():
                return

    def original(self, start: int, end: int) -> Tuple[int, int]:
        """Returns the original span of a piece of the text."""
        if self._starts is None or start == end:
            return start, end
        return self._starts[start], self._ends[end - 1]

    def widened(self, start: int, end: int, *, left: bool, right: bool) -> Tuple[int, int]:
        """Returns the original span of a piece, including the backslashes around it."""
        first, last = self.original(start, end)
        if self._starts is not None and left:
            first = self._ends[start - 1] if start else 0
        if self._starts is not None and right:
            last = self._starts[end] if end < len(self.text) else self._length
        return first, last

    def _undo(self) -> bool:
        """Decodes one level of escapes; returns whether there was one."""
        text = self.text
        starts = list(range(len(text))) if self._starts is None else self._starts
        ends = list(range(1, len(text) + 1)) if self._starts is None else self._ends
        pieces: List[str] = []
        new_starts: List[int] = []
        new_ends: List[int] = []
        last = 0
        for found in _ESCAPE.finditer(text):
            begin, end = found.span()
            pieces.append(text[last:begin])
            new_starts += starts[last:begin]
            new_ends += ends[last:begin]
            for char, left, right in _plain(found):
                pieces.append(char)
                new_starts.append(starts[left])
                new_ends.append(ends[right - 1])
            last = end
        if not last:
            return False
        pieces.append(text[last:])
        self._starts, self._ends = new_starts + starts[last:], new_ends + ends[last:]
        self.text = "".join(pieces)
        return self.text != text


def unescaped(text: str) -> str:
    """Returns a text without its escapes."""
    return Unescaped(text).text


def end_of_backslashes(text: str, start: int) -> int:
    """Returns the end of the backslashes, escaped or not, that stand at a position."""
    found = _BACKSLASHES.match(text, start)
    return start if found is None else found.end()


def start_of_backslashes(text: str, end: int) -> int:
    """Returns the start of the backslashes, escaped or not, that stand before a position."""
    if not text.endswith(_BACKSLASH_ENDS, 0, end):
        return end
    for at in range(max(0, end - 200), end):
        if text[at] in "\\%&" and end_of_backslashes(text, at) >= end:
            return at
    return end


def begun(text: str) -> int:
    """Returns the start of an escape that the text may cut; the text's length where none is.

    An escape may also begin with backslashes that are escaped themselves.
    """
    found = _BEGUN.search(text, max(0, len(text) - 200))
    return start_of_backslashes(text, len(text) if found is None else found.start())


def _plain(found: "Match[str]") -> List[Tuple[str, int, int]]:
    """Returns the characters that an escape means, each with its original span."""
    kind = found.lastgroup
    begin, end = found.span()
    if kind == "bytes":
        return _decoded(found.group(), begin)
    if kind == "slashes":
        return []
    if kind == "low":
        high, low = int(found.group("high"), 16), int(found.group("low"), 16)
        return [(chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00), begin, end)]
    if kind == "letter":
        return [(_LETTERS[found.group(kind)], begin, end)]
    if kind == "plus":
        return [(" ", begin, end)]
    if kind == "name":
        name = found.group(kind)
        chars = html5.get(name, "&" + name)
        return [(char, begin, end) for char in chars]
    if kind == "ampersand":
        return [("&", begin, end)]
    code = int(found.group(str(kind)), 10 if kind == "number" else 16)
    return [(chr(code) if code < 0x110000 else "\ufffd", begin, end)]


def _decoded(text: str, offset: int) -> List[Tuple[str, int, int]]:
    """Decodes bytes as UTF-8, and invalid bytes as Latin-1."""
    found = list(_ONE_BYTE.finditer(text))
    data = bytes(int(one.group(1), 16) for one in found)
    chars: List[Tuple[str, int, int]] = []
    at = 0
    while at < len(data):
        first = data[at]
        size = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        try:
            char = data[at : at + size].decode("utf-8")
        except UnicodeDecodeError:
            char, size = chr(first), 1
        last = found[at + size - 1].end()
        chars.append((char, offset + found[at].start(), offset + last))
        at += size
    return chars
