"""The fields of a run's record as plain attributes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from jupyter_batch.domain.cell import CellCount, CellError
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.progress import ItemProgress
from jupyter_batch.domain.run import Attempt, NotebookRef, RunState, TriggerKind
from jupyter_batch.domain.run import Run as RunRecord

#: A schedule takes a moment to make its run.
_SAME = timedelta(minutes=1)


class RunFacts:
    """The properties of a run, as of the last request; ``refresh()`` requests them again."""

    def __init__(self, record: RunRecord) -> None:
        self._record = record

    @property
    def id(self) -> str:
        """Id of the run; ids sort by creation time."""
        return self._record.id

    @property
    def job_id(self) -> str | None:
        """Id of the run's job; None for an ad hoc run."""
        return self._record.job_id

    @property
    def name(self) -> str:
        """Name of the job, or the name that was given, or the notebook's file name."""
        return self._record.name

    @property
    def state(self) -> RunState:
        """State of the run, which compares equal to its text, such as ``"succeeded"``."""
        return self._record.state

    @property
    def reason(self) -> str | None:
        """Reason for the state in one sentence; None if the state needs no reason."""
        return self._record.reason

    @property
    def trigger(self) -> TriggerKind:
        """The kind of trigger that started the run."""
        return self._record.trigger

    @property
    def scheduled_for(self) -> datetime:
        """Nominal time of the run in UTC."""
        return self._record.scheduled_for

    @property
    def nominal_at(self) -> datetime | None:
        """Nominal time in UTC if it differs from the creation time, as in a backfill; else None."""
        record = self._record
        is_other = abs(record.scheduled_for - record.created_at) >= _SAME
        return record.scheduled_for if is_other else None

    @property
    def created_at(self) -> datetime:
        """Creation time in UTC."""
        return self._record.created_at

    @property
    def started_at(self) -> datetime | None:
        """Start of the first attempt in UTC; None until then."""
        return self._record.started_at

    @property
    def finished_at(self) -> datetime | None:
        """End of the run in UTC; None until then."""
        return self._record.finished_at

    @property
    def created_by(self) -> str:
        """Name of the user who made the run."""
        return self._record.created_by

    @property
    def notebook_ref(self) -> NotebookRef:
        """Path and SHA-256 digest of the notebook as it was when the run was made."""
        return self._record.notebook

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters that were given, without the notebook's own values."""
        return dict(self._record.parameters)

    @property
    def environment(self) -> Environment:
        """Executor, image, limits and the rest of the environment, with all defaults filled in."""
        return self._record.environment

    @property
    def timeout_seconds(self) -> float | None:
        """Time limit of one attempt in seconds; None for no limit."""
        return self._record.timeout_seconds

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Attempts of the run, the newest last."""
        return self._record.attempts

    @property
    def cell_count(self) -> CellCount:
        """Number of cells: all, done and failed."""
        return self._record.cells

    @property
    def progress(self) -> tuple[ItemProgress, ...]:
        """Progress of each ``jb.track`` loop in the newest attempt."""
        return self._record.progress

    @property
    def error(self) -> CellError | None:
        """Exception that ended the run, with its cell; None if there was none."""
        return self._record.error

    @property
    def sweep_id(self) -> str | None:
        """Id of the run's sweep; None if it belongs to none."""
        return self._record.sweep.id if self._record.sweep else None

    @property
    def sweep_index(self) -> int | None:
        """Index of the run's parameter set in its sweep, from 0; None if it belongs to none."""
        return self._record.sweep.index if self._record.sweep else None

    @property
    def is_over(self) -> bool:
        """True if the run is finished."""
        return self._record.state.is_terminal

    @property
    def succeeded(self) -> bool:
        """True if the run has succeeded."""
        return self._record.state is RunState.SUCCEEDED

    @property
    def duration_seconds(self) -> float | None:
        """Seconds that the attempts took, up to now, without waits; None before the start."""
        return self.duration_at(datetime.now(UTC))

    def duration_at(self, now: datetime) -> float | None:
        """Returns ``duration_seconds`` at a given time, for many runs at the same time.

        Parameters
        ----------
        now : datetime
            The time, with an offset.

        Returns
        -------
        float or None
            Seconds; None before the start.
        """
        return self._record.duration_seconds(now)

    @property
    def elapsed_seconds(self) -> float | None:
        """Seconds from the first start to the end, or to now; None before the start."""
        return self._record.elapsed_seconds(datetime.now(UTC))

    def to_dict(self) -> dict[str, Any]:
        """Returns the run in the JSON form of the REST interface.

        Returns
        -------
        dict
            The run.
        """
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def __repr__(self) -> str:
        seconds = self.duration_seconds
        lasted = f" {seconds:.1f} s" if seconds is not None else ""
        return f"<Run {self.id} {self.name!r} {self.state}{lasted}>"
