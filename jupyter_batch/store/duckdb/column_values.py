"""Converts values to columns and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec


def clean_text(text: str) -> str:
    """Returns the text with lone surrogates, which UTF-8 cannot encode, replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_or_none(text: str | None) -> str | None:
    """Returns clean_text of a text, or None."""
    return None if text is None else clean_text(text)


def clean_json(value: Any) -> Any:
    """Returns a JSON-able value with the texts in it cleaned."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_json(key): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value


def to_json(value: Any) -> str:
    """Returns JSON text, strict (no NaN) and clean."""
    return to_clean_json(value)[0]


def to_clean_json(value: Any) -> tuple[str, Any]:
    """Returns JSON text, strict (no NaN) and clean, and the value that it encodes."""
    try:
        return msgspec.json.encode(value).decode(), value
    except UnicodeEncodeError:
        clean = clean_json(msgspec.to_builtins(value))
        return msgspec.json.encode(clean).decode(), clean


def to_utc(at: datetime | None) -> datetime | None:
    """Returns an aware instant as the naive UTC that is stored."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None)


def from_utc(at: datetime | None) -> datetime | None:
    """Returns a stored instant, aware."""
    return None if at is None else at.replace(tzinfo=UTC)


def instant(at: datetime | None) -> datetime:
    """Returns a stored instant, aware; raises ValueError if there is none."""
    if at is None:
        raise ValueError("an instant is missing")
    return at.replace(tzinfo=UTC)


def cut_text(text: str, size: int) -> Iterator[str]:
    """Yields the text in pieces of at most so many characters; one for an empty text."""
    if len(text) <= size:
        yield text
        return
    for start in range(0, len(text), size):
        yield text[start : start + size]


def cut_bytes(content: bytes, size: int) -> Iterator[bytes]:
    """Yields the bytes in pieces of at most so many; one for none."""
    for start in range(0, max(len(content), 1), size):
        yield content[start : start + size]
