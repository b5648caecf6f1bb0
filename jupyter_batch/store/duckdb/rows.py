"""Writes and reads rows by the names of their columns.

Rows that are written together are collected by column for one INSERT: a statement costs a
millisecond, a row much less.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn

import duckdb

Connection = duckdb.DuckDBPyConnection
Values = Mapping[str, Any]


def fetch_all(connection: Connection, query: str, values: Values | None = None) -> list[Any]:
    """Returns the rows of a query; each has its columns as attributes, and nothing by position."""
    result = connection.execute(query, values or {})
    return _named(result, result.fetchall())


def fetch_some(result: Connection, count: int) -> list[Any]:
    """Returns the next rows of an executed query, as ``fetch_all`` does."""
    return _named(result, result.fetchmany(count))


def fetch_one(connection: Connection, query: str, values: Values | None = None) -> Any:
    """Returns the first row of a query, as ``fetch_all`` does, or None."""
    rows = fetch_all(connection, query, values)
    return rows[0] if rows else None


def fetch_column(connection: Connection, query: str, values: Values | None = None) -> list[Any]:
    """Returns the values of a query's only column."""
    return [value for (value,) in connection.execute(query, values or {}).fetchall()]


def fetch_value(connection: Connection, query: str, values: Values | None = None) -> Any:
    """Returns the only value of a query with one column, or None without a row."""
    column = fetch_column(connection, query, values)
    return column[0] if column else None


def insert_row(connection: Connection, table: str, columns: Values) -> None:
    """Writes one row; columns that are not named have their default."""
    connection.execute(_insert_of(table, tuple(columns)), columns)


class Rows:
    """Collects rows for a table; the first one says which columns are written."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._columns: dict[str, list[Any]] = {}

    def add(self, **columns: Any) -> None:
        """Adds a row. All rows name the same columns."""
        if not self._columns:
            self._columns = {name: [] for name in columns}
        if columns.keys() != self._columns.keys():
            raise ValueError(f"other columns than those before: {', '.join(columns)}")
        for name, values in self._columns.items():
            values.append(columns[name])

    def write(self, connection: Connection) -> None:
        """Writes the collected rows. Call it in a transaction.

        A column of one and the same value is given once: DuckDB takes a list item by item,
        which for rows that are much alike is most of the work.
        """
        if not self._columns:
            return
        names = list(self._columns)
        same = {name for name in names[1:] if _is_uniform(self._columns[name])}
        values = ", ".join(f"${name}" if name in same else f"unnest(${name})" for name in names)
        connection.execute(
            f"INSERT INTO {self._table} ({', '.join(names)}) SELECT {values}",
            {name: column[0] if name in same else column for name, column in self._columns.items()},
        )


def _is_uniform(values: list[Any]) -> bool:
    return values[0] == values[-1] and values.count(values[0]) == len(values)


@cache
def _insert_of(table: str, names: tuple[str, ...]) -> str:
    values = ", ".join(f"${name}" for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"


def _named(result: Connection, rows: list[tuple[Any, ...]]) -> list[Any]:
    if not rows:
        return []
    names = tuple(column[0] for column in result.description or ())
    return list(map(_row_type(names)._make, rows))


@cache
def _row_type(names: tuple[str, ...]) -> Any:
    columns: Any = namedtuple("Row", names)  # type: ignore[misc]
    return type("Row", (columns,), {"__slots__": (), "__getitem__": _refuse, "__iter__": _refuse})


def _refuse(row: Any, *_: object) -> NoReturn:
    raise TypeError("a row is read by the names of its columns, not by position")
