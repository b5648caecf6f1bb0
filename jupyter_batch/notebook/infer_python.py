"""Infers the parameters of a Python cell by reading it; nothing of it is executed."""

from __future__ import annotations

import ast
import warnings
from typing import Any

import msgspec

from jupyter_batch.domain.fitting import fits
from jupyter_batch.notebook.annotations import (
    Schema,
    description_of,
    schema_of,
    schema_of_text,
    union,
)
from jupyter_batch.notebook.comments import Comments
from jupyter_batch.notebook.jsonable import suggested_schema, to_json
from jupyter_batch.notebook.literals import Unknown, combine, evaluate
from jupyter_batch.notebook.magics import UNKNOWN_NAME, without_magics

_FILE_NAME = "<parameters cell>"
_MAX_SHOWN = 200
#: Methods of containers that change nothing.
_READING = frozenset({"copy", "count", "get", "index", "items", "keys", "values"})
#: Stands for a value that cannot be told.
_NOTHING: Any = object()


class CellSyntaxError(Exception):
    """The cell is no Python; ``line`` counts from 1 within the cell, or is None."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Inferred(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter."""

    name: str
    schema: Schema
    #: Whether the cell names it without giving it a value.
    is_required: bool = False


def infer_python(source: str) -> list[Inferred]:
    """Returns the parameters of a cell, in its order; raises CellSyntaxError.

    Parameters are the names that the top level of the cell assigns or annotates, but for those
    that begin with an underscore. What blocks (``if``, ``for``, ...) assign, and what the cell
    changes after its assignment, has no default and, unless it is annotated, no type.
    """
    source = without_magics(source)
    reader = _Reader(Comments(source))
    for statement in _parse(source).body:
        reader.read(statement)
    return [
        found.inferred(name) for name, found in reader.found.items() if not name.startswith("_")
    ]


def _parse(source: str) -> ast.Module:
    # Ours alone by the file name: ``"\d"`` in somebody's cell is not worth a warning here.
    warnings.filterwarnings("ignore", module=_FILE_NAME)
    try:
        return ast.parse(source, filename=_FILE_NAME)
    except SyntaxError as error:
        raise CellSyntaxError(error.msg, error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise CellSyntaxError(str(error) or "too deeply nested", None) from error


def _text_of(node: ast.expr) -> str:
    try:
        return ast.unparse(node)[:_MAX_SHOWN]
    except RecursionError:
        return "a long expression"


class _Found:
    """What has been read of one name so far."""

    def __init__(self) -> None:
        self.value: Any = _NOTHING
        self.has_value = False
        #: What the value is written as, for people; None where that is not the whole story.
        self.source: ast.expr | None = None
        self.annotation: Schema | None = None
        self.suggested: Schema = {}
        self.description: str | None = None

    def assign(self, value: Any, source: ast.expr | None) -> None:
        self.has_value, self.value = True, value
        is_magic = isinstance(source, ast.Name) and source.id == UNKNOWN_NAME
        self.source = None if is_magic else source
        self.suggested = {} if value is _NOTHING else suggested_schema(value)

    def inferred(self, name: str) -> Inferred:
        schema = dict(self.suggested if self.annotation is None else self.annotation)
        default = self._default()
        if default is not _NOTHING:
            if self.annotation is not None and not fits(schema, default):
                schema = union([self.annotation, self.suggested or {"type": "null"}])
            if not fits(schema, default):
                schema = {}
            schema = {**schema, "default": default}
        elif self.source is not None:
            schema["$comment"] = f"set in the notebook to: {_text_of(self.source)}"
        if self.description:
            schema["description"] = self.description
        return Inferred(name=name, schema=schema, is_required=not self.has_value)

    def _default(self) -> Any:
        try:
            return to_json(self.value) if self.value is not _NOTHING else _NOTHING
        except Unknown:
            return _NOTHING


class _Reader:
    """Reads a cell statement by statement."""

    def __init__(self, comments: Comments) -> None:
        self.found: dict[str, _Found] = {}
        self._comments = comments

    def read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, statement)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                self._annotate(name, annotation, value, statement)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                self._augment(name, op, value)
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        self.found.pop(target.id, None)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return  # what is in there does not happen here
            case _:
                self._forget_what_is_assigned(statement)
        self._forget_what_is_changed(statement)

    def _assign(self, target: ast.expr, value: ast.expr | None, statement: ast.stmt) -> None:
        match target:
            case ast.Name(id=name):
                found = self._at(name, statement)
                found.assign(_NOTHING if value is None else self._evaluate(value), value)
                written = self._comments.annotation(statement)
                if written is not None and isinstance(statement, ast.Assign):
                    found.annotation = schema_of_text(written)
            case ast.Starred(value=inner):
                self._assign(inner, None, statement)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                values: list[Any] = [None] * len(targets)
                if (
                    isinstance(value, ast.Tuple | ast.List)
                    and len(value.elts) == len(targets)
                    and not any(isinstance(t, ast.Starred) for t in (*targets, *value.elts))
                ):
                    values = value.elts
                for one, its in zip(targets, values, strict=True):
                    self._assign(one, its, statement)

    def _annotate(
        self, name: str, annotation: ast.expr, value: ast.expr | None, statement: ast.stmt
    ) -> None:
        found = self._at(name, statement)
        found.annotation = schema_of(annotation)
        found.description = found.description or description_of(annotation)
        if value is not None:
            found.assign(self._evaluate(value), value)

    def _augment(self, name: str, op: ast.operator, value: ast.expr) -> None:
        found = self.found.get(name)
        if found is None:
            return
        try:
            found.assign(combine(found.value, op, evaluate(value, self._values())), None)
        except Unknown:
            found.assign(_NOTHING, None)

    def _forget_what_is_assigned(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found = self.found.get(node.id)
                if found is not None:
                    found.assign(_NOTHING, None)

    def _forget_what_is_changed(self, statement: ast.stmt) -> None:
        """Forgets containers that the statement writes into or calls a method of."""
        for node in ast.walk(statement):
            changed: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                changed = None if node.func.attr in _READING else node.func.value
            elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(
                node.ctx, ast.Load
            ):
                changed = node.value
            while isinstance(changed, ast.Subscript | ast.Attribute):
                changed = changed.value
            found = self.found.get(changed.id) if isinstance(changed, ast.Name) else None
            if found is not None and isinstance(found.value, list | dict | set):
                found.value, found.source = _NOTHING, None
                found.suggested = {k: v for k, v in found.suggested.items() if k == "type"}

    def _at(self, name: str, statement: ast.stmt) -> _Found:
        found = self.found.setdefault(name, _Found())
        found.description = self._comments.describe(statement) or found.description
        return found

    def _evaluate(self, node: ast.expr) -> Any:
        try:
            return evaluate(node, self._values())
        except Unknown:
            return _NOTHING

    def _values(self) -> dict[str, Any]:
        return {n: f.value for n, f in self.found.items() if f.value is not _NOTHING}
