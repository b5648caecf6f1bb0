"""Values as they come over the wire, made Python's and pandas' again."""

from __future__ import annotations

import base64
import importlib
import io
from datetime import UTC, date, datetime
from typing import Any

from jupyter_batch.errors import BatchError

_SPECIAL = {"NaN", "Infinity", "-Infinity"}


def result_value(kind: str, value: Any) -> Any:
    """Returns what a notebook has recorded; tables as pandas' frames.

    Raises BatchError where a table is asked for and pandas is not installed.
    """
    if kind == "number" and value in _SPECIAL:
        return float(value)
    if kind == "datetime" and isinstance(value, str):
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if kind == "table" and value is not None:
        return _frame(value)
    if kind == "parquet" and value is not None:
        pandas = pandas_module()
        try:
            return pandas.read_parquet(io.BytesIO(base64.b64decode(value)))
        except ImportError as error:
            raise BatchError(
                "a data frame that scrapbook has glued is a Parquet file; to read it: "
                "pip install pyarrow"
            ) from error
    return value


def pandas_module() -> Any:
    """Returns pandas; raises BatchError that says how to install it."""
    try:
        return importlib.import_module("pandas")
    except ImportError as error:
        raise BatchError(
            "pandas is not installed here: pip install jupyter_batch[pandas]"
        ) from error


def sql_column(pandas: Any, kind: str, values: list[Any]) -> Any:
    """Returns a column of an answer to SQL with the type that it has there."""
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        numbers = [None if value is None else float(value) for value in values]
        return pandas.Series(numbers, dtype="float64")
    if kind.startswith("TIMESTAMP"):
        instants = [None if value is None else _utc(str(value)) for value in values]
        return pandas.Series(instants, dtype="datetime64[us, UTC]")
    if kind.endswith("INT") or kind == "INTEGER":
        whole = all(isinstance(value, int) for value in values)
        large = any(isinstance(value, float) for value in values)
        return pandas.Series(values, dtype="int64" if whole else "float64" if large else "Int64")
    if kind == "BOOLEAN":
        whole = None not in values
        return pandas.Series(values, dtype="bool" if whole else "boolean")
    if kind == "INTERVAL":
        return pandas.to_timedelta(pandas.Series(values, dtype="float64"), unit="s")
    return pandas.Series(values, dtype="object")


def sql_value(kind: str, value: Any) -> Any:
    """Returns a value of an answer to SQL as Python's."""
    if value is None:
        return None
    if kind in ("DOUBLE", "FLOAT"):
        return float(value)
    if kind.startswith("TIMESTAMP"):
        return _utc(str(value))
    return value


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _frame(table: dict[str, Any]) -> Any:
    pandas = pandas_module()
    columns = [_series(pandas, column) for column in table["columns"]]
    names = [_label(column["name"]) for column in table["columns"]]
    frame = pandas.concat(columns, axis=1) if columns else pandas.DataFrame()
    if not columns:
        frame = pandas.DataFrame(index=range(table.get("rows", 0)))
    frame.columns = names
    if table.get("index"):
        levels = [_series(pandas, level) for level in table["index"]]
        labels = [_label(level["name"]) for level in table["index"]]
        frame.index = (
            pandas.Index(levels[0], name=labels[0])
            if len(levels) == 1
            else pandas.MultiIndex.from_arrays(levels, names=labels)
        )
    return frame


def _label(name: Any) -> Any:
    return tuple(name) if isinstance(name, list) else name


def _series(pandas: Any, column: dict[str, Any]) -> Any:
    values, dtype = column["values"], str(column["dtype"])
    if dtype.startswith("datetime64"):
        return pandas.Series(pandas.to_datetime(pandas.Series(values), format="ISO8601")).astype(
            dtype
        )
    if dtype.startswith("timedelta64"):
        return pandas.to_timedelta(pandas.Series(values, dtype="float64"), unit="s").astype(dtype)
    if dtype.startswith("float"):
        numbers = [float("nan") if value is None else float(value) for value in values]
        return pandas.Series(numbers, dtype=dtype)
    try:
        return pandas.Series(values, dtype=dtype)
    except (TypeError, ValueError):
        # A type that this pandas does not have, such as a category's.
        return pandas.Series(values, dtype="object")
