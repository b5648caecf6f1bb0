"""Evaluates expressions made of literals, without executing anything."""

from __future__ import annotations

import ast
import datetime as dt
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_SIZED = (str, bytes, list, tuple, dict, set, frozenset)
_SCALARS = (bool, int, float, str, bytes, dt.date, dt.time, type(None))
_MAX_ITEMS = 100_000
_MAX_BITS = 4096

_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
#: Constructors without effects, by the last part of their name.
_CALLS: dict[str, Callable[..., Any]] = {
    "bool": bool,
    "date": dt.date,
    "datetime": dt.datetime,
    "dict": dict,
    "float": float,
    "frozenset": frozenset,
    "int": int,
    "list": list,
    "set": set,
    "str": lambda value="": str(_scalar(value)),
    "time": dt.time,
    "tuple": tuple,
}
_FROM_TEXT: dict[str, Callable[..., Any]] = {
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
}
_CONSTANTS = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e, "tau": math.tau}
_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
_CONSTANT_MODULES = frozenset({"math", "np", "numpy"})


#: Items and characters that all values of one cell may be made of.
_ROOM = 4_000_000


class Unknown(Exception):
    """The value of the expression cannot be known by reading it."""


class Room:
    """The remaining limit for the values of one cell, which bounds the work of reading it."""

    def __init__(self, left: int = _ROOM) -> None:
        self._left = left

    def take(self, value: Any) -> Any:
        """Returns a value that has just been made; raises Unknown where there is no room."""
        self._left -= 1 + _length(value)
        if self._left < 0:
            raise Unknown
        return value


class Known(Mapping[str, Any]):
    """The names of a cell whose values are known, and the room that is left for more."""

    def __init__(self, values: Mapping[str, Any], room: Room) -> None:
        self._values = values
        self.room = room

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Returns the value of an expression; ``names`` are the values known so far.

    Raises Unknown for all but literals, arithmetic on them, and a few constructors (dates,
    paths, containers, numbers) given such.
    """
    try:
        return _value(node, names)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise Unknown from error


def combine(left: Any, op: ast.operator, right: Any) -> Any:
    """Returns ``left op right``; raises Unknown where it fails or would become very large."""
    function = _BINARY.get(type(op))
    if function is None or not _is_modest(left, op, right):
        raise Unknown
    try:
        return function(left, right)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Unknown from error


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return _scalar(names[name])
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, names))
        case ast.BinOp(left=left, op=op, right=right):
            return _taken(combine(_value(left, names), op, _value(right, names)), names)
        case ast.Tuple(elts=items):
            return tuple(_value(item, names) for item in items)
        case ast.List(elts=items):
            return [_value(item, names) for item in items]
        case ast.Set(elts=items):
            return {_value(item, names) for item in items}
        case ast.Dict(keys=keys, values=values):
            return {_key(k, names): _value(v, names) for k, v in zip(keys, values, strict=True)}
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in _CONSTANT_MODULES:
            return _CONSTANTS[name]
        case ast.Call():
            return _taken(_call(node, names), names)
    raise Unknown


def _taken(value: Any, names: Mapping[str, Any]) -> Any:
    return names.room.take(value) if isinstance(names, Known) else value


def _scalar(value: Any) -> Any:
    """Containers are not looked up: one that holds another twice, forty times over, is endless."""
    if isinstance(value, _SCALARS):
        return value
    raise Unknown


def _key(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    if node is None:  # ``**other``
        raise Unknown
    return _value(node, names)


def _text(part: ast.expr) -> str:
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return part.value
    raise Unknown


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    args = [_value(arg, names) for arg in node.args]
    keywords = {kw.arg: _value(kw.value, names) for kw in node.keywords if kw.arg is not None}
    if len(keywords) != len(node.keywords):
        raise Unknown
    if name == "fromisoformat" and isinstance(function, ast.Attribute):
        owner = getattr(function.value, "attr", getattr(function.value, "id", ""))
        return _FROM_TEXT[owner](*args)
    if name in _PATHS:
        return "/".join(args)
    return _CALLS[name](*args, **keywords)


def _is_modest(left: Any, op: ast.operator, right: Any) -> bool:
    """Returns whether the result stays small, so that a cell cannot use up time or memory."""
    if _are_numbers(left, right):
        if isinstance(left, float) or isinstance(right, float):
            return True
        bits: int = left.bit_length()
        if isinstance(op, ast.Pow):
            bits *= abs(right)
        elif isinstance(op, ast.LShift):
            bits += max(right, 0)
        else:
            bits += right.bit_length()
        return bits <= _MAX_BITS
    if isinstance(op, ast.Mult):
        count, items = (left, right) if isinstance(left, int) else (right, left)
        return isinstance(count, int) and _length(items) * abs(count) <= _MAX_ITEMS
    # Of other types only what adds up: ``"%1000000000d" % 1`` would format a string.
    return not isinstance(op, ast.Mod | ast.Pow | ast.LShift) and (
        _length(left) + _length(right) <= _MAX_ITEMS
    )


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, _SIZED) else 1
