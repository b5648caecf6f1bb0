"""Decodes bodies and arguments strictly, and names the field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from jupyter_batch.domain.nesting import count_real_values, count_values
from jupyter_batch.errors import InvalidInput, TooLarge

T = TypeVar("T")

#: Values in one field of a body: numbers, texts, lists, objects, each in a list or an object.
MAX_VALUES = 100_000
#: In a whole body, those of a notebook included.
MAX_BODY_VALUES = 5_000_000

#: The field of an error that is about the body as a whole.
BODY = "body"

_AT = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?:unknown|required) field `(?P<name>.*)`$", re.DOTALL)
#: Arguments that browsers and Jupyter add to any address.
_OF_JUPYTER = frozenset({"token", "_xsrf", "no_track_activity", "_"})


def decode_body(body: bytes, shape: type[T]) -> T:
    """Returns the body in its shape; raises InvalidInput with the path of the field."""
    if not body.strip():
        body = b"{}"
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the body is not JSON: {error}", field=BODY) from error
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply", field=BODY) from error


def decode_value(value: Any, shape: type[T]) -> T:
    """Does the same as ``decode_body`` for a body that has been read already."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error


def decode_bounded(body: bytes, shape: type[T]) -> T:
    """Does the same as ``decode_body`` for a large body; raises TooLarge for too many values.

    What is kept as it came (a notebook) may have more of them. It blocks, but never for long at
    a time: for a thread.
    """
    most = getattr(shape, "max_values", MAX_VALUES)
    found = count_values(body, most=MAX_BODY_VALUES)
    if found > MAX_BODY_VALUES:
        raise TooLarge(
            f"the body has more than {MAX_BODY_VALUES:,} values", field=BODY, limit=MAX_BODY_VALUES
        )
    if found > most:
        for name, raw in _fields_of(body, shape).items():
            if count_real_values(raw, most=most) > most:
                raise TooLarge(f"{name} has more than {most:,} values", field=name, limit=most)
    return decode_body(body, shape)


def _fields_of(body: bytes, shape: type[Any]) -> dict[str, bytes]:
    """Returns the fields of a body that will be read into objects, as they came."""
    read = decode_body(body, _unread(shape))  # type: ignore[arg-type]
    found: dict[str, bytes] = {}
    for field in msgspec.structs.fields(shape):
        raw = getattr(read, field.name)
        stays = field.type is msgspec.Raw or msgspec.Raw in get_args(field.type)
        if isinstance(raw, msgspec.Raw) and not stays:
            found[field.encode_name] = bytes(memoryview(raw))
    return {name: raw for name, raw in found.items() if len(raw) > 1}


@cache
def _unread(shape: type[Any]) -> type[Any]:
    """Returns the shape with nothing of its fields read."""
    fields = msgspec.structs.fields(shape)
    unread: Any = msgspec.Raw | msgspec.UnsetType
    return msgspec.defstruct(
        f"Unread{shape.__name__}",
        [(field.name, unread, msgspec.UNSET) for field in fields],
        rename={field.name: field.encode_name for field in fields},
        forbid_unknown_fields=True,
        kw_only=True,
    )


def decode_arguments(arguments: Mapping[str, Sequence[str]], shape: type[T]) -> T:
    """Returns the arguments in their shape; raises InvalidInput naming the argument."""
    lists = {name for name, hint in get_type_hints(shape).items() if get_origin(hint) is tuple}
    given: dict[str, object] = {}
    for name, values in arguments.items():
        # JupyterLab adds the time of day as a nameless argument to get round caches.
        if name in _OF_JUPYTER or (name.isdigit() and not any(values)):
            continue
        if name in lists:
            given[name] = [part for value in values for part in value.split(",")]
        elif len(values) > 1:
            raise InvalidInput(f"{name} is given {len(values)} times", field=name)
        else:
            given[name] = values[0]
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), whole=True) from error


def _invalid(message: str, *, whole: bool = False) -> InvalidInput:
    """Makes our error of msgspec's message; ``whole`` lists fields that have no index."""
    at = _AT.search(message)
    sentence = message[: at.start()] if at else message
    field = _dotted(at["path"]) if at else ""
    named = _NAMED.search(sentence)
    if named:
        field = f"{field}.{named['name']}".lstrip(".")
    if whole:
        field = field.partition(".")[0]
    sentence = sentence[:1].lower() + sentence[1:]
    return InvalidInput(f"{field or BODY}: {sentence}", field=field or BODY)


def _dotted(path: str) -> str:
    """Turns ``.uploads[0].path`` into ``uploads.0.path``."""
    path = path.replace("[...]", "")
    return re.sub(r"\[(\d+)\]", r".\1", path).strip(".")
