"""Checks the parameters of a run against the schema inferred from its notebook."""

from __future__ import annotations

import difflib
import keyword
from itertools import islice
from typing import Any

from jupyter_batch.domain.parameters.schema_check import misfits
from jupyter_batch.domain.parameters.schema_text import describe_schema, shown, why_not_json
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidParameters

_MAX_PROBLEMS = 20
#: Most known names that are searched for a near match, and listed; and most characters
#: of a name that are compared.
_MAX_KNOWN, _LONG_NAME = 500, 100


class ParameterSchema(Value, frozen=True, kw_only=True):
    """The parameters of a notebook: a JSON Schema (2020-12) of type object, in the cell's order."""

    #: ``{"type": "object", "properties": {...}, "required": [...], "additionalProperties": false}``;
    #: each property may have ``type``, ``default``, ``description``, ``enum``, ``items``, ...
    #: ``additionalProperties`` is not false if the names are unknown (other languages).
    schema: dict[str, Any]
    #: Whether the notebook has a cell tagged ``parameters``.
    has_parameters_cell: bool
    #: Language of the notebook, e.g. ``python``; empty if unknown.
    language: str = ""
    #: Kernel in the notebook's metadata; None if it names none.
    kernel: str | None = None


def check_parameters(schema: ParameterSchema, parameters: dict[str, Any]) -> None:
    """Raises InvalidParameters, naming the first invalid one, unless all are valid.

    ``details["problems"]`` has up to twenty of them, each ``{"field", "message"}``. Stricter
    than plain JSON Schema where the notebook would trip: 1.0 is no integer (it would arrive as
    a float), dates have to be dates, and NaN and Infinity, which JSON has not, are refused.
    """
    problems = [
        *_not_json(parameters),
        *_unknown(schema, parameters),
        *_missing(schema, parameters),
    ]
    if not problems:
        problems = _unfit(schema, parameters)
    if problems:
        field, message = problems[0]
        raise InvalidParameters(
            message,
            field=field,
            expected=schema.schema.get("properties", {}).get(field.split(".")[1]),
            problems=[{"field": f, "message": m} for f, m in problems[:_MAX_PROBLEMS]],
        )


def _not_json(parameters: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(name, why_not_json(value)) for name, value in parameters.items()]
    return [(f"parameters.{name}", f"parameter {name!r} {why}") for name, why in found if why]


def _missing(schema: ParameterSchema, parameters: dict[str, Any]) -> list[tuple[str, str]]:
    properties = schema.schema.get("properties", {})
    return [
        (
            f"parameters.{name}",
            f"parameter {name!r} is missing: the notebook gives it no value; "
            f"it takes {describe_schema(properties.get(name, {}))}",
        )
        for name in schema.schema.get("required", ())
        if name not in parameters
    ]


def _unfit(schema: ParameterSchema, parameters: dict[str, Any]) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    for path, allowed, value in misfits(schema.schema, parameters):
        name = str(path[0]) if path else ""
        place = f"parameter {name!r}" + "".join(f"[{part!r}]" for part in path[1:])
        message = f"{place} takes {describe_schema(allowed)}, not {shown(value)}"
        problems.append((".".join(["parameters", *map(str, path)]), message))
    return problems


def _unknown(schema: ParameterSchema, parameters: dict[str, Any]) -> list[tuple[str, str]]:
    if schema.schema.get("additionalProperties", True) is not False:
        bad = [name for name in parameters if not _is_name(name)]
        return [(f"parameters.{name}", f"{name!r} is no name of a parameter") for name in bad]
    known = schema.schema.get("properties", {})
    # No more than are reported: each one is compared with all known names.
    unknown = islice((name for name in parameters if name not in known), _MAX_PROBLEMS)
    return [(f"parameters.{name}", _why_unknown(name, schema, list(known))) for name in unknown]


def _why_unknown(name: str, schema: ParameterSchema, known: list[str]) -> str:
    if not schema.has_parameters_cell:
        return (
            f"parameter {name!r} cannot be given: the notebook has no cell tagged 'parameters'; "
            "tag the cell that sets the defaults"
        )
    if not _is_name(name):
        return f"{name!r} is no name of a parameter"
    near = difflib.get_close_matches(name[:_LONG_NAME], known[:_MAX_KNOWN], n=1)
    if near:
        return f"the notebook has no parameter {name!r}; did you mean {near[0]!r}?"
    if name.startswith("_"):
        return f"{name!r} is private to the notebook: names that begin with '_' are no parameters"
    if not known and schema.language not in ("", "python"):
        return (
            f"parameter {name!r} cannot be given: papermill cannot write parameters in "
            f"{schema.language}"
        )
    if not known:
        return f"the notebook has no parameter {name!r}: its parameters cell sets nothing"
    more = ", …" if len(known) > _MAX_KNOWN else ""
    return f"the notebook has no parameter {name!r}; it has: {', '.join(known[:_MAX_KNOWN])}{more}"


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)
