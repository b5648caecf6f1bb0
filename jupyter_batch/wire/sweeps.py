"""Bodies about sweeps."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from jupyter_batch.domain.requests import RunRequest, SweepRequest
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.sweep import FAILURES, check_size, expand_grid
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.requests import (
    Body,
    Concurrency,
    EnvironmentBody,
    Name,
    Priority,
    Seconds,
    Text,
    UploadBody,
    check_depth,
    content_of,
    uploads_of,
)


class SweepBody(Body, frozen=True, kw_only=True):
    """``POST sweeps``: a notebook, and either ``grid`` or ``parameter_sets``."""

    #: Of the parameters of up to 10,000 runs.
    max_values: ClassVar[int] = 400_000

    notebook: Text
    #: Values by name: a run for each combination; the last name changes fastest.
    grid: dict[str, list[Any]] | None = None
    #: A run for each.
    parameter_sets: list[dict[str, Any]] | None = None
    #: What all the runs have, unless their own set says otherwise.
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    #: How many of the runs may be active at once; null for no limit of its own.
    max_concurrent: Concurrency | None = None
    environment: EnvironmentBody = EnvironmentBody()
    files: tuple[Text, ...] = ()
    #: Of each run.
    timeout_seconds: Seconds | None = None
    name: Name | None = None
    priority: Priority = 0
    #: The notebook as an object, or its text, for callers whose disk the server does not see.
    content: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    uploads: tuple[UploadBody, ...] = ()

    def to_domain(self) -> SweepRequest:
        """Returns the value of the domain; raises InvalidInput, TooLarge."""
        check_depth(self.parameters)
        shared = RunRequest(
            notebook=self.notebook,
            parameters=self.parameters,
            environment=self.environment.to_domain(),
            files=self.files,
            timeout_seconds=self.timeout_seconds,
            name=self.name,
            priority=self.priority,
            content=content_of(self.content),
            uploads=uploads_of(self.uploads),
        )
        return SweepRequest(
            run=shared,
            parameter_sets=tuple(self._sets()),
            grid_names=frozenset(self.grid or ()),
            max_concurrent=self.max_concurrent,
        )

    def _sets(self) -> list[dict[str, Any]]:
        if (self.grid is None) == (self.parameter_sets is None):
            raise InvalidInput(
                "give either grid or parameter_sets",
                field="parameter_sets" if self.grid is None else "grid",
            )
        if self.grid is not None:
            check_depth(self.grid, "grid")
            return expand_grid(self.grid)
        sets = self.parameter_sets or []
        check_size(len(sets), field="parameter_sets")
        for index, values in enumerate(sets):
            check_depth(values, f"parameter_sets.{index}")
        return sets


class RetrySweepBody(Body, frozen=True, kw_only=True):
    """``POST sweeps/{id}/retry``; the body may be left out."""

    #: Runs that ended so are queued once more: the failed ones, where it is left out.
    states: tuple[RunState, ...] = FAILURES
