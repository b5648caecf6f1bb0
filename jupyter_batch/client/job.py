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
    """A notebook, parameters, environment and policies, under a name.

    The properties have the values of the last request; methods that change the job update them.
    """

    def __init__(self, jobs: Jobs, record: JobRecord, *, notes: Sequence[str] = ()) -> None:
        self._jobs = jobs
        self._record = record
        self._notes = tuple(notes)

    @property
    def id(self) -> str:
        """Id of the job, which stays the same when the name changes."""
        return self._record.id

    @property
    def name(self) -> str:
        """Name of the job, unique on its server."""
        return self._record.name

    @property
    def notebook(self) -> str:
        """Path of the notebook, absolute or relative to the server's root."""
        return self._record.notebook

    @property
    def description(self) -> str:
        """Description for people."""
        return self._record.description

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters that differ from the notebook's own values."""
        return dict(self._record.parameters)

    @property
    def environment(self) -> Environment:
        """Environment of the runs; a field that is None is decided when a run is made."""
        return self._record.environment

    @property
    def files(self) -> tuple[str, ...]:
        """Patterns of files beside the notebook that are sent along."""
        return self._record.files

    @property
    def timeout_seconds(self) -> float | None:
        """Time limit of one attempt in seconds; None for the server's default."""
        return self._record.timeout_seconds

    @property
    def priority(self) -> int:
        """Priority of the runs: a higher one starts first."""
        return self._record.priority

    @property
    def max_concurrent(self) -> int | None:
        """Number of runs that may be active at once; None for no limit."""
        return self._record.max_concurrent

    @property
    def created_at(self) -> datetime:
        """Creation time in UTC."""
        return self._record.created_at

    @property
    def updated_at(self) -> datetime:
        """Time of the last change in UTC."""
        return self._record.updated_at

    @property
    def triggers(self) -> Triggers:
        """Triggers that start runs."""
        return Triggers(self._record.triggers)

    @property
    def sentence(self) -> str | None:
        """Schedule in words; None if the job has none."""
        return "; and ".join(sentence(trigger) for trigger in self._record.triggers) or None

    @property
    def paused(self) -> bool:
        """True if the triggers are paused."""
        return self._record.paused

    @property
    def paused_reason(self) -> str | None:
        """Reason why the triggers are paused; None if there is none."""
        return self._record.paused_reason

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on how times without an offset were read in the last change made here."""
        return self._notes

    @property
    def record(self) -> JobRecord:
        """The job with all its policies."""
        return self._record

    def trigger(self, parameters: Mapping[str, Any] | None = None, *, force: bool = False) -> Run:
        """Queue a run of the job now.

        Parameters
        ----------
        parameters : dict, optional
            Values that replace those of the job's parameters.
        force : bool, default False
            If true, ignore the job's overlap policy. Otherwise the run may be skipped.

        Returns
        -------
        Run
            The queued or skipped run.

        Raises
        ------
        InvalidInput
            A parameter is not valid.
        """
        return self._jobs.trigger(self.id, parameters, force=force)

    def pause(self, reason: str = "") -> Job:
        """Pause all triggers.

        Parameters
        ----------
        reason : str, default ""
            One sentence for people.

        Returns
        -------
        Job
            This job.
        """
        self._record = self._jobs.pause(self.id, reason)._record
        return self

    def resume(self) -> Job:
        """Resume the triggers.

        Returns
        -------
        Job
            This job.
        """
        self._record = self._jobs.resume(self.id)._record
        return self

    def upcoming(self, count: int = 5, *, after: AnyInstant | None = None) -> Upcoming:
        """Returns the schedule in words and its next times.

        Parameters
        ----------
        count : int, default 5
            Number of times.
        after : datetime, date or str, optional
            Time to start from. Without an offset it is local time of the job's time zone. Default:
            now.

        Returns
        -------
        Upcoming
            The ``sentence`` and the ``instants``.
        """
        return self._jobs.upcoming(self.id, count, after=after)

    def backfill(
        self,
        since: AnyInstant,
        until: AnyInstant,
        *,
        max_concurrent: int = 1,
        parameters: Mapping[str, Any] | None = None,
    ) -> BackfillReport:
        """Queue the runs that the schedule would have made in a time span.

        Times whose run succeeded or is not finished yet are left out.

        Parameters
        ----------
        since : datetime, date or str
            Start of the span. Without an offset it is local time of each trigger's time zone.
        until : datetime, date or str
            End of the span. Without an offset it is local time of each trigger's time zone.
        max_concurrent : int, default 1
            Number of these runs that may be active at once.
        parameters : dict, optional
            Values that replace those of the job's parameters.

        Returns
        -------
        BackfillReport
            How many runs were made and how many times were left out.

        Raises
        ------
        InvalidInput
            A time, a parameter or ``max_concurrent`` is not valid.
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
        """Change the job; runs that exist stay as they are.

        Parameters
        ----------
        path : str or path-like, optional
            Path of another notebook.
        parameters : dict, optional
            Values for the notebook's parameters. They replace all that the job has.
        description : str, optional
            Description for people.
        max_concurrent : int, optional
            Number of the job's runs that may be active at once.
        **options : JobOptions
            Options of the job and its runs. Those that are not given stay as they are.

        Returns
        -------
        Job
            This job.

        Raises
        ------
        NotFound
            There is no such job or notebook.
        InvalidInput
            A parameter or an option is not valid.
        Conflict
            Another job has the name.
        """
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
        """Delete the job; its runs stay."""
        self._jobs.delete(self.id)

    def to_dict(self) -> dict[str, Any]:
        """Returns the job in the JSON form of the REST interface.

        Returns
        -------
        dict
            The job.
        """
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def runs(self, *, limit: int | None = None) -> RunList:
        """Returns the job's runs, newest first; ``jb.runs(job=...)`` has more filters.

        Parameters
        ----------
        limit : int, optional
            Number of runs at most. Default: all.

        Returns
        -------
        RunList
            The runs.
        """
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
    """Jobs, newest first, which are fetched page by page."""


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
