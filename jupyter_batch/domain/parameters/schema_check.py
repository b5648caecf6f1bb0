"""Validates values against the part of JSON Schema that describes parameters.

Not jsonschema: with the extras that jupyter_server asks for, importing it takes three seconds
of cpu, which is too long for a command that starts one run. Where both apply they agree, and the
tests check that; but here 1.0 is no integer, and formats are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

Schema = dict[str, Any]
#: Path of the value, the schema there, and the value.
Misfit = tuple[tuple[str | int, ...], Schema, Any]

_FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
}
#: A bool or 1.0 is no integer: a notebook that counts with it would fail.
_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def fits(schema: Schema, value: Any) -> bool:
    """Returns whether a value is valid for a schema."""
    return next(misfits(schema, value), None) is None


def misfits(schema: Schema, value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Misfit]:
    """Yields the invalid values, each at its outermost place."""
    if not _fits_itself(schema, value):
        yield path, schema, value
    elif isinstance(value, list):
        first = schema.get("prefixItems", [])
        for number, item in enumerate(value):
            inner = first[number] if number < len(first) else schema.get("items", {})
            yield from _inner_misfits(inner, item, (*path, number))
    elif isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        for name, item in value.items():
            yield from _inner_misfits(known.get(name, others), item, (*path, name))


def _inner_misfits(
    schema: Schema | bool, value: Any, path: tuple[str | int, ...]
) -> Iterator[Misfit]:
    """Yields what does not fit; true takes any value, and false takes none."""
    if schema is False:
        yield path, {}, value
    elif isinstance(schema, dict):
        yield from misfits(schema, value, path)


def _fits_itself(schema: Schema, value: Any) -> bool:
    types = schema.get("type")
    if types is not None:
        names = [types] if isinstance(types, str) else types
        if not any(_TYPES[name](value) for name in names):
            return False
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        return False
    if "anyOf" in schema and not any(fits(one, value) for one in schema["anyOf"]):
        return False
    if isinstance(value, list):
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        return bool(least <= len(value) <= most)
    if isinstance(value, dict):
        return all(name in value for name in schema.get("required", ()))
    return not isinstance(value, str) or _has_format(schema.get("format"), value)


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _has_format(name: str | None, text: str) -> bool:
    read = _FORMATS.get(name or "")
    if read is None:
        return True
    try:
        read(text)
    except ValueError:
        return False
    return True
