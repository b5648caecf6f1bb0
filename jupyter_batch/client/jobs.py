"""The jobs of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

import msgspec

from jupyter_batch.client.connection import Connection
from jupyter_batch.client.options import on_the_wire, takes_options
from jupyter_batch.client.run import Run
from jupyter_batch.client.runs import plain_parameters
from jupyter_batch.client.schedules import JobOptions, schedule_on_the_wire, split_options
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.job import Job as JobRecord
from jupyter_batch.domain.requests import BackfillReport
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.domain.sentence import sentence
from jupyter_batch.domain.trigger import AnyTrigger
from jupyter_batch.errors import NotFound
from jupyter_batch.wire.answers import JobList
from jupyter_batch.wire.schedules import Upcoming

#: Returns a notebook's path as the server knows it; raises InvalidInput where it cannot see it.
ServerPath = Callable[[str | os.PathLike[str]], str]

_PAGE = 200

_job = msgspec.json.Decoder(JobRecord)
_run = msgspec.json.Decoder(RunRecord)


class Job:
    """A notebook, parameters, environment and policies, under a name."""

    def __init__(self, jobs: Jobs, record: JobRecord) -> None:
        self._jobs = jobs
        self._record = record

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
        """Relative to the server's root; read anew for each run."""
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
    def triggers(self) -> tuple[AnyTrigger, ...]:
        """Why it runs by itself."""
        return self._record.triggers

    @property
    def sentence(self) -> str | None:
        """Its schedule in words; None where it has none."""
        return "; and ".join(sentence(trigger) for trigger in self.triggers) or None

    @property
    def paused(self) -> bool:
        """Whether its triggers rest."""
        return self._record.paused

    @property
    def paused_reason(self) -> str | None:
        """Why it is paused."""
        return self._record.paused_reason

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

    def upcoming(self, count: int = 5, *, after: datetime | None = None) -> Upcoming:
        """Returns the schedule in words and its next instants."""
        return self._jobs.upcoming(self.id, count, after=after)

    def backfill(
        self,
        since: datetime,
        until: datetime,
        *,
        max_concurrent: int = 1,
        parameters: Mapping[str, Any] | None = None,
    ) -> BackfillReport:
        """Makes the runs that its schedule would have made, but for those that succeeded."""
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
        self._record = changed._record
        return self

    def delete(self) -> None:
        """Removes the job; its runs stay."""
        self._jobs.delete(self.id)

    def to_dict(self) -> dict[str, Any]:
        """Returns the job as the server's JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def __repr__(self) -> str:
        return f"<Job {self.name!r} {self.notebook!r}>"


class Jobs:
    """Makes jobs, finds them, and does things to them by id or by name."""

    def __init__(self, connection: Connection, server_path: ServerPath) -> None:
        self._connection = connection
        self._server_path = server_path

    @takes_options
    def create(
        self,
        path: str | os.PathLike[str],
        parameters: Mapping[str, Any] | None = None,
        *,
        description: str = "",
        max_concurrent: int | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Makes a job; with ``cron``, ``every`` or ``at`` it runs by itself. ``name`` is the notebook's file name where it is not given.

        Raises Conflict where the name is taken; NotFound, InvalidInput, NotAllowed.
        """
        about_runs, schedule = split_options(options)
        body = on_the_wire(about_runs) | schedule_on_the_wire(schedule)
        body.setdefault("name", os.path.splitext(os.path.basename(path))[0])
        body |= {"notebook": self._server_path(path), "description": description}
        if max_concurrent is not None:
            body["max_concurrent"] = max_concurrent
        if parameters:
            body["parameters"] = plain_parameters(parameters)
        return Job(self, _job.decode(self._connection.post("jobs", body, once=True)))

    def get(self, job: str) -> Job:
        """Returns a job by its id or its name; raises NotFound."""
        if _looks_like_an_id(job):
            try:
                return Job(self, _job.decode(self._connection.get(f"jobs/{job}")))
            except NotFound:
                pass  # It may be a name that looks like an id.
        for known in self.list(q=job):
            if known.name == job:
                return known
        raise NotFound(f"there is no job {job!r}", job_id=job)

    def list(self, *, q: str | None = None) -> Iterator[Job]:
        """Yields jobs, newest first; ``q`` is a text that the name contains."""
        cursor: str | None = None
        while True:
            params = {"q": q or None, "limit": _PAGE, "cursor": cursor}
            page = msgspec.json.decode(self._connection.get("jobs", params), type=JobList)
            for record in page.items:
                yield Job(self, record)
            cursor = page.next_cursor
            if cursor is None:
                return

    @takes_options
    def update(
        self,
        job: str,
        *,
        path: str | os.PathLike[str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        description: str | None = None,
        max_concurrent: int | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Changes what is given; ``parameters`` are replaced as a whole, options one by one.

        Raises NotFound, InvalidInput, Conflict (name).
        """
        known = self.get(job)
        about_runs, schedule = split_options(options)
        body = on_the_wire(about_runs) | schedule_on_the_wire(schedule, known.triggers)
        if "environment" in body:
            kept = msgspec.to_builtins(known.environment)
            body["environment"] = {**kept, "image_digest": None, **body["environment"]}
        if path is not None:
            body["notebook"] = self._server_path(path)
        if parameters is not None:
            body["parameters"] = plain_parameters(parameters)
        if description is not None:
            body["description"] = description
        if max_concurrent is not None:
            body["max_concurrent"] = max_concurrent
        return Job(self, _job.decode(self._connection.patch(f"jobs/{known.id}", body)))

    def delete(self, job: str) -> None:
        """Removes a job; its runs stay. Raises NotFound."""
        self._connection.delete(f"jobs/{self.get(job).id}")

    def pause(self, job: str, reason: str = "") -> Job:
        """Lets all triggers of a job rest; raises NotFound."""
        body = {"reason": reason} if reason else {}
        return self._act(job, "pause", body)

    def resume(self, job: str) -> Job:
        """Lets the triggers of a job go on; raises NotFound."""
        return self._act(job, "resume", {})

    def _act(self, job: str, action: str, body: dict[str, Any]) -> Job:
        content = self._connection.post(f"jobs/{self.get(job).id}/{action}", body)
        return Job(self, _job.decode(content))

    def upcoming(self, job: str, count: int = 5, *, after: datetime | None = None) -> Upcoming:
        """Returns a job's schedule in words and its next instants; raises NotFound."""
        asked = {"count": count, "after": after.astimezone().isoformat() if after else None}
        content = self._connection.get(f"jobs/{self.get(job).id}/upcoming", asked)
        return msgspec.json.decode(content, type=Upcoming)

    def backfill(
        self,
        job: str,
        since: datetime,
        until: datetime,
        *,
        max_concurrent: int = 1,
        parameters: Mapping[str, Any] | None = None,
    ) -> BackfillReport:
        """Makes the runs that a job's schedule would have made from ``since`` to ``until``.

        Those that succeeded before, or wait, are left out. Raises NotFound, InvalidInput.
        """
        body = {
            "from": since.astimezone().isoformat(),
            "to": until.astimezone().isoformat(),
            "max_concurrent": max_concurrent,
            "parameters": plain_parameters(parameters or {}),
        }
        content = self._connection.post(f"jobs/{self.get(job).id}/backfill", body)
        return msgspec.json.decode(content, type=BackfillReport)

    def trigger(
        self, job: str, parameters: Mapping[str, Any] | None = None, *, force: bool = False
    ) -> Run:
        """Queues a run of a job, with some parameters replaced; raises NotFound, InvalidInput.

        It obeys the job's overlap policy, and may be skipped, unless it is forced.
        """
        body: dict[str, Any] = {"force": True} if force else {}
        if parameters:
            body["parameters"] = plain_parameters(parameters)
        content = self._connection.post(f"jobs/{self.get(job).id}/runs", body, once=True)
        return Run(self._connection, _run.decode(content))


def _looks_like_an_id(text: str) -> bool:
    return len(text) == 26 and text.isascii() and text.isalnum()
