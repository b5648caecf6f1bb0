"""Values that people hand over in Python, as JSON can carry them without loss."""

from __future__ import annotations

import dataclasses
import enum
import math
import numbers
from collections.abc import Mapping, Set
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from uuid import UUID

from jupyter_batch.errors import InvalidParameters

#: As deep as the server takes them.
_MAX_DEPTH = 64
#: Python itself makes no text of longer whole numbers.
_MAX_BITS = 4096
_KINDS = "parameters are numbers, texts, booleans, None, lists and dicts of those"


def plain(value: Any, field: str) -> Any:
    """Returns a parameter's value as JSON can carry it without loss; raises InvalidParameters.

    Of a class that is a kind of bool, int, float or str, numpy's among them, the plain value;
    arrays and Series as lists, dates and times as ISO 8601, paths, UUIDs and Decimals as text.
    """
    return _plain(value, field, _MAX_DEPTH)


def scalar(value: Any) -> Any:
    """Returns a scalar as Python's own int, float or str, and any other value as it is.

    Scalars are NumPy's, and values of subclasses of int, float and str.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, enum.Enum) and not isinstance(value, int | float | str):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if _module(value) == "numpy" and getattr(value, "shape", None) == ():
        if value.dtype.kind == "b":
            return bool(value)
        if value.dtype.kind in "iu":
            return int(value)
        if value.dtype.kind == "f":
            return float(value)
    return value


def plain_name(name: Any, field: str) -> str:
    """Returns the name of a parameter, or a key of a mapping; raises InvalidParameters."""
    own = scalar(name)
    if not isinstance(own, str):
        raise _refused(field, f"the name {shown(name)} is no text")
    return _text(own, field)


def _plain(given: Any, field: str, depth: int) -> Any:
    value = scalar(given)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() > _MAX_BITS:
            raise _refused(field, "a whole number of so many digits cannot be sent; send a text")
        return value
    if isinstance(value, str):
        return _text(value, field)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise _refused(field, f"JSON has no {value}; send None or a text")
    if depth == 0:
        raise _refused(field, f"the value is nested more than {_MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {
            plain_name(key, field): _plain(item, f"{field}.{key}", depth - 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, f"{field}.{i}", depth - 1) for i, item in enumerate(value)]
    return _special(value, field, depth)


def _special(value: Any, field: str, depth: int) -> Any:
    kind = type(value).__name__
    if kind in ("NaTType", "NAType"):
        raise _refused(field, f"JSON has no {value}; send None or a text")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal) and not value.is_finite():
        raise _refused(field, f"JSON has no {value}; send None or a text")
    if isinstance(value, PurePath | UUID | Decimal):
        return _text(str(value), field)
    if isinstance(value, Set):
        raise _refused(field, f"a {kind} has no order; send a list, such as sorted(...)")
    if isinstance(value, enum.Enum):
        raise _refused(field, f"a {kind} cannot be sent; send its .value")
    if dataclasses.is_dataclass(value):
        raise _refused(field, f"a {kind} cannot be sent; send a dict: dataclasses.asdict(...)")
    if isinstance(value, Fraction | complex):
        raise _refused(field, f"JSON has no {kind}; send a float or a text")
    return _foreign(value, field, depth)


def _foreign(value: Any, field: str, depth: int) -> Any:
    """Returns numbers, arrays and columns of other libraries as numbers and lists."""
    dtype = str(getattr(value, "dtype", ""))
    is_scalar = getattr(value, "shape", None) == () or not callable(getattr(value, "tolist", None))
    try:
        if dtype.startswith("datetime64") and _module(value) == "numpy":
            # As numbers they would be counts of whatever their unit is.
            return _plain(_datetimes(value), field, depth - 1)
        if dtype.startswith("timedelta64"):
            raise _refused(field, "a time span cannot be sent; send its seconds")
        if isinstance(value, numbers.Real) and is_scalar:
            number = int(value) if isinstance(value, numbers.Integral) else float(value)
            return _plain(number, field, depth - 1)
        for name in ("item", "tolist") if is_scalar else ("tolist",):
            convert = getattr(value, name, None)
            if callable(convert):
                found = convert()
                if type(found) is not type(value):
                    return _plain(found, field, depth - 1)
    except (InvalidParameters, MemoryError):
        raise
    except Exception:  # Whatever the code of other libraries raises.
        pass
    hint = "; send a column's .tolist(), or use it as the grid of a sweep"
    more = hint if hasattr(value, "columns") else ""
    raise _refused(field, f"a {type(value).__name__} cannot be sent; {_KINDS}{more}")


def _datetimes(value: Any) -> Any:
    """Returns numpy's instants as datetimes, or as ISO 8601 where these are not exact; NaN for NaT."""
    if bool((value != value).any()):
        return float("nan")
    micro = value.astype("datetime64[us]")
    if "datetime64[D]" in str(value.dtype):
        micro = value
    if bool((micro == value).all()):
        return micro.tolist()
    return value.astype(str).tolist()


def _text(text: str, field: str) -> str:
    if not is_sendable(text):
        raise _refused(field, f"{ascii(text)[:200]} holds half of a character and cannot be sent")
    return text


def is_sendable(text: str) -> bool:
    """Returns whether UTF-8 can hold a text: no halves of characters (lone surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _module(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def shown(value: Any) -> str:
    """Returns a value as people read it in a message, whatever its class does."""
    try:
        return repr(value)[:200]
    except Exception:  # A class of the caller's.
        return f"of type {type(value).__name__}"


def _refused(field: str, why: str) -> InvalidParameters:
    return InvalidParameters(f"{field}: {why}", field=field)
