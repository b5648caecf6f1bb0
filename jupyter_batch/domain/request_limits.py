"""Limits of what callers may give. The wire, the services and the panel have them from here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_type_hints

import msgspec

#: The greatest whole number that JSON keeps everywhere.
LARGEST_INTEGER = 2**53

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Description = Annotated[str, msgspec.Meta(max_length=10_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=366 * 24 * 3600)]
Priority = Annotated[int, msgspec.Meta(ge=-1000, le=1000)]
Concurrency = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
BackfillConcurrency = Annotated[int, msgspec.Meta(ge=1, le=1000)]
FailureCount = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]
KeepRuns = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]
KeepDays = Annotated[float, msgspec.Meta(gt=0, le=36_600)]


def outside_limits(value: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yields name and sentence for each number of a value that its field does not allow."""
    for name, limit, sentence in _number_limits(type(value)):
        number = getattr(value, name)
        if number is not None and not _is_within(number, limit):
            yield name, f"{name} is {sentence}"


def longest(annotated: Any) -> int:
    """Returns the greatest length that a type of texts allows."""
    found: int = get_args(annotated)[1].max_length
    return found


@cache
def _number_limits(shape: type[msgspec.Struct]) -> list[tuple[str, msgspec.Meta, str]]:
    found = []
    for name, hint in get_type_hints(shape, include_extras=True).items():
        options = get_args(hint) if type(None) in get_args(hint) else (hint,)
        for limit in (part for option in options for part in get_args(option)[1:]):
            if isinstance(limit, msgspec.Meta) and (limit.ge is not None or limit.gt is not None):
                null = ", or null" if len(options) > 1 else ""
                found.append((name, limit, _sentence(limit) + null))
    return found


def _sentence(limit: msgspec.Meta) -> str:
    if limit.gt is not None:
        return f"more than {limit.gt} and at most {limit.le}"
    return f"from {limit.ge} to {limit.le}"


def _is_within(number: float, limit: msgspec.Meta) -> bool:
    least = -math.inf if limit.ge is None else limit.ge
    below = -math.inf if limit.gt is None else limit.gt
    most = math.inf if limit.le is None else limit.le
    return below < number and least <= number <= most
