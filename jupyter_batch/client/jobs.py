"""The jobs of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

import msgspec

from jupyter_batch.client.connection import Connection
from jupyter_batch.client.options import RunOptions, on_the_wire, takes_options
from jupyter_batch.client.run import Run
from jupyter_batch.client.runs import plain_parameters
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.job import Job as JobRecord
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.errors import NotFound
from jupyter_batch.wire.answers import JobList

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

    def trigger(self, parameters: Mapping[str, Any] | None = None) -> Run:
        """Queues a run, with some parameters replaced."""
        return self._jobs.trigger(self.id, parameters)

    @takes_options
    def update(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        description: str | None = None,
        max_concurrent: int | None = None,
        **options: Unpack[RunOptions],
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
        **options: Unpack[RunOptions],
    ) -> Job:
        """Makes a job; ``name`` is the notebook's file name where it is not given.

        Raises Conflict where the name is taken; NotFound, InvalidInput, NotAllowed.
        """
        body = on_the_wire(options)
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
        **options: Unpack[RunOptions],
    ) -> Job:
        """Changes what is given; ``parameters`` are replaced as a whole, options one by one.

        Raises NotFound, InvalidInput, Conflict (name).
        """
        known = self.get(job)
        body = on_the_wire(options)
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

    def trigger(self, job: str, parameters: Mapping[str, Any] | None = None) -> Run:
        """Queues a run of a job, with some parameters replaced; raises NotFound, InvalidInput."""
        body = {"parameters": plain_parameters(parameters)} if parameters else {}
        content = self._connection.post(f"jobs/{self.get(job).id}/runs", body, once=True)
        return Run(self._connection, _run.decode(content))


def _looks_like_an_id(text: str) -> bool:
    return len(text) == 26 and text.isascii() and text.isalnum()
