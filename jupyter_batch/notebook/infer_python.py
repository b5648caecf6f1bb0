"""Infers the parameters of a Python cell by reading it; nothing of it is executed."""

from __future__ import annotations

import ast
import warnings
from typing import Any

import msgspec

from jupyter_batch.domain.parameters.schema_check import fits
from jupyter_batch.notebook.annotations import (
    Schema,
    description_of,
    schema_of,
    union,
)
from jupyter_batch.notebook.comments import Comments
from jupyter_batch.notebook.jsonable import suggested_schema, to_json
from jupyter_batch.notebook.literals import Known, Room, Unknown, combine, evaluate
from jupyter_batch.notebook.magics import UNKNOWN_NAME, without_magics

_FILE_NAME = "<parameters cell>"
_MAX_SHOWN = 200
_MAX_DESCRIPTION = 4000
#: Methods of containers that change nothing.
_READING = frozenset({"copy", "count", "get", "index", "items", "keys", "values"})
#: Marks a value that cannot be known.
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
    outcome = _Outcome()
    for statement in _parse(source).body:
        reader.read(statement)
    return [
        found.inferred(name, outcome)
        for name, found in reader.found.items()
        if not name.startswith("_")
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


class _Outcome:
    """The values, schemas and texts of a cell's names, within a total limit."""

    def __init__(self) -> None:
        self._room = Room()
        #: By the node's id; one expression may be given to many names.
        self._texts: dict[int, str] = {}

    def default(self, value: Any) -> Any:
        """Returns a value as JSON has it, or _NOTHING."""
        try:
            return to_json(value, self._room) if value is not _NOTHING else _NOTHING
        except Unknown:
            return _NOTHING

    def bounded(self, schema: Schema) -> Schema:
        """Returns a copy of a schema, or one that takes anything."""
        try:
            self._room.take(msgspec.json.encode(schema))
        except Unknown:
            return {}
        return dict(schema)

    def described(self, text: str) -> str:
        """Returns a description, cut where it is long, or where there are many."""
        try:
            cut = str(self._room.take(text[:_MAX_DESCRIPTION]))
        except Unknown:
            cut = text[:_MAX_SHOWN]
        return cut if len(cut) == len(text) else f"{cut} …"

    def text(self, node: ast.expr) -> str:
        """Returns how an expression is written, for people."""
        if id(node) not in self._texts:
            try:
                self._texts[id(node)] = ast.unparse(node)[:_MAX_SHOWN]
            except RecursionError:
                self._texts[id(node)] = "a long expression"
        return self._texts[id(node)]


class _Found:
    """The facts about one name so far."""

    def __init__(self) -> None:
        self.value: Any = _NOTHING
        self.has_value = False
        #: What the value is written as, for people; None where that is not the whole story.
        self.source: ast.expr | None = None
        self.annotation: Schema | None = None
        self.suggested: Schema = {}
        self.description: str | None = None

    def assign(self, value: Any, source: ast.expr | None, suggested: Schema | None = None) -> None:
        self.has_value, self.value = True, value
        is_magic = isinstance(source, ast.Name) and source.id == UNKNOWN_NAME
        self.source = None if is_magic else source
        self.suggested = suggested or {}

    def inferred(self, name: str, outcome: _Outcome) -> Inferred:
        schema = outcome.bounded(self.suggested if self.annotation is None else self.annotation)
        default = outcome.default(self.value)
        if default is not _NOTHING:
            if self.annotation is not None and not fits(schema, default):
                schema = union([self.annotation, self.suggested or {"type": "null"}])
            if not fits(schema, default):
                schema = {}
            schema = {**schema, "default": default}
        elif self.source is not None:
            schema["$comment"] = f"set in the notebook to: {outcome.text(self.source)}"
        if self.description:
            schema["description"] = outcome.described(self.description)
        return Inferred(name=name, schema=schema, is_required=not self.has_value)


class _Reader:
    """Reads a cell statement by statement."""

    def __init__(self, comments: Comments) -> None:
        self.found: dict[str, _Found] = {}
        self._comments = comments
        self._values: dict[str, Any] = {}
        self._known = Known(self._values, Room())
        #: Of the statement at hand: what its expressions come to, by the node's id.
        self._evaluated: dict[int, tuple[Any, Schema]] = {}

    def read(self, statement: ast.stmt) -> None:
        self._evaluated.clear()
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
                        self._values.pop(target.id, None)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return  # the body is not executed here
            case _:
                self._forget_what_is_assigned(statement)
        self._forget_what_is_changed(statement)

    def _assign(self, target: ast.expr, value: ast.expr | None, statement: ast.stmt) -> None:
        match target:
            case ast.Name(id=name):
                found = self._at(name, statement)
                self._give(name, found, value)
                if isinstance(statement, ast.Assign):
                    written = self._comments.annotation(statement)
                    found.annotation = found.annotation if written is None else written
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
            self._give(name, found, value)

    def _augment(self, name: str, op: ast.operator, value: ast.expr) -> None:
        found = self.found.get(name)
        if found is None:
            return
        try:
            added = evaluate(value, self._known)
            made = self._known.room.take(combine(found.value, op, added))
        except Unknown:
            self._forget(name, found)
        else:
            found.assign(made, None, suggested_schema(made))
            self._values[name] = made

    def _forget_what_is_assigned(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found = self.found.get(node.id)
                if found is not None:
                    self._forget(node.id, found)

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
            if not isinstance(changed, ast.Name):
                continue
            found = self.found.get(changed.id)
            if found is not None and isinstance(found.value, list | dict | set):
                found.value, found.source = _NOTHING, None
                self._values.pop(changed.id, None)
                found.suggested = {k: v for k, v in found.suggested.items() if k == "type"}

    def _at(self, name: str, statement: ast.stmt) -> _Found:
        found = self.found.setdefault(name, _Found())
        found.description = self._comments.describe(statement) or found.description
        return found

    def _give(self, name: str, found: _Found, value: ast.expr | None) -> None:
        known, suggested = (_NOTHING, {}) if value is None else self._evaluate(value)
        found.assign(known, value, suggested)
        if known is _NOTHING:
            self._values.pop(name, None)
        else:
            self._values[name] = known

    def _forget(self, name: str, found: _Found) -> None:
        found.assign(_NOTHING, None)
        self._values.pop(name, None)

    def _evaluate(self, node: ast.expr) -> tuple[Any, Schema]:
        """Returns the value and the schema that it suggests; once for all targets of a value."""
        if id(node) not in self._evaluated:
            try:
                value = evaluate(node, self._known)
            except Unknown:
                self._evaluated[id(node)] = (_NOTHING, {})
            else:
                self._evaluated[id(node)] = (value, suggested_schema(value))
        return self._evaluated[id(node)]
