"""Values as they are recorded: a type, and JSON that every reader takes."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from typing import Any, Dict, List, Tuple

from ..errors import InvalidInput, TooLarge

#: Of one value, as JSON.
MAX_BYTES = 4 * 1024 * 1024
_DEPTH = 50
_SURROGATES = re.compile("[\ud800-\udfff]")


def encoded(name: str, value: Any) -> Tuple[str, str]:
    """Returns the type and the JSON text of a value; raises InvalidInput, TooLarge.

    Types: ``number`` (NaN and infinities as the texts ``"NaN"``, ``"Infinity"``,
    ``"-Infinity"``), ``text``, ``bool``, ``none``, ``datetime`` (ISO 8601), ``table``
    (``{"columns": [{"name", "dtype", "values"}], "index": [...] or null, "rows": n}``),
    ``json`` for lists and mappings, in which numbers that JSON does not have become null.
    """
    kind, plain = _typed(name, value)
    try:
        text = json.dumps(plain, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{name} cannot be recorded: {error}", field=name) from error
    if len(text) > MAX_BYTES:
        raise TooLarge(
            f"the result {name!r} has {len(text)} bytes as JSON, more than {MAX_BYTES}: record "
            "a summary, and write the whole to a file in jb.current().output",
            field=name,
            limit=MAX_BYTES,
        )
    return kind, text


def _typed(name: str, value: Any) -> Tuple[str, Any]:
    try:
        return _typed_value(name, value)
    except (InvalidInput, TooLarge, MemoryError):
        raise
    except Exception as error:  # Whatever the code of other libraries raises.
        raise InvalidInput(f"{name} cannot be recorded: {error}", field=name) from error


def _typed_value(name: str, value: Any) -> Tuple[str, Any]:
    value = unwrapped(value)
    if value is None or isinstance(value, bool):
        return ("none" if value is None else "bool"), value
    if isinstance(value, int):
        return "number", int(value)
    if isinstance(value, float):
        return "number", number(value)
    if isinstance(value, str):
        return "text", _text(value)
    if isinstance(value, (datetime, date)):
        return "datetime", value.isoformat()
    if is_frame(value):
        return "table", _table(name, value)
    if _is_series(value):
        return "table", _table(name, value.to_frame())
    return "json", _plain(name, value, _DEPTH)


def unwrapped(value: Any) -> Any:
    """Returns numpy's and pandas' scalars as Python's own; other values as they are."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and getattr(value, "shape", None) == ():
        return _of_numpy(value)
    if module == "pandas":
        if type(value).__name__ in ("NAType", "NaTType"):
            return None
        if type(value).__name__ == "Timestamp":
            return value.to_pydatetime(warn=False)
    return value


def _of_numpy(value: Any) -> Any:
    kind = value.dtype.kind
    if kind == "f":
        # The long ones have no other way to one of Python's.
        return float(value)
    if kind in "mM":
        found = _times(value).item()
        # Beyond the years of Python's calendar it would be a plain count.
        return str(value) if isinstance(found, int) else found
    return value.item()


def _times(value: Any) -> Any:
    """Returns numpy's instants or time spans in units that Python has: others are plain counts."""
    unit = str(value.dtype).partition("[")[2].rstrip("]")
    name = "datetime64" if value.dtype.kind == "M" else "timedelta64"
    return value if unit == "D" and name == "datetime64" else value.astype(f"{name}[us]")


def _text(value: str) -> str:
    """Returns a text, of whatever class, as Python's own, and as UTF-8 can hold it."""
    text = str.__str__(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = _SURROGATES.sub("\ufffd", text)
    return text


def number(value: float) -> Any:
    """Returns a number as JSON has it, or the text that stands for one that it has not."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def is_frame(value: Any) -> bool:
    """Returns whether it is a pandas data frame."""
    return _is_pandas(value, "DataFrame")


def _is_series(value: Any) -> bool:
    return _is_pandas(value, "Series")


def _is_pandas(value: Any, name: str) -> bool:
    return any(
        kind.__name__ == name and kind.__module__.partition(".")[0] == "pandas"
        for kind in type(value).__mro__
    )


def _plain(name: str, value: Any, depth: int) -> Any:
    """Returns lists, mappings and scalars only; raises InvalidInput naming the place."""
    value = unwrapped(value)
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth == 0:
        raise InvalidInput(f"{name} is nested too deeply to be recorded", field=name)
    if isinstance(value, dict):
        return {
            _text(str(unwrapped(key))): _plain(f"{name}.{key}", item, depth - 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        return [_plain(f"{name}.{no}", item, depth - 1) for no, item in enumerate(items)]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        dates = getattr(getattr(value, "dtype", None), "kind", "") in ("m", "M")
        return _plain(name, (_times(value) if dates else value).tolist(), depth - 1)
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise InvalidInput(
        f"{name} is a {kind}, which cannot be recorded: record numbers, texts, bools, None, "
        "dates, lists and mappings of these, or a pandas DataFrame; write anything else to a "
        "file in jb.current().output",
        field=name,
    )


def _table(name: str, frame: Any) -> Dict[str, Any]:
    index = frame.index
    is_plain = type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1)
    labels = None if is_plain and index.name is None else index.to_frame(index=False)
    names = None if labels is None else list(index.names)
    return {
        "columns": _columns(name, frame, list(frame.columns)),
        "index": None if labels is None else _columns(name, labels, names or []),
        "rows": len(frame),
    }


def _columns(name: str, frame: Any, labels: List[Any]) -> List[Dict[str, Any]]:
    columns = []
    for no, label in enumerate(labels):
        series = frame.iloc[:, no]
        where = f"{name}.{label}"
        columns.append(
            {
                "name": _plain(name, label, 2),
                "dtype": str(series.dtype),
                "values": _cells(where, series),
            }
        )
    return columns


def _cells(where: str, series: Any) -> List[Any]:
    kind = getattr(series.dtype, "kind", "O")
    values = series.tolist()
    if kind in "biu" and not hasattr(series.dtype, "na_value"):
        return list(values)
    if kind == "f" and not hasattr(series.dtype, "na_value"):
        return [_cell_number(value) for value in values]
    missing = series.isna().tolist()
    if kind == "m":
        cells = [None if m else v.total_seconds() for v, m in zip(values, missing)]  # noqa: B905
    else:
        cells = [
            None if m is True else _plain(where, v, _DEPTH)
            for v, m in zip(values, missing)  # noqa: B905
        ]
    return cells


def _cell_number(value: float) -> Any:
    """Returns a cell of a column of numbers: missing is null, as pandas means it."""
    return None if math.isnan(value) else number(value)
