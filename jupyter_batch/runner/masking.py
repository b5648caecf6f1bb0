"""Masks the values of secrets in everything that leaves the runner."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from html.entities import html5
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple
from urllib.parse import quote, quote_plus

from .escapes import (
    MARKS,
    Unescaped,
    end_of_backslashes,
    start_of_backslashes,
    unescaped,
)

MASK = "***"
#: Lines of a secret of several lines are masked on their own from this length on.
_LINE = 8
#: Fewer characters of base64 or hex stand in too many texts.
_ENCODED = 6
#: The widths at which programs break base64.
_WIDTHS = (76, 64)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]")
_PLAIN_RUN = re.compile(r"[A-Za-z0-9]+")
#: What is escaped although it need not be: then the plain characters of a secret are not there.
#: One for each mark, which a search is quick to find; the first character is a plain one.
_ALL_ESCAPED = tuple(
    re.compile(rf"{first};?(?:(?:\\+[uUx]|%(?:25)*|&#x?)[0-9a-fA-F]{{2,8}};?)+")
    for first in (
        r"\\(?:u00|U000000|x)[2-7][0-9a-fA-F]",
        r"%(?:25)*[2-7][0-9a-fA-F]",
        r"&#(?:x[2-7][0-9a-fA-F]|[0-9]{2,3})",
    )
)
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*\Z")
#: Characters that one may take when it is escaped several times.
_WIDEST = 16
#: Of the end of a text, what tells whether it may be within a secret that is escaped.
_GLANCE = 96
#: As often an escape that is cut is looked for before another one.
_LEVELS = 3

Span = Tuple[int, int]

#: The names that HTML has for a character.
_NAMES: Dict[str, List[str]] = {}
for _name, _char in html5.items():
    if _name.endswith(";"):
        _NAMES.setdefault(_char, []).append(_name[:-1])


class _Needle:
    """One form in which a secret may appear in a text."""

    __slots__ = ("is_base64", "landmarks", "plain", "reach", "text")

    def __init__(self, text: str, is_base64: bool = False) -> None:
        self.text = text
        self.is_base64 = is_base64
        self.plain = unescaped(text)
        run = max(_PLAIN_RUN.findall(text), key=len, default="")
        #: One of these stands in every text that has it escaped where it must be.
        self.landmarks = [run] if run and run != text else []
        if not run or not text.isascii():
            self.landmarks += _ways_to_write(self.plain)
        #: So far around a landmark it may stand.
        plains = sum(map(len, _PLAIN_RUN.findall(self.plain)))
        self.reach = plains + (len(self.plain) - plains + 2) * _WIDEST

    def spans(self, text: str) -> Iterator[Span]:
        """Yields the spans where it appears unescaped."""
        start = text.find(self.text)
        while start >= 0:
            end = start + len(self.text)
            yield self._whole(text, start, end) if self.is_base64 else (start, end)
            start = text.find(self.text, end)

    def _whole(self, text: str, start: int, end: int) -> Span:
        """Widens a span by the characters that hold some bits of the secret."""
        if start and _BASE64.match(text[start - 1]):
            start -= 1
        if end < len(text) and _BASE64.match(text[end]):
            end += 1
        while end < len(text) and text[end] == "=":
            end += 1
        return start, end


class Masker:
    """Replaces the values of secrets, however they are escaped, and as base64 or hex."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        values = [value for value in secrets.values() if value]
        needles: Dict[str, _Needle] = {}
        for value in values:
            for form in filter(None, _forms(value)):
                needles.setdefault(form, _Needle(form))
            for form in _encoded(value):
                needles.setdefault(form, _Needle(form, is_base64=True))
        self._needles = list(needles.values())
        self._by_plain: Dict[str, _Needle] = {}
        for needle in self._needles:
            if needle.plain:
                self._by_plain.setdefault(needle.plain, needle)
        #: Each with the distance within which a secret may appear.
        self._landmarks: Dict[str, int] = {}
        for needle in self._needles:
            for mark in needle.landmarks:
                self._landmarks[mark] = max(needle.reach, self._landmarks.get(mark, 0))
        #: All that may stand cut in two, each with the characters that a cut may leave at an end.
        self._wholes = {
            form: frozenset(form[:-1]) for n in self._needles for form in (n.text, n.plain) if form
        }
        self._reach = max((n.reach for n in self._needles), default=0)
        self._numbers = any(_NUMBER.match(needle.text) for needle in self._needles)

    def __bool__(self) -> bool:
        return bool(self._needles)

    def text(self, text: str) -> str:
        """Returns the text with every secret masked."""
        return _masked(text, self.spans(text), 0, len(text)) if self._needles else text

    def spans(self, text: str) -> List[Span]:
        """Returns the spans of secrets in a text, in order."""
        found = [span for needle in self._needles for span in needle.spans(text)]
        if any(mark in text for mark in MARKS):
            for start, end in self._windows(text):
                found += self._escaped(text, start, end)
        return _joined(found)

    def value(self, value: Any) -> Any:
        """Returns a JSON-able value with every secret in its strings, keys and numbers masked."""
        if not self._needles:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            if value and all(isinstance(item, str) for item in value):
                return self.lines(value)
            return [self.value(item) for item in value]
        if self._numbers and isinstance(value, (int, float)) and not isinstance(value, bool):
            return MASK if self.spans(repr(value)) else value
        return value

    def lines(self, texts: Sequence[str]) -> List[str]:
        """Returns the masked pieces of one text, with or without their newlines."""
        masked, _ = self.pieces(texts)
        if len(masked) > 1 and not all(text.endswith("\n") for text in masked[:-1]):
            ended, _ = self.pieces([text + "\n" for text in masked])
            masked = [text[:-1] if text.endswith("\n") else text for text in ended]
        return masked

    def pieces(self, texts: Sequence[str], *, goes_on: bool = False) -> Tuple[List[str], List[str]]:
        """Masks consecutive texts; returns of each the part to send, and an end to keep.

        Where the last one ``goes_on`` an end is kept that a secret may begin in.
        """
        whole = "".join(texts)
        until = self._held_from(whole) if goes_on and whole else len(whole)
        spans = []
        for start, end in self.spans(whole):
            if start < until:
                spans.append((start, end))
                until = max(until, end)
        shown, kept, at = [], [], 0
        for text in texts:
            end = at + len(text)
            shown.append(_masked(whole, spans, at, min(end, max(at, until))))
            kept.append(whole[max(at, until) : end])
            at = end
        return shown, kept

    def split(self, text: str) -> Tuple[str, str]:
        """Returns the masked part to send, and an end in which a secret may begin."""
        (shown,), (kept,) = self.pieces([text], goes_on=True)
        return shown, kept

    def cut(self, text: str, length: int) -> str:
        """Returns the beginning of a text, masked before it is cut."""
        return self.text(text)[:length]

    def _windows(self, text: str) -> List[Span]:
        """Returns the parts of a text in which a secret may be escaped."""
        found: List[Span] = []
        for mark, reach in self._landmarks.items():
            at = text.find(mark)
            while at >= 0:
                end = min(len(text), at + len(mark) + reach)
                found.append((max(0, at - reach), end))
                # Whatever follows up to there is in the window; what comes later needs its own.
                at = text.find(mark, max(at + 1, end - reach))
        for pattern in _ALL_ESCAPED:
            for match in pattern.finditer(text):
                left, right = match.span()
                found.append((max(0, left - self._reach), min(len(text), right + self._reach)))
        return _joined(found)

    def _escaped(self, text: str, start: int, end: int) -> Iterator[Span]:
        """Yields the spans of secrets in a part of a text that has escapes."""
        part = text[start:end]
        if not any(mark in part for mark in MARKS):
            return
        plain = Unescaped(part)
        for form, needle in self._by_plain.items():
            at = plain.text.find(form)
            while at >= 0:
                left, right = plain.widened(
                    at,
                    at + len(form),
                    left=needle.text.startswith("\\"),
                    right=needle.text.endswith("\\"),
                )
                left, right = left + start, right + start
                if needle.text.endswith("\\"):
                    # Together with what follows it may look like another escape.
                    right = end_of_backslashes(text, right)
                yield needle._whole(text, left, right) if needle.is_base64 else (left, right)
                at = plain.text.find(form, at + len(form))

    def _held_from(self, text: str) -> int:
        """Returns the start of the text's end that may be the beginning of a secret."""
        first = self._begin_in(text)
        tail = max(0, len(text) - self._reach * 2)
        if not any(mark in text[-_GLANCE:] for mark in MARKS) or not self._glance(text):
            return first
        part = text[tail:]
        first = min(first, tail + self._begin_escaped(part))
        # They may be the beginning of a secret that is found without them.
        return start_of_backslashes(text, first)

    def _begin_escaped(self, part: str, level: int = 0) -> int:
        """Returns the start of the end of a part that may begin a secret; its length for none."""
        plain = Unescaped(part)
        whole = len(plain.text)
        at = self._begin_in(plain.text, any_char=level > 0)
        first = plain.original(at, whole)[0] if at < whole else len(part)
        if plain.begun < len(part):
            # The escape that is not whole yet may be of any character.
            first = min(first, plain.begun)
            if level < _LEVELS:
                first = min(first, self._begin_escaped(part[: plain.begun], level + 1))
        return first

    def _glance(self, text: str) -> bool:
        """Returns whether the end of a text may be part of an escaped secret."""
        part = text[-_GLANCE:]
        whole = Unescaped(part)
        if whole.begun < len(part):
            return True
        plain = whole.text
        if len(plain) > 8 and any(plain[-8:] in needle.plain for needle in self._needles):
            return True
        return self._begin_in(plain[-8:]) < len(plain[-8:])

    def _begin_in(self, text: str, any_char: bool = False) -> int:
        if not text:
            return 0
        last, first = text[-1], len(text)
        for form, chars in self._wholes.items():
            if any_char or last in chars:
                at = text.find(form[0], max(0, len(text) - len(form) + 1), first)
                while at >= 0 and not form.startswith(text[at:]):
                    at = text.find(form[0], at + 1, first)
                if at >= 0:
                    first = at
        return first


