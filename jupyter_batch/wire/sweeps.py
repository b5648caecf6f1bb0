"""Bodies about sweeps."""

from __future__ import annotations

from typing import Any, ClassVar

from jupyter_batch.domain.request_limits import Concurrency
from jupyter_batch.domain.requests import SweepRequest
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.sweep import FAILURES, check_size, expand_grid
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.requests import Body, NotebookBody, check_depth


class SweepBody(NotebookBody, frozen=True, kw_only=True):
    """``POST sweeps``: a notebook, and either ``grid`` or ``parameter_sets``."""

    #: Of the parameters of up to 10,000 runs.
    max_values: ClassVar[int] = 400_000

    #: Values by name: a run for each combination; the last name changes fastest.
    grid: dict[str, list[Any]] | None = None
    #: A run for each.
    parameter_sets: list[dict[str, Any]] | None = None
    #: How many of the runs may be active at once; null for no limit of its own.
    max_concurrent: Concurrency | None = None

    def to_domain(self) -> SweepRequest:
        """Returns the value of the domain; raises InvalidInput, TooLarge."""
        return SweepRequest(
            run=self.run_request(),
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
