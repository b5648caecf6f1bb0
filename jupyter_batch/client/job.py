"""A job in the hands of a caller."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from jupyter_batch.client import html
from jupyter_batch.client.arguments.instants import AnyInstant
from jupyter_batch.client.arguments.options import takes_options
from jupyter_batch.client.arguments.schedules import JobOptions
from jupyter_batch.client.paged_list import PagedList
from jupyter_batch.client.run import Run
from jupyter_batch.client.run_list import RunList
from jupyter_batch.client.triggers import Triggers, next_text
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.job import Job as JobRecord
from jupyter_batch.domain.requests import BackfillReport
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.wire.schedules import Upcoming

if TYPE_CHECKING:
    from jupyter_batch.client.jobs import Jobs


class Job:
    """A notebook, parameters, environment and policies, under a name."""

    def __init__(self, jobs: Jobs, record: JobRecord, *, notes: Sequence[str] = ()) -> None:
        self._jobs = jobs
        self._record = record
        self._notes = tuple(notes)

    @property
    def id(self) -> str:
        """Stays when the name changes."""
        return self._record.id

    @property
    def name(self) -> str:
        """Unique on its server."""
        return self._record.name

    @property
    def notebook(self) -> str:
        """Relative to the root of the server that is asked, or whole; read anew for each run."""
        return self._record.notebook

    @property
    def description(self) -> str:
        """For people."""
        return self._record.description

    @property
    def parameters(self) -> dict[str, Any]:
        """What differs from the notebook's own values."""
        return dict(self._record.parameters)

    @property
    def environment(self) -> Environment:
        """What is None is decided when a run is made."""
        return self._record.environment

    @property
    def files(self) -> tuple[str, ...]:
        """Patterns of the files beside the notebook that go along."""
        return self._record.files

    @property
    def timeout_seconds(self) -> float | None:
        """Of one attempt."""
        return self._record.timeout_seconds

    @property
    def priority(self) -> int:
        """Higher goes first."""
        return self._record.priority

    @property
    def max_concurrent(self) -> int | None:
        """How many of its runs may be active at once."""
        return self._record.max_concurrent

    @property
    def created_at(self) -> datetime:
        """In UTC."""
        return self._record.created_at

    @property
    def updated_at(self) -> datetime:
        """In UTC."""
        return self._record.updated_at

    @property
    def triggers(self) -> Triggers:
        """Why it runs by itself."""
        return Triggers(self._record.triggers)

    @property
    def sentence(self) -> str | None:
        """Its schedule in words; None where it has none."""
        return "; and ".join(sentence(trigger) for trigger in self._record.triggers) or None

    @property
    def paused(self) -> bool:
        """Whether its triggers rest."""
        return self._record.paused

    @property
    def paused_reason(self) -> str | None:
        """Why it is paused."""
        return self._record.paused_reason

    @property
    def notes(self) -> tuple[str, ...]:
        """How instants without an offset were read when the job was made or changed just now,
        where that is worth a look: in this machine's zone, or at a change of clocks."""
        return self._notes

    @property
    def record(self) -> JobRecord:
        """The job with all its policies."""
        return self._record

    def trigger(self, parameters: Mapping[str, Any] | None = None, *, force: bool = False) -> Run:
        """Queues a run, with some parameters replaced.

        It obeys the job's overlap policy, and may be skipped, unless it is forced.
        """
        return self._jobs.trigger(self.id, parameters, force=force)

    def pause(self, reason: str = "") -> Job:
        """Lets all triggers rest."""
        self._record = self._jobs.pause(self.id, reason)._record
        return self

    def resume(self) -> Job:
        """Lets the triggers go on."""
        self._record = self._jobs.resume(self.id)._record
        return self

    def upcoming(self, count: int = 5, *, after: AnyInstant | None = None) -> Upcoming:
        """Returns the schedule in words and its next instants."""
        return self._jobs.upcoming(self.id, count, after=after)

    def backfill(
        self,
        since: AnyInstant,
        until: AnyInstant,
        *,
        max_concurrent: int = 1,
        parameters: Mapping[str, Any] | None = None,
    ) -> BackfillReport:
        """Makes the runs that its schedule would have made, but for those that succeeded.

        Without an offset the two are local times of each trigger's zone.
        """
        return self._jobs.backfill(
            self.id, since, until, max_concurrent=max_concurrent, parameters=parameters
        )

    @takes_options
    def update(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        description: str | None = None,
        max_concurrent: int | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Changes what is given, and ``parameters`` as a whole; runs that exist stay as they are."""
        changed = self._jobs.update(
            self.id,
            path=path,
            parameters=parameters,
            description=description,
            max_concurrent=max_concurrent,
            **options,
        )
        self._record, self._notes = changed._record, changed._notes
        return self

    def delete(self) -> None:
        """Removes the job; its runs stay."""
        self._jobs.delete(self.id)

    def to_dict(self) -> dict[str, Any]:
        """Returns the job as the server's JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def runs(self, *, limit: int | None = None) -> RunList:
        """Returns its runs, newest first; ``jb.runs(job=...)`` has more filters."""
        return self._jobs.runs_of(self.id, limit=limit)

    def __repr__(self) -> str:
        when = f": {self.sentence}" if self.triggers else ""
        return f"<Job {self.name!r} {self.notebook!r}{when}{' (paused)' if self.paused else ''}>"

    def _repr_html_(self) -> str:
        return html.joined(
            html.box(f"Job {self.name}", html.dim("paused") if self.paused else ""),
            html.facts(
                [
                    ("notebook", self.notebook),
                    ("description", self.description),
                    ("parameters", html.values(self.parameters) if self.parameters else None),
                    ("runs", self.sentence),
                    ("next", next_text(self._record)),
                    ("note", "; ".join(self.notes) or None),
                    ("why paused", self.paused_reason),
                    ("id", html.code(self.id)),
                ]
            ),
        )


class JobList(PagedList[Job]):
    """Jobs, newest first, fetched page by page."""


def job_table(jobs: Sequence[Any]) -> html.Html:
    """Returns jobs as an HTML table."""
    return html.table(
        ("Job", "Notebook", "Runs", "Next", "Parameters"),
        (
            (
                job.name,
                job.notebook,
                job.sentence or html.dim("by hand"),
                html.dim("paused") if job.paused else next_text(job.record),
                html.values(job.parameters),
            )
            for job in jobs
        ),
    )
