"""Reads type annotations as JSON Schema, and merges schemas."""

from __future__ import annotations

import ast
from typing import Any

import msgspec

Schema = dict[str, Any]

_SIMPLE: dict[str, Schema] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "LiteralString": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "UUID": {"type": "string", "format": "uuid"},
    "Path": {"type": "string"},
    "PurePath": {"type": "string"},
    "PathLike": {"type": "string"},
    "Number": {"type": "number"},
    "Real": {"type": "number"},
    "Integral": {"type": "integer"},
    "Decimal": {"type": ["number", "string"]},
}
_ARRAYS = frozenset(
    [
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "AbstractSet",
        "MutableSet",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Collection",
        "Container",
        "deque",
        "Deque",
    ]
)
_TUPLES = frozenset({"tuple", "Tuple"})
_OBJECTS = frozenset(
    [
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "OrderedDict",
        "defaultdict",
        "DefaultDict",
        "TypedDict",
    ]
)
_TRANSPARENT = frozenset({"Final", "Required", "NotRequired", "ReadOnly"})
_MAX_DEPTH = 20


def schema_of(node: ast.expr, depth: int = 0) -> Schema:
    """Returns the schema of an annotation; empty (anything) where it says nothing to JSON."""
    if depth > _MAX_DEPTH:
        return {}
    match node:
        case ast.Constant(value=None):
            return dict(_SIMPLE["None"])
        case ast.Constant(value=str(text)):
            return schema_of_text(text, depth + 1)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return union([schema_of(left, depth + 1), schema_of(right, depth + 1)])
        case ast.Subscript(value=base, slice=inner):
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(_last_name(base), items, depth + 1)
    return _plain(_last_name(node))


def schema_of_text(text: str, depth: int = 0) -> Schema:
    """Returns the schema of an annotation that is written as text."""
    try:
        return schema_of(ast.parse(text.strip(), mode="eval").body, depth)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}


def description_of(node: ast.expr | None) -> str | None:
    """Returns the first text in ``Annotated[T, "text"]``, or None."""
    if isinstance(node, ast.Subscript) and _last_name(node.value) == "Annotated":
        for item in getattr(node.slice, "elts", [])[1:]:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                return item.value
    return None


def union(schemas: list[Schema]) -> Schema:
    """Returns a schema that takes what any of the schemas takes."""
    parts: dict[bytes, Schema] = {}
    for schema in schemas:
        for part in schema["anyOf"] if set(schema) == {"anyOf"} else [schema]:
            parts.setdefault(msgspec.json.encode(part, order="deterministic"), part)
    flat = list(parts.values())
    if {} in flat:
        return {}
    if len(flat) == 1:
        return flat[0]
    if all(set(schema) == {"type"} for schema in flat):
        types: list[str] = []
        for schema in flat:
            for kind in [schema["type"]] if isinstance(schema["type"], str) else schema["type"]:
                if kind not in types:
                    types.append(kind)
        return {"type": types}
    return {"anyOf": flat}


def _plain(name: str) -> Schema:
    if name in _ARRAYS or name in _TUPLES:
        return {"type": "array"}
    if name in _OBJECTS:
        return {"type": "object"}
    return dict(_SIMPLE.get(name, {}))


def _generic(name: str, items: list[ast.expr], depth: int) -> Schema:
    if not items:
        return {**_plain(name), "maxItems": 0} if name in _TUPLES else _plain(name)
    if name == "Optional":
        return union([schema_of(items[0], depth), {"type": "null"}])
    if name == "Union":
        return union([schema_of(item, depth) for item in items])
    if name == "Literal":
        return _literal(items)
    if name == "Annotated" or name in _TRANSPARENT:
        return schema_of(items[0], depth)
    if name in _ARRAYS:
        return _with("items", {"type": "array"}, schema_of(items[0], depth))
    if name in _TUPLES:
        return _tuple(items, depth)
    if name in _OBJECTS and len(items) == 2:
        return _with("additionalProperties", {"type": "object"}, schema_of(items[1], depth))
    return _plain(name)


def _tuple(items: list[ast.expr], depth: int) -> Schema:
    if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...:
        return _with("items", {"type": "array"}, schema_of(items[0], depth))
    return {
        "type": "array",
        "prefixItems": [schema_of(item, depth) for item in items],
        "minItems": len(items),
        "maxItems": len(items),
    }


def _literal(items: list[ast.expr]) -> Schema:
    found: dict[tuple[type, Any], Any] = {}
    for item in items:
        try:
            value = ast.literal_eval(item)
        except (ValueError, TypeError):
            return {}  # a member of an enumeration, ...
        if not isinstance(value, str | int | None):
            return {}
        found.setdefault((type(value), value), value)
    values = list(found.values())
    kinds = {type(value) for value in values}
    names = {str: "string", bool: "boolean", int: "integer"}
    if len(kinds) == 1 and (kind := kinds.pop()) in names:
        return {"type": names[kind], "enum": values}
    return {"enum": values}


def _with(key: str, schema: Schema, inner: Schema) -> Schema:
    return {**schema, key: inner} if inner else schema


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
