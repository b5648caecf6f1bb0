"""The jobs of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Unpack

import msgspec

from jupyter_batch.client.arguments.instants import (
    InstantReader,
)
from jupyter_batch.client.arguments.options import on_the_wire, takes_options
from jupyter_batch.client.arguments.schedules import (
    JobOptions,
    check_triggers,
    schedule_on_the_wire,
    split_options,
)
from jupyter_batch.client.arguments.shape_check import (
    check_form,
    check_text,
    path_text,
)
from jupyter_batch.client.id_lookup import is_id
from jupyter_batch.client.job import Job, JobList, job_table
from jupyter_batch.client.job_actions import JobActions
from jupyter_batch.client.runs import plain_parameters
from jupyter_batch.client.transport.answers import AnswerDecoder
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.job import Job as JobRecord
from jupyter_batch.errors import Conflict, InvalidInput, NotFound
from jupyter_batch.wire.requests import JobBody, JobChangesBody
from jupyter_batch.wire.responses import JobList as JobPage

#: Returns a notebook's path as the server knows it; raises InvalidInput where it cannot see it.
ServerPath = Callable[[str | os.PathLike[str]], str]

_page = AnswerDecoder(JobPage)
_job = AnswerDecoder(JobRecord)


class Jobs(JobActions):
    """Make jobs, find them, and act on them by id or by name.

    Call it to search, iterate over all jobs, or take one by its name:

    >>> [job.name for job in jb.jobs]
    ['evening']
    >>> jb.jobs["evening"].sentence
    'every day at 18:00, UTC'
    """

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
        """Make a job; with ``cron``, ``every``, ``at`` or ``triggers`` it runs on a schedule.

        Parameters
        ----------
        path : str or path-like
            Path of the notebook.
        parameters : dict, optional
            Values for the notebook's parameters.
        description : str, default ""
            Description for people.
        max_concurrent : int, optional
            Number of the job's runs that may be active at once. Default: no limit.
        **options : JobOptions
            Options of the job and its runs, see JobOptions.

        Returns
        -------
        Job
            The saved job.

        Raises
        ------
        Conflict
            A job has this name already.
        InvalidSchedule
            The schedule is not valid.
        NotFound, InvalidInput, NotAllowed
            There is no job; see ``Client.submit``.
        """
        about_runs, schedule = split_options(options)
        reader = InstantReader()
        body = on_the_wire(about_runs) | schedule_on_the_wire(schedule, reader=reader)
        body.setdefault("name", os.path.splitext(os.path.basename(path_text(path)))[0])
        body["description"] = description
        if max_concurrent is not None:
            body["max_concurrent"] = max_concurrent
        if parameters is not None:
            body["parameters"] = plain_parameters(parameters)
        check_form(body, JobBody)
        check_triggers(body)
        body["notebook"] = self._server_path(path)
        made = _job.decode(self._connection.post("jobs", body, once=True))
        return Job(self, made, notes=reader.notes)

    @takes_options
    def put(
        self,
        path: str | os.PathLike[str],
        parameters: Mapping[str, Any] | None = None,
        *,
        description: str = "",
        max_concurrent: int | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Make a job, or change the job that has its name.

        Parameters
        ----------
        path : str or path-like
            Path of the notebook.
        parameters : dict, optional
            Values for the notebook's parameters. They replace those of the job.
        description : str, default ""
            Description for people.
        max_concurrent : int, optional
            Number of the job's runs that may be active at once.
        **options : JobOptions
            Options of the job and its runs. Those that are not given stay as they are.

        Returns
        -------
        Job
            The saved job.

        Raises
        ------
        InvalidSchedule
            The schedule is not valid.
        NotFound, InvalidInput, NotAllowed
            Nothing is changed; see ``Client.submit``.
        """
        try:
            return self.create(
                path,
                parameters,
                description=description,
                max_concurrent=max_concurrent,
                **options,
            )
        except Conflict:
            name = options.get("name") or os.path.splitext(os.path.basename(path))[0]
            return self.update(
                name,
                path=path,
                parameters=parameters or {},
                description=description,
                max_concurrent=max_concurrent,
                **options,
            )

    def get(self, job: str) -> Job:
        """Returns a job by its id or its name.

        Parameters
        ----------
        job : str
            Id or name of the job.

        Returns
        -------
        Job
            The job.

        Raises
        ------
        NotFound
            There is no such job.
        """
        if not check_text(job, "job"):
            raise InvalidInput("name a job by its name or its id", field="job")
        if is_id(job):
            try:
                return Job(self, _job.decode(self._connection.get(f"jobs/{job}")))
            except NotFound:
                pass  # It may be a name that looks like an id.
        for known in self.list(q=job):
            if known.name == job:
                return known
        raise NotFound(f"there is no job {job!r}", job_id=job)

    def list(self, *, q: str | None = None, limit: int | None = None) -> JobList:
        """Returns jobs, newest first, which are fetched page by page.

        Parameters
        ----------
        q : str, optional
            Text that the name, the notebook's path or the id contains.
        limit : int, optional
            Number of jobs at most. Default: all.

        Returns
        -------
        JobList
            The jobs.
        """
        params = {"q": check_text(q, "q") or None}

        def fetch(cursor: str | None, size: int) -> tuple[Sequence[Job], str | None]:
            asked = {**params, "limit": size, "cursor": cursor}
            page = _page.decode(self._connection.get("jobs", asked))
            return [Job(self, record) for record in page.items], page.next_cursor

        return JobList(fetch, what="jobs", show=job_table, limit=limit)

    __call__ = list

    def __iter__(self) -> Iterator[Job]:
        return iter(self.list())

    def __getitem__(self, job: str) -> Job:
        """Returns a job by its name or its id; raises NotFound."""
        return self.get(job)

    def _ipython_key_completions_(self) -> Sequence[str]:
        return [job.name for job in self.list(limit=1000)]

    def __repr__(self) -> str:
        return '<jobs: iterate, call with q=, or take ["name"]>'

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()

    def id_of(self, job: str | Job) -> str:
        """Returns the id of a job.

        A text that looks like an id is not looked up: runs stay when their job is deleted.

        Parameters
        ----------
        job : str or Job
            The job, its name or its id.

        Returns
        -------
        str
            The id.

        Raises
        ------
        NotFound
            There is no such job.
        """
        if isinstance(job, Job):
            return job.id
        return job if is_id(check_text(job, "job") or "") else self.get(job).id

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
        """Change a job; runs that exist stay as they are.

        Parameters
        ----------
        job : str
            Id or name of the job.
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
            The changed job.

        Raises
        ------
        NotFound
            There is no such job or notebook.
        InvalidInput
            A parameter or an option is not valid.
        Conflict
            Another job has the name.
        """
        about_runs, schedule = split_options(options)
        on_the_wire(about_runs)
        known = self.get(job)
        reader = InstantReader()
        about_time = schedule_on_the_wire(schedule, known.record.triggers, reader=reader)
        body = on_the_wire(about_runs) | about_time
        if "environment" in body:
            kept = msgspec.to_builtins(known.environment)
            # It is no field of requests: the server finds it out at each start.
            del kept["image_digest"]
            body["environment"] = kept | body["environment"]
        if path is not None:
            body["notebook"] = self._server_path(path)
        if parameters is not None:
            body["parameters"] = plain_parameters(parameters)
        if description is not None:
            body["description"] = description
        if max_concurrent is not None:
            body["max_concurrent"] = max_concurrent
        check_form(body, JobChangesBody)
        check_triggers(body)
        changed = _job.decode(self._connection.patch(f"jobs/{known.id}", body))
        return Job(self, changed, notes=reader.notes)

    def _act(self, job: str, action: str, body: dict[str, Any]) -> Job:
        content = self._connection.post(f"jobs/{self.get(job).id}/{action}", body)
        return Job(self, _job.decode(content))
