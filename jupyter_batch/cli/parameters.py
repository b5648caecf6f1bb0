"""Reads parameters from arguments (``-p alpha 0.5``) and files."""

from __future__ import annotations

import ast
import json
import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from jupyter_batch.errors import InvalidInput, InvalidParameters

T = TypeVar("T")

#: Stands between the parts of a joined ``-p NAME VALUE``; no argument can contain it.
_APART = "\0"
_FLAGS = ("-p", "--parameter", "--param")
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_NULL = frozenset({"null", "none", "~", ""})


def join_parameters(arguments: Sequence[str]) -> list[str]:
    """Makes one argument of each ``-p NAME VALUE``, so that a value may begin with a dash."""
    joined: list[str] = []
    rest = list(arguments)
    while rest:
        if rest[0] == "--":
            return joined + rest
        if rest[0] in _FLAGS and len(rest) >= 3:
            joined.append(f"-p{rest[1]}{_APART}{rest[2]}")
            del rest[:3]
        else:
            joined.append(rest.pop(0))
    return joined


def typed_parameter(joined: str) -> tuple[str, str]:
    """Takes a joined parameter apart."""
    name, found, value = joined.partition(_APART)
    if not found:
        raise ArgumentTypeError(f"a parameter is a name and a value: -p {name} VALUE")
    if "=" in name:
        bare, _, given = name.partition("=")
        raise ArgumentTypeError(f"write -p {bare} {given or 'VALUE'}, without '='")
    return name, value


def read_values(path: str) -> Any:
    """Returns the content of a JSON or YAML file; raises InvalidInput."""
    try:
        text = Path(os.path.expanduser(path)).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}", field="parameters"
        ) from error
    return _json(text, path) if path.lower().endswith(".json") else _yaml(text, path)


def read_file(path: str) -> dict[str, Any]:
    """Returns the parameters of a JSON or YAML file; raises InvalidInput."""
    values = read_values(path)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InvalidInput(f"{path} must hold names and values, one to a line", field="parameters")
    return {str(name): value for name, value in values.items()}


def send_typed(
    known: Mapping[str, Any], typed: Sequence[tuple[str, str]], send: Callable[[dict[str, Any]], T]
) -> T:
    """Sends parameters; a typed one that the notebook refuses is read again as it wants it.

    ``-p name 1`` is the number 1 until the notebook says that it takes a text. The server's
    schema is the only judge of that; it comes with the refusal.
    """
    texts = dict(typed)
    values = {**known, **{name: guess(text) for name, text in texts.items()}}
    while True:
        try:
            return send(values)
        except InvalidParameters as error:
            name = str(error.details.get("field", "")).split(".")[1:2]
            wanted = error.details.get("expected")
            if not name or name[0] not in texts or not isinstance(wanted, Mapping):
                raise
            other = as_wanted(texts[name[0]], wanted)
            if _same(other, values[name[0]]):
                raise
            values = {**values, name[0]: other}


def guess(text: str) -> Any:
    """Returns a number, a boolean, null, a list or an object where the text is one in JSON.

    Everything else is a text, just as it stands, quotes included.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {"True": True, "False": False, "None": None}.get(text, text)
    return text if isinstance(value, str) else value


def as_wanted(text: str, schema: Mapping[str, Any]) -> Any:
    """Returns the text as a value of a schema where it can be read so, else what it looks like."""
    for choice in schema.get("enum", ()):
        if text == choice or guess(text) == choice or text == str(choice):
            return choice
    for name in ("anyOf", "oneOf"):
        for option in schema.get(name, ()):
            value = as_wanted(text, option)
            if _is_a(value, option.get("type")):
                return value
    wanted = schema.get("type", ())
    for kind in [wanted] if isinstance(wanted, str) else wanted:
        value = _read(text, kind)
        if _is_a(value, kind):
            return value
    return guess(text)


def _read(text: str, kind: str) -> Any:
    word = text.strip().lower()
    if kind == "string":
        return text
    if kind == "null":
        return None if word in _NULL else text
    if kind == "boolean":
        return True if word in _YES else False if word in _NO else text
    try:
        if kind in ("array", "object"):
            value = guess(text)
            return ast.literal_eval(text) if isinstance(value, str) else value
        return int(text) if kind == "integer" else float(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _is_a(value: Any, kind: str | None) -> bool:
    shapes: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "null": (type(None),),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
        "array": (list, tuple),
        "object": (dict,),
    }
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, shapes.get(kind or "", ()))


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _json(text: str, path: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not JSON: {error}", field="parameters") from error


def _yaml(text: str, path: str) -> Any:
    try:
        return msgspec.yaml.decode(text)
    except msgspec.DecodeError as error:
        # The YAML reader's message has several lines, with the place in a text without a name.
        why = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
        raise InvalidInput(f"{path} is not YAML: {why}", field="parameters") from error
    except Exception as error:
        # A date that there is not, a number of too many digits, too deep a list: the YAML reader
        # lets what Python says of a value come through as it is.
        raise InvalidInput(
            f"{path} has a value that cannot be read: {error}", field="parameters"
        ) from error
