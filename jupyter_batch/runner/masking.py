"""Keeps the values of secrets out of all that leaves the runner."""

from __future__ import annotations

import json
from typing import Any, Iterable, Mapping

MASK = "***"
#: Lines of a secret of several lines are masked on their own from this length on.
_LINE = 8


class Masker:
    """Replaces the values of secrets, also as ``repr``, JSON or HTML write them."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        forms = {form for value in secrets.values() if value for form in _forms(value)}
        # The longest first: a secret may contain another.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def __bool__(self) -> bool:
        return bool(self._forms)

    def text(self, text: str) -> str:
        """Returns the text with every secret masked."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def value(self, value: Any) -> Any:
        """Returns a JSON-able value with every secret in its strings and keys masked."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                self.text(key) if isinstance(key, str) else key: self.value(item)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value

    def split(self, text: str) -> tuple[str, str]:
        """Returns the text in two: what may go, and an end that a secret may begin in."""
        longest = 0
        for form in self._forms:
            for size in range(min(len(form) - 1, len(text)), longest, -1):
                if text.endswith(form[:size]):
                    longest = size
                    break
        cut = len(text) - longest
        return text[:cut], text[cut:]


def _forms(value: str) -> Iterable[str]:
    yield value
    yield repr(value)[1:-1]
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _LINE)
