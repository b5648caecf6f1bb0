"""What is known of a run, as plain attributes."""

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
    """The fields of a run as the server told them last; ``refresh()`` asks again."""

    def __init__(self, record: RunRecord) -> None:
        self._record = record

    @property
    def id(self) -> str:
        """Sorts by creation."""
        return self._record.id

    @property
    def job_id(self) -> str | None:
        """Of the job that the run belongs to; None for an ad hoc run."""
        return self._record.job_id

    @property
    def name(self) -> str:
        """The job's name, or the one given, or the notebook's file name."""
        return self._record.name

    @property
    def state(self) -> RunState:
        """Compares equal to its text, such as ``"succeeded"``."""
        return self._record.state

    @property
    def reason(self) -> str | None:
        """One sentence: why it is in this state; None where the state says all."""
        return self._record.reason

    @property
    def trigger(self) -> TriggerKind:
        """Why the run exists."""
        return self._record.trigger

    @property
    def scheduled_for(self) -> datetime:
        """The nominal time."""
        return self._record.scheduled_for

    @property
    def nominal_at(self) -> datetime | None:
        """The instant that it stands for, where that is not the one of its making.

        Backfills have one, and scheduled runs that were made late; None for all others.
        """
        record = self._record
        is_other = abs(record.scheduled_for - record.created_at) >= _SAME
        return record.scheduled_for if is_other else None

    @property
    def created_at(self) -> datetime:
        """In UTC, as all instants."""
        return self._record.created_at

    @property
    def started_at(self) -> datetime | None:
        """Of the first attempt."""
        return self._record.started_at

    @property
    def finished_at(self) -> datetime | None:
        """None until it is over."""
        return self._record.finished_at

    @property
    def created_by(self) -> str:
        """The user's name as the server knows it."""
        return self._record.created_by

    @property
    def notebook_ref(self) -> NotebookRef:
        """Path and sha256 of the notebook that was frozen; ``notebook()`` is the executed one."""
        return self._record.notebook

    @property
    def parameters(self) -> dict[str, Any]:
        """As they were given."""
        return dict(self._record.parameters)

    @property
    def environment(self) -> Environment:
        """Executor, image, limits and the rest, with all defaults filled in."""
        return self._record.environment

    @property
    def timeout_seconds(self) -> float | None:
        """Of one attempt."""
        return self._record.timeout_seconds

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Each try, the newest last."""
        return self._record.attempts

    @property
    def cell_count(self) -> CellCount:
        """How many cells there are, are done and have failed."""
        return self._record.cells

    @property
    def progress(self) -> tuple[ItemProgress, ...]:
        """How far each loop over ``jb.track`` is, of the newest attempt."""
        return self._record.progress

    @property
    def error(self) -> CellError | None:
        """The exception that ended it, with its cell; None where there was none."""
        return self._record.error

    @property
    def sweep_id(self) -> str | None:
        """Of the sweep that the run belongs to; None for other runs."""
        return self._record.sweep.id if self._record.sweep else None

    @property
    def sweep_index(self) -> int | None:
        """Place of its parameter set in the sweep, from 0 on; None for other runs."""
        return self._record.sweep.index if self._record.sweep else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self._record.state.is_terminal

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self._record.state is RunState.SUCCEEDED

    @property
    def duration_seconds(self) -> float | None:
        """What its attempts took in all, up to now; None where it has not started.

        The waits between attempts are left out; ``elapsed_seconds`` has them.
        """
        return self.duration_at(datetime.now(UTC))

    def duration_at(self, now: datetime) -> float | None:
        """Returns what ``duration_seconds`` is at an instant, for many runs at the same one."""
        return self._record.duration_seconds(now)

    @property
    def elapsed_seconds(self) -> float | None:
        """From its first start to its end, or to now; None where it has not started."""
        return self._record.elapsed_seconds(datetime.now(UTC))

    def to_dict(self) -> dict[str, Any]:
        """Returns the run as the server's JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def __repr__(self) -> str:
        seconds = self.duration_seconds
        lasted = f" {seconds:.1f} s" if seconds is not None else ""
        return f"<Run {self.id} {self.name!r} {self.state}{lasted}>"
