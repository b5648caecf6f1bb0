"""Collects the errors of several checks, so that one answer reports all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_batch.errors import BatchError, InvalidInput, NotAllowed, TooLarge

_MAX_PROBLEMS = 50


class Findings:
    """Validation errors, in the order in which they were found."""

    def __init__(self) -> None:
        self._errors: list[BatchError] = []

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Collects an error that names a field. Other errors propagate.

        ``TooLarge`` propagates too: checks stop there.
        """
        try:
            yield
        except (InvalidInput, NotAllowed) as error:
            if "field" not in error.details or isinstance(error, TooLarge):
                raise
            self.add(error)

    def add(self, error: BatchError) -> None:
        """Adds an error."""
        self._errors.append(error)

    def has(self, field: str) -> bool:
        """Returns whether there is an error for a field or for a part of it."""
        fields = [str(p["field"]) for error in self._errors for p in problems_of(error)]
        return any(one == field or one.startswith(f"{field}.") for one in fields)

    def raise_first(self) -> None:
        """Raises the first error. If there are several, its ``problems`` lists all of them."""
        if not self._errors:
            return
        first = self._errors[0]
        problems = [problem for error in self._errors for problem in problems_of(error)]
        if len(self._errors) > 1:
            first.details["problems"] = problems[:_MAX_PROBLEMS]
        raise first


def problems_of(error: BatchError) -> list[dict[str, Any]]:
    """Returns the field errors of an error, each with ``field`` and ``message``."""
    listed: list[dict[str, Any]] | None = error.details.get("problems")
    return listed or [{"field": error.details.get("field"), "message": error.message}]
