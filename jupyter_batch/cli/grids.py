"""Parameter sets of a sweep as they are typed: ``-g alpha=0.1,0.2 -g n=1..5``, or a file."""

from __future__ import annotations

import csv
import json
import os
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from jupyter_batch.cli.parameters import as_wanted, guess, read_values
from jupyter_batch.domain.sweep import MAX_SWEEP_RUNS
from jupyter_batch.errors import InvalidInput, InvalidParameters

T = TypeVar("T")

_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:\.\.({_NUMBER}))?")


class TypedSets:
    """Columns of values as they were read from texts; a text can be read again in another way."""

    def __init__(self, texts: Mapping[str, Sequence[str | None]], *, rows: bool) -> None:
        self._texts = texts
        #: Whether the columns are those of a table, a row for each run; else a grid.
        self._rows = rows
        self._columns = {
            name: [None if text is None else guess(text) for text in column]
            for name, column in texts.items()
        }

    def value(self) -> Any:
        """Returns the grid, or a dict for each row without what it leaves empty."""
        if not self._rows:
            return self._columns
        count = max((len(column) for column in self._columns.values()), default=0)
        return [
            {
                name: column[row]
                for name, column in self._columns.items()
                if self._texts[name][row] is not None
            }
            for row in range(count)
        ]

    def reread(self, error: InvalidParameters) -> bool:
        """Reads a column as the notebook wants it; returns whether that made a difference."""
        parts = str(error.details.get("field", "")).split(".")
        name = parts[2] if parts[0] == "parameter_sets" and len(parts) > 2 else parts[-1]
        wanted = error.details.get("expected")
        if name not in self._texts or not isinstance(wanted, Mapping):
            return False
        before = self._columns[name]
        after = [None if text is None else as_wanted(text, wanted) for text in self._texts[name]]
        self._columns[name] = after
        return any(type(a) is not type(b) or a != b for a, b in zip(before, after, strict=True))


class GivenSets:
    """Parameter sets of a file that says of what type each value is."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def value(self) -> Any:
        """Returns them."""
        return self._value

    def reread(self, error: InvalidParameters) -> bool:
        """There is only one way to read them."""
        return False


def send_sets(sets: TypedSets | GivenSets, send: Callable[[Any], T]) -> T:
    """Sends parameter sets; what the notebook refuses is read again as it wants it."""
    while True:
        try:
            return send(sets.value())
        except InvalidParameters as error:
            if not sets.reread(error):
                raise


def typed_grid(text: str) -> tuple[str, list[str]]:
    """Takes ``NAME=VALUES`` apart: ``a,b,c``, ``1..5``, ``0..1..0.25`` or a JSON list."""
    name, found, values = text.partition("=")
    if not found or not name.strip() or not values.strip():
        raise ArgumentTypeError(f"write NAME=VALUES, such as alpha=0.1,0.2 or n=1..5, not {text!r}")
    if values.lstrip().startswith("["):
        try:
            return name, [v if isinstance(v, str) else json.dumps(v) for v in json.loads(values)]
        except (ValueError, RecursionError) as error:
            raise ArgumentTypeError(f"{name}: {values} is no JSON list: {error}") from error
    match = _RANGE.fullmatch(values.strip())
    if match is not None:
        return name, _steps(name, *match.groups())
    try:
        return name, [value.strip() for value in next(csv.reader([values], skipinitialspace=True))]
    except (csv.Error, StopIteration) as error:
        raise ArgumentTypeError(f"{name}: these are no values, apart by commas") from error


def read_sets(path: str) -> TypedSets | GivenSets:
    """Returns the parameter sets of a CSV, JSON or YAML file; raises InvalidInput."""
    if not path.lower().endswith(".csv"):
        return GivenSets(read_values(path))
    try:
        with Path(os.path.expanduser(path)).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, ValueError, csv.Error) as error:
        raise InvalidInput(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}", field="from"
        ) from error
    names = list(reader.fieldnames or ())
    if not all(names) or any(None in row for row in rows):
        raise InvalidInput(
            f"{path}: the first line names the parameters; no other has more values", field="from"
        )
    return TypedSets({name: [row[name] or None for row in rows] for name in names}, rows=True)


def _steps(name: str, first: str, last: str, step: str | None) -> list[str]:
    try:
        at, end, by = Decimal(first), Decimal(last), Decimal(step or "1")
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{name}: a range is FIRST..LAST or FIRST..LAST..STEP") from error
    if by <= 0:
        raise ArgumentTypeError(f"{name}: the step of a range is more than 0")
    if end < at:
        raise ArgumentTypeError(f"{name}: the range {first}..{last} has nothing in it")
    if (end - at) / by >= MAX_SWEEP_RUNS:
        raise ArgumentTypeError(f"{name}: a range has at most {MAX_SWEEP_RUNS:,} values")
    values = []
    while at <= end:
        values.append(f"{at.normalize():f}" if "." in f"{first}{step or ''}" else str(at))
        at += by
    return values
