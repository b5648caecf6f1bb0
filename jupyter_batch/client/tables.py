"""Rows with named columns, for people and for pandas."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, overload

from jupyter_batch.client import html
from jupyter_batch.errors import BatchError, InvalidInput

_SHOWN = 50
#: An id fits.
_WIDTH = 26


class Table(Sequence[Mapping[str, Any]]):
    """Rows with named columns, each a mapping from column to value.

    ``table[0]`` is a row, ``table[:10]`` a table of ten rows, ``table["state"]`` the list of a
    column's values.

    Parameters
    ----------
    columns : list of str
        Names of the columns, in order.
    rows : list of dict
        The rows. A value that is missing is None.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        self._columns = tuple(columns)
        self._rows = [{name: row.get(name) for name in self._columns} for row in rows]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return self._columns

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Table: ...

    @overload
    def __getitem__(self, index: str) -> list[Any]: ...

    def __getitem__(self, index: int | slice | str) -> Any:
        """Returns a row, some rows as a table, or the values of a column."""
        if isinstance(index, str):
            if index not in self._columns:
                raise InvalidInput(
                    f"there is no column {index!r}; there are: {', '.join(self._columns)}",
                    field="column",
                )
            return [row[index] for row in self._rows]
        if isinstance(index, slice):
            return Table(self._columns, self._rows[index])
        return self._rows[index]

    def to_pandas(self) -> Any:
        """Returns the table as a DataFrame.

        Returns
        -------
        pandas.DataFrame
            The table.

        Raises
        ------
        BatchError
            pandas is not installed.
        """
        try:
            import pandas  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise BatchError(
                "pandas is not installed here: pip install pandas; without it, the table can be "
                "iterated, and to_csv() writes it to a file"
            ) from error
        return pandas.DataFrame(self._rows, columns=list(self._columns))

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the table to a CSV file.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        pathlib.Path
            The file.
        """
        target = Path(path)
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(self._columns)
            writer.writerows([_plain(value) for value in row.values()] for row in self._rows)
        return target

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._columns)

    def __repr__(self) -> str:
        shown = [[_short(row[name]) for name in self._columns] for row in self._rows[:_SHOWN]]
        lines = [list(self._columns), *shown]
        widths = [max(len(line[n]) for line in lines) for n in range(len(self._columns))]
        told = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        if len(self) > _SHOWN:
            told.append(f"… {len(self) - _SHOWN:,} more rows")
        return "\n".join(told)

    def _repr_html_(self) -> str:
        numbers = [
            place
            for place, name in enumerate(self._columns)
            if any(_is_number(row[name]) for row in self._rows[:_SHOWN])
        ]
        rows = [[_cell(name, row[name]) for name in self._columns] for row in self._rows[:_SHOWN]]
        shown = html.table(self._columns, rows, numbers=numbers)
        if len(self) > _SHOWN:
            return html.joined(shown, html.dim(f"… {len(self) - _SHOWN:,} more rows"))
        return shown


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return html.instant(value)
    if name == "state" and isinstance(value, str):
        return html.dot(value)
    return html.code(html.json_text(value)) if isinstance(value, dict | list) else _short(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    text = html.json_text(value) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return html.json_text(value) if isinstance(value, dict | list) else value
