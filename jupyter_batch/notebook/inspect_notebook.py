"""Reads the facts of a notebook that are needed before it runs; refuses invalid ones.

As tolerant as papermill: what papermill would load and run is taken, whether or not the
schema of nbformat likes it. Outputs are passed over unread, which keeps it fast.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from jupyter_batch.domain.nesting import MAX_NESTING, is_deeper
from jupyter_batch.errors import InvalidNotebook


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a notebook that the checks of a run need."""

    #: Of the notebook, e.g. ``python``; empty where it does not say.
    language: str = ""
    kernel: str | None = None
    #: Counts from 0; None where no cell is tagged ``parameters``.
    parameters_index: int | None = None
    #: Of the first cell that is tagged so; empty unless it is a code cell.
    parameters_source: str = ""


class _Cell(msgspec.Struct):
    cell_type: Any = None
    source: Any = ""
    metadata: Any = None
    outputs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Head(msgspec.Struct):
    nbformat: Any = None
    nbformat_minor: Any = None
    metadata: Any = None


class _Notebook(_Head):
    cells: list[_Cell] | None = None


def outline(content: bytes) -> Outline:
    """Returns the outline of a notebook; raises InvalidNotebook with advice."""
    notebook = _decode(content)
    _check_version(notebook)
    if is_deeper(content):
        raise _invalid(f"it is nested more than {MAX_NESTING} levels deep")
    metadata = notebook.metadata
    if not isinstance(metadata, dict):
        raise _invalid("it has no 'metadata' object")
    if notebook.cells is None:
        raise _invalid("it has no list of 'cells'")
    found: tuple[int, str] | None = None
    for index, cell in enumerate(notebook.cells):
        source = _checked_source(index, cell)
        if found is None and "parameters" in _tags(index, cell):
            found = (index, source if cell.cell_type == "code" else "")
    kernelspec = _mapping(metadata.get("kernelspec"))
    language = _text(_mapping(metadata.get("language_info")).get("name"))
    return Outline(
        language=language or _text(kernelspec.get("language")),
        kernel=_text(kernelspec.get("name")) or None,
        parameters_index=None if found is None else found[0],
        parameters_source="" if found is None else found[1],
    )


def outline_bytes(content: bytes) -> bytes:
    """Does the same as ``outline``, to JSON, for another process."""
    return msgspec.json.encode(outline(content))


def _decode(content: bytes) -> _Notebook:
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        raise InvalidNotebook("the notebook is an empty file", field="notebook")
    try:
        return msgspec.json.decode(content, type=_Notebook)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Python also reads NaN and halves of surrogate pairs, which old notebooks have, and
        # tells better what is wrong.
        return _decode_slowly(content)


def _decode_slowly(content: bytes) -> _Notebook:
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        raise InvalidNotebook(
            f"the notebook is not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            field="notebook",
            line=error.lineno,
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InvalidNotebook(
            "the notebook is not JSON in UTF-8, or is nested too deeply", field="notebook"
        ) from error
    if not isinstance(value, dict):
        raise _invalid("it is JSON, but not an object")
    _check_version(msgspec.convert(value, type=_Head))
    try:
        return msgspec.convert(_without_outputs(value), type=_Notebook)
    except msgspec.ValidationError as error:
        raise _invalid(f"its 'cells' are no list of objects ({error})") from error


def _without_outputs(value: dict[str, Any]) -> dict[str, Any]:
    """Leaves of outputs only whether they are a list."""
    cells = value.get("cells")
    if not isinstance(cells, list):
        return value
    return {**value, "cells": [_cell_without_outputs(cell) for cell in cells]}


def _cell_without_outputs(cell: Any) -> Any:
    if not isinstance(cell, dict) or "outputs" not in cell:
        return cell
    kept = msgspec.Raw(b"[]" if isinstance(cell["outputs"], list) else b"null")
    return {**cell, "outputs": kept}


def _check_version(notebook: _Head) -> None:
    version, minor = notebook.nbformat, notebook.nbformat_minor
    if version is None:
        raise _invalid("it has no 'nbformat' number")
    if type(version) is not int:
        raise _invalid(f"its 'nbformat' is {version!r}, not the number 4")
    if version < 4:
        raise InvalidNotebook(
            f"the notebook is in the old format {version}; open it in JupyterLab and save it, or "
            "run: jupyter nbconvert --to notebook --inplace FILE",
            field="notebook",
            nbformat=version,
        )
    if version > 4:
        raise InvalidNotebook(
            f"the notebook is in format {version}, which is newer than what papermill reads (4)",
            field="notebook",
            nbformat=version,
        )
    if type(minor) is not int:
        raise _invalid("it has no 'nbformat_minor' number")


def _checked_source(index: int, cell: _Cell) -> str:
    if not isinstance(cell.cell_type, str):
        raise _invalid(f"cell {index} has no 'cell_type'")
    if not isinstance(cell.metadata, dict):
        raise _invalid(f"cell {index} has no 'metadata' object")
    if cell.cell_type == "code" and not _is_list(cell.outputs):
        raise _invalid(f"cell {index} has no list of 'outputs'")
    source = cell.source
    if isinstance(source, list):
        if not all(isinstance(line, str) for line in source):
            raise _invalid(f"cell {index} has a 'source' that is no text")
        return "".join(source)
    return source if isinstance(source, str) else ""


def _is_list(raw: msgspec.Raw | msgspec.UnsetType) -> bool:
    # A view: the outputs themselves may be large.
    return isinstance(raw, msgspec.Raw) and bytes(memoryview(raw)[:1]) == b"["


def _tags(index: int, cell: _Cell) -> Any:
    tags = cell.metadata.get("tags", [])
    if not isinstance(tags, list | str | dict):
        raise _invalid(f"cell {index} has 'tags' that are no list")
    return tags


def _invalid(why: str) -> InvalidNotebook:
    return InvalidNotebook(
        f"the file is not a notebook that can be run: {why}", field="notebook", why=why
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
