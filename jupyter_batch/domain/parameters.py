"""Checks the parameters of a run against the schema inferred from its notebook."""

from __future__ import annotations

import difflib
import keyword
from typing import Any

import jsonschema

from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidParameters


class ParameterSchema(Value, frozen=True, kw_only=True):
    """What a notebook takes: a JSON Schema (2020-12) of type object, in the order of the cell."""

    #: ``{"type": "object", "properties": {...}, "required": [...], "additionalProperties": false}``;
    #: each property may have ``type``, ``default``, ``description``, ``enum``, ``items``, ...
    schema: dict[str, Any]
    #: Whether the notebook has a cell tagged ``parameters``.
    has_parameters_cell: bool
    #: Of the notebook, e.g. ``python``; empty where it does not say.
    language: str = ""
    #: Kernel that the notebook's metadata asks for; None where it does not say.
    kernel: str | None = None


def check_parameters(schema: ParameterSchema, parameters: dict[str, Any]) -> None:
    """Raises InvalidParameters, naming the first bad one, unless all fit."""
    properties: dict[str, Any] = schema.schema.get("properties", {})
    for name in parameters:
        if name in properties:
            continue
        raise InvalidParameters(
            _unknown(name, schema, list(properties)), field=f"parameters.{name}"
        )
    for name in schema.schema.get("required", ()):
        if name not in parameters:
            raise InvalidParameters(
                f"parameter {name!r} is missing: the notebook gives it no value",
                field=f"parameters.{name}",
            )
    validator = jsonschema.Draft202012Validator(schema.schema)
    for error in validator.iter_errors(parameters):
        path = ".".join(str(part) for part in error.absolute_path)
        name = str(error.absolute_path[0]) if error.absolute_path else ""
        raise InvalidParameters(
            f"parameter {name!r}: {error.message}",
            field=f"parameters.{path}" if path else "parameters",
            expected=properties.get(name),
        )


def _unknown(name: str, schema: ParameterSchema, known: list[str]) -> str:
    if not schema.has_parameters_cell:
        return (
            f"parameter {name!r} cannot be given: the notebook has no cell tagged 'parameters'; "
            "tag the cell that sets the defaults"
        )
    if not name.isidentifier() or keyword.iskeyword(name):
        return f"{name!r} is no name of a parameter"
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"the notebook has no parameter {name!r}; did you mean {near[0]!r}?"
    if not known:
        return f"the notebook has no parameter {name!r}: its parameters cell sets nothing"
    return f"the notebook has no parameter {name!r}; it has: {', '.join(known)}"
