"""Converts the parameter sets that a caller gives for a sweep to their wire form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import islice
from typing import Any

from jupyter_batch.client.arguments.plain_values import plain, plain_name, shown
from jupyter_batch.domain.sweep import MAX_SWEEP_RUNS, check_size
from jupyter_batch.errors import InvalidInput, InvalidParameters

#: Values by name, or one mapping for each run; a pandas DataFrame is a set for each row.
Grid = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]


def grid_on_the_wire(grid: Grid) -> dict[str, Any]:
    """Returns ``grid`` or ``parameter_sets`` of the request; raises InvalidInput, TooLarge."""
    given: Any = grid
    to_dict = getattr(given, "to_dict", None)
    if callable(to_dict) and hasattr(given, "columns"):
        given = to_dict(orient="records")
    if isinstance(given, Mapping):
        return {"grid": _values_by_name(given)}
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidInput(
            'grid is a dict of lists, such as {"alpha": [0.1, 0.2]}, or a list of dicts, one for '
            f"each run; not a {type(given).__name__}",
            field="grid",
        )
    return {"parameter_sets": _sets(given)}


def _values_by_name(grid: Mapping[Any, Any]) -> dict[str, list[Any]]:
    if not grid:
        raise InvalidInput("the grid is empty: name a parameter and its values", field="grid")
    made: dict[str, list[Any]] = {}
    for key, values in grid.items():
        name = plain_name(key, "grid")
        field = f"grid.{name}"
        if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
            raise InvalidInput(
                f"{field} is a list of values, not {shown(values)}; what all runs share goes into "
                "parameters",
                field=field,
            )
        made[name] = [plain(value, f"{field}.{n}") for n, value in enumerate(_some(values, field))]
        if not made[name]:
            raise InvalidInput(f"{field} has no values to sweep over", field=field)
    check_size(math.prod(len(values) for values in made.values()), field="grid")
    return made


def _sets(grid: Iterable[Any]) -> list[dict[str, Any]]:
    sets = _some(grid, "grid")
    check_size(len(sets), field="parameter_sets")
    made = []
    for index, values in enumerate(sets):
        field = f"parameter_sets.{index}"
        if not isinstance(values, Mapping):
            raise InvalidInput(
                f"{field} is a dict of parameters, not {shown(values)}", field=field, index=index
            )
        try:
            made.append(
                {
                    plain_name(name, field): plain(value, f"{field}.{name}")
                    for name, value in values.items()
                }
            )
        except InvalidParameters as error:
            error.details["index"] = index
            raise
    return made


def _some(values: Iterable[Any], field: str) -> Sequence[Any]:
    """Reads one more than there may be, so that what never ends is refused, too."""
    if isinstance(values, Set):
        raise InvalidInput(f"{field}: a set has no order; send a list", field=field)
    try:
        return list(islice(values, MAX_SWEEP_RUNS + 1))
    except TypeError as error:  # As of numpy's arrays without a dimension.
        raise InvalidInput(f"{field} is a list of values: {error}", field=field) from error