def _ways_to_write(text: str) -> List[str]:
    """Returns the spellings of one character of a text; a rare one where there is one."""
    if not text:
        return []
    char = max(text, key=lambda char: (not char.isspace(), char))
    code, last = ord(char), char.encode("utf-8", "surrogatepass")[-1]
    ways = [char, f"#{code};", f"u{code:04x}", f"U{code:08x}", f"#x{code:x};", f"{{{code:x}}}"]
    ways += [f"{mark}{last:02x}" for mark in ("%", "25", "x")]
    ways += [f"{way[0]}{way[1:].upper()}" for way in ways[2:]] + [f"25{last:02X}", f"#x{code:X};"]
    if code > 0xFFFF:
        low = f"{0xDC00 + (code - 0x10000) % 0x400:04x}"
        ways += [f"u{low}", f"u{low.upper()}"]
    if char == " ":
        ways.append("+")
    return list(dict.fromkeys([*ways, *(f"{name};" for name in _NAMES.get(char, ()))]))


def _masked(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    """Returns a part of a text masked; a span that began before it leaves no mask in it."""
    parts: List[str] = []
    at = start
    for left, right in spans:
        if right <= at or left >= end:
            continue
        if left >= start:
            parts += [text[at:left], MASK]
        at = min(end, right)
    parts.append(text[at:end])
    return "".join(parts)


def _joined(spans: List[Span]) -> List[Span]:
    """Returns the spans in order; overlapping ones are merged."""
    if len(spans) < 2:
        return spans
    joined: List[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _forms(value: str) -> Iterable[str]:
    yield value
    yield value.strip()
    yield "\n".join(value.strip().splitlines())
    # What escapes of all kinds have in common is undone in any case; these are looked for as
    # they are, because what stands around them may look like an escape together with them.
    yield repr(value)[1:-1]
    yield ascii(value)[1:-1]
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(value))[3:-3]
    yield html.escape(value)
    yield html.escape(value, quote=False)
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield shlex.quote(value).strip("'")
    yield value.replace('"', '""')
    yield value.replace("'", "''")
    for text in (value, unescaped(value)):
        lines = text.splitlines()
        if len(lines) > 1:
            yield from (line.strip() for line in lines if len(line.strip()) >= _LINE)


def _encoded(value: str) -> Iterable[str]:
    data = value.encode("utf-8", "surrogatepass")
    forms = {data.hex(), data.hex().upper()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before, dropped in ((0, 0), (1, 2), (2, 3)):
            text = encode(bytes(before) + data).decode("ascii").rstrip("=")
            is_whole = (before + len(data)) % 3 == 0
            forms.add(text[dropped : len(text) if is_whole else -1])
    text = base64.b64encode(data).decode("ascii").rstrip("=")
    text = text if len(data) % 3 == 0 else text[:-1]
    for width in _WIDTHS:
        if len(text) > width:
            lines = [text[at : at + width] for at in range(0, len(text), width)]
            forms.update([*lines, "\n".join(lines[-2:])])
    return (form for form in forms if len(form) >= _ENCODED)
