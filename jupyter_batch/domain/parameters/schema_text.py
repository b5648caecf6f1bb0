"""Describes schemas and values in words, for error messages about parameters."""

from __future__ import annotations

import math
from typing import Any

_NAMES = {
    "integer": "an integer",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_PLURALS = {
    "integer": "integers",
    "number": "numbers",
    "string": "texts",
    "boolean": "true or false values",
    "array": "lists",
    "object": "objects",
}
_FORMATS = {
    "date": "a date (such as 2026-01-31)",
    "date-time": "a date and time (such as 2026-01-31T13:00:00)",
    "time": "a time (such as 13:00:00)",
    "uuid": "a UUID",
}
_MAX_SHOWN = 80
_MAX_DEPTH = 100
#: Python itself refuses to write or read integers of more than 4300 digits.
MAX_INT_BITS = 3322


def describe_schema(schema: dict[str, Any]) -> str:
    """Returns a description of a schema: ``an integer or null``, ``one of "a", "b"``."""
    if "enum" in schema:
        return "one of " + ", ".join(shown(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(describe_schema(part) for part in schema["anyOf"]))
    types = schema.get("type")
    if types is None:
        return "any value"
    return " or ".join(
        _one_type(kind, schema) for kind in ([types] if isinstance(types, str) else types)
    )


def shown(value: Any) -> str:
    """Returns a value as JSON, shortened if it is long."""
    match value:
        case None:
            text = "null"
        case bool():
            text = "true" if value else "false"
        case str():
            text = f'"{value[:_MAX_SHOWN]}"' if value.isprintable() else repr(value[:_MAX_SHOWN])
            text += "…" if len(value) > _MAX_SHOWN else ""
            return text
        case list():
            text = f"[{', '.join(shown(item) for item in value[:5])}{', …' * (len(value) > 5)}]"
        case dict():
            inner = ", ".join(f"{shown(k)}: {shown(v)}" for k, v in list(value.items())[:5])
            text = f"{{{inner}{', …' * (len(value) > 5)}}}"
        case _:
            text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def why_not_json(value: Any) -> str | None:
    """Returns why JSON cannot carry a value (``must not be NaN: ...``), or None."""
    stack = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        if depth > _MAX_DEPTH:
            return f"is nested more than {_MAX_DEPTH} deep"
        why = _why_scalar_not_json(item)
        if why is not None:
            return why
        if isinstance(item, list):
            stack += [(inner, depth + 1) for inner in item]
        elif isinstance(item, dict):
            stack += [(inner, depth + 1) for pair in item.items() for inner in pair]
    return None


def _why_scalar_not_json(item: Any) -> str | None:
    match item:
        case None | bool() | dict() | list():
            return None
        case int():
            if item.bit_length() > MAX_INT_BITS:
                return "has more than 1000 digits; give it as text"
            return None
        case float():
            if not math.isfinite(item):
                return f"must not be {item}: JSON has no such number; give null or text"
            return None
        case str():
            if any("\ud800" <= character <= "\udfff" for character in item):
                return "has half a character in it (a lone surrogate)"
            return None
    return f"must not be a {type(item).__name__}: give what JSON can carry (dates as text)"


def _one_type(kind: str, schema: dict[str, Any]) -> str:
    if kind == "string" and schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if kind == "array":
        return _array(schema)
    return _NAMES.get(kind, kind)


def _array(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        inner = ", ".join(describe_schema(part) for part in schema["prefixItems"])
        return f"a list of {len(schema['prefixItems'])}: [{inner}]"
    items = schema.get("items")
    if not isinstance(items, dict):
        return "a list"
    kind = items.get("type")
    if "enum" not in items and isinstance(kind, str) and kind in _PLURALS and len(items) == 1:
        return f"a list of {_PLURALS[kind]}"
    return f"a list, each {describe_schema(items)}" if items else "a list"
