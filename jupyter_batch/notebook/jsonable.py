"""Python values of a parameters cell as JSON, and the schema that they suggest."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from jupyter_batch.domain.parameters.schema_text import MAX_INT_BITS
from jupyter_batch.notebook.annotations import Schema
from jupyter_batch.notebook.literals import Room, Unknown

_SURROGATES = re.compile("[\ud800-\udfff]")
_MAX_NODES = 100_000
_MAX_DEPTH = 50
#: A dict with more names than this is data, not a set of options.
_MAX_PROPERTIES = 50


def to_json(value: Any, room: Room | None = None) -> Any:
    """Returns the value as JSON has it: tuples and sets as lists, dates as text.

    ``room`` is what all values together may have. Raises Unknown for what JSON cannot say: NaN, bytes, names that are no text, text with
    halves of surrogate pairs.
    """
    return _Converter(room or Room()).convert(value, 0)


def suggested_schema(value: Any) -> Schema:
    """Returns the schema that a default without an annotation suggests; None suggests nothing.

    What stands inside a list or a dict is taken as an example: an int there suggests any number.
    """
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case dt.datetime():
            return {"type": "string", "format": "date-time"}
        case dt.date():
            return {"type": "string", "format": "date"}
        case dt.time():
            return {"type": "string", "format": "time"}
        case dict():
            return _object(value)
        case list() | tuple() | set() | frozenset():
            return _array(list(value))
    return {}


def _inner(value: Any) -> Schema:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"type": "number"}
    return {"type": "null"} if value is None else suggested_schema(value)


def _array(items: list[Any]) -> Schema:
    types = list(dict.fromkeys(_type_of(item) for item in items))
    if not types or "" in types:
        return {"type": "array"}
    if types == ["array"]:
        below = [inner for item in items for inner in item]
        return {"type": "array", "items": _array(below)}
    return {"type": "array", "items": {"type": types[0] if len(types) == 1 else types}}


def _type_of(item: Any) -> str:
    """Returns the JSON type of a list item; empty for values that JSON does not have."""
    match item:
        case list() | tuple() | set() | frozenset():
            return "array"
        case dict():
            return "object"
    return str(_inner(item).get("type", ""))


def _object(value: dict[Any, Any]) -> Schema:
    schema: Schema = {"type": "object"}
    if 0 < len(value) <= _MAX_PROPERTIES and all(isinstance(key, str) for key in value):
        # A None there is an example of nothing: anything may be given.
        schema["properties"] = {
            key: {} if item is None else _inner(item) for key, item in value.items()
        }
    return schema


class _Converter:
    def __init__(self, room: Room) -> None:
        self._left = _MAX_NODES
        self._room = room

    def convert(self, value: Any, depth: int) -> Any:
        self._room.take(value)
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            raise Unknown
        match value:
            case None | bool():
                return value
            case int():
                if value.bit_length() <= MAX_INT_BITS:
                    return value
            case float():
                if math.isfinite(value):
                    return value
            case str():
                if value.isascii() or not _SURROGATES.search(value):
                    return value
            case dt.date() | dt.time():
                return value.isoformat()
            case list() | tuple():
                return [self.convert(item, depth + 1) for item in value]
            case set() | frozenset():
                items = [self.convert(item, depth + 1) for item in value]
                return sorted(items, key=lambda item: (str(type(item)), str(item)))
            case dict():
                if all(isinstance(key, str) for key in value):
                    return {
                        self.convert(key, depth): self.convert(item, depth + 1)
                        for key, item in value.items()
                    }
        raise Unknown
