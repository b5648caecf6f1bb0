"""Infers the parameters of a notebook."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_batch.domain.parameters.parameters import ParameterSchema
from jupyter_batch.domain.parameters.schema_check import fits
from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.infer_python import CellSyntaxError, Inferred, infer_python
from jupyter_batch.notebook.inspect_notebook import Outline

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: The values that papermill can write in any language.
_ANY_VALUE = {"type": ["string", "number", "boolean", "array", "object", "null"]}
_PAPERMILL_TYPES = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
}


def infer_schema(outline: Outline) -> ParameterSchema:
    """Returns the schema of a notebook's parameters cell; raises InvalidNotebook.

    Python is read by us. Of other languages papermill tells what it can: the names if it reads
    the language, whether it can write values in it at all if not; then any name is taken.
    """
    if outline.parameters_index is None:
        return _schema(outline, [], is_open=False)
    if _is_python(outline):
        return _schema(outline, _python(outline), is_open=False)
    if outline.language:
        found, is_open = _papermill(outline)
        return _schema(outline, found, is_open=is_open)
    try:
        return _schema(outline, infer_python(outline.parameters_source), is_open=False)
    except CellSyntaxError:
        return _schema(outline, [], is_open=True)


def infer_schema_bytes(data: bytes) -> bytes:
    """Does the same as ``infer_schema``, from and to JSON, for another process."""
    return msgspec.json.encode(infer_schema(msgspec.json.decode(data, type=Outline)))


def _is_python(outline: Outline) -> bool:
    if outline.language:
        return outline.language.lower() in {"python", "ipython", "python3"}
    # papermill goes by the kernel's name where there is no language.
    return outline.kernel is None or "python" in outline.kernel or outline.kernel == "pysparkkernel"


def _python(outline: Outline) -> list[Inferred]:
    try:
        return infer_python(outline.parameters_source)
    except CellSyntaxError as error:
        where = "" if error.line is None else f" in line {error.line}"
        line = outline.parameters_source.split("\n")[error.line - 1].strip() if error.line else ""
        shown = f": {line[:80]}" if line else ""
        raise InvalidNotebook(
            f"the parameters cell (cell {outline.parameters_index}) has a syntax error"
            f"{where}: {error.message}{shown}",
            field="notebook",
            cell_index=outline.parameters_index,
            line=error.line,
        ) from error


def _papermill(outline: Outline) -> tuple[list[Inferred], bool]:
    """Returns the parameters that papermill finds, and whether others are accepted, too."""
    # Here, because importing papermill takes more than a second.
    from papermill.exceptions import PapermillException
    from papermill.translators import papermill_translators

    try:
        translator = papermill_translators.find_translator(outline.kernel, outline.language)
    except PapermillException:
        return [], False
    try:
        known = translator.inspect({"source": outline.parameters_source})
    except NotImplementedError:
        return [], True
    return [_from_papermill(one) for one in known], not known


def _from_papermill(parameter: Any) -> Inferred:
    schema: dict[str, Any] = dict(_PAPERMILL_TYPES.get(parameter.inferred_type_name, _ANY_VALUE))
    try:
        default = msgspec.json.decode(parameter.default)
    except msgspec.DecodeError:
        schema["$comment"] = f"set in the notebook to: {parameter.default}"
    else:
        if fits(schema, default):
            schema["default"] = default
    if parameter.help:
        schema["description"] = parameter.help
    return Inferred(name=parameter.name, schema=schema)


def _schema(outline: Outline, found: list[Inferred], *, is_open: bool) -> ParameterSchema:
    return ParameterSchema(
        schema={
            "$schema": _DIALECT,
            "type": "object",
            "properties": {parameter.name: parameter.schema for parameter in found},
            "required": [parameter.name for parameter in found if parameter.is_required],
            "additionalProperties": dict(_ANY_VALUE) if is_open else False,
        },
        has_parameters_cell=outline.parameters_index is not None,
        language=outline.language or ("python" if _is_python(outline) else ""),
        kernel=outline.kernel,
    )
