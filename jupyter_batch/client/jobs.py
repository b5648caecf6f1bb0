"""The jobs of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Unpack

import msgspec

from jupyter_batch.client.arguments.instants import (
    AnyInstant,
    InstantReader,
    datetime_of,
    instant_text,
    utc_text,
    zone_of_job,
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
    check_number,
    check_text,
    path_text,
)
from jupyter_batch.client.id_lookup import is_id
from jupyter_batch.client.job import Job, JobList, job_table
from jupyter_batch.client.run import Run
from jupyter_batch.client.run_list import RunList, fetch_runs, run_table
from jupyter_batch.client.runs import plain_parameters
from jupyter_batch.client.transport.answers import AnswerDecoder, decode_answer
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.job import Job as JobRecord
from jupyter_batch.domain.requests import BackfillReport
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.errors import Conflict, InvalidInput, NotFound
from jupyter_batch.wire.requests import JobBody, JobChangesBody
from jupyter_batch.wire.responses import JobList as JobPage
from jupyter_batch.wire.schedules import Upcoming

#: Returns a notebook's path as the server knows it; raises InvalidInput where it cannot see it.
ServerPath = Callable[[str | os.PathLike[str]], str]

_page = AnswerDecoder(JobPage)
_job = AnswerDecoder(JobRecord)
_run = AnswerDecoder(RunRecord)


class Jobs:
    """Makes jobs, finds them, and does things to them by id or by name.

    Call it to search, iterate over all of them, or take one by its name:

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
        """Makes a job; with ``cron``, ``every`` or ``at`` it runs by itself. ``name`` is the notebook's file name where it is not given.

        Raises Conflict where the name is taken; NotFound, InvalidInput, NotAllowed.
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
        """Makes a job, or changes the one that has its name; what is not given stays there."""
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
        """Returns a job by its id or its name; raises NotFound."""
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
        """Returns jobs, newest first; ``q`` is a text that the name, notebook or id contains."""
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
        """Returns the id of a job that is named; raises NotFound.

        What looks like an id is taken for one: runs stay when their job is deleted.
        """
        if isinstance(job, Job):
            return job.id
        return job if is_id(check_text(job, "job") or "") else self.get(job).id

    def runs_of(self, job_id: str, *, limit: int | None = None) -> RunList:
        """Returns the runs of a job, newest first."""
        params = {"job_id": job_id}
        return RunList(
            lambda cursor, size: fetch_runs(self._connection, params, cursor, size),
            what="runs",
            show=run_table,
            limit=limit,
        )

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
        about_runs, schedule = split_options(options)
        on_the_wire(about_runs)
        known = self.get(job)
        reader = InstantReader()
        about_time = schedule_on_the_wire(schedule, known.record.triggers, reader=reader)
        body = on_the_wire(about_runs) | about_time
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
        check_form({k: v for k, v in body.items() if k != "environment"}, JobChangesBody)
        check_triggers(body)
        changed = _job.decode(self._connection.patch(f"jobs/{known.id}", body))
        return Job(self, changed, notes=reader.notes)

    def delete(self, job: str) -> None:
        """Removes a job; its runs stay. Raises NotFound."""
        self._connection.delete(f"jobs/{self.get(job).id}")

    def pause(self, job: str, reason: str = "") -> Job:
        """Lets all triggers of a job rest; raises NotFound."""
        body = {"reason": reason} if check_text(reason, "reason") else {}
        return self._act(job, "pause", body)

    def resume(self, job: str) -> Job:
        """Lets the triggers of a job go on; raises NotFound."""
        return self._act(job, "resume", {})

    def _act(self, job: str, action: str, body: dict[str, Any]) -> Job:
        content = self._connection.post(f"jobs/{self.get(job).id}/{action}", body)
        return Job(self, _job.decode(content))

    def upcoming(self, job: str, count: int = 5, *, after: AnyInstant | None = None) -> Upcoming:
        """Returns a job's schedule in words and its next instants; raises NotFound.

        ``after`` without an offset is local time of the job's zone, or of this machine where its
        triggers have several.
        """
        if after is not None:
            datetime_of(after, "after")
        asked: dict[str, str | int | None] = {"count": check_number(count, "count")}
        known = self.get(job)
        if after is not None:
            zone = zone_of_job(known.record.triggers)
            asked["after"] = instant_text(after, "after", zone=zone)
        content = self._connection.get(f"jobs/{known.id}/upcoming", asked)
        return decode_answer(content, Upcoming)

    def backfill(
        self,
        job: str,
        since: AnyInstant,
        until: AnyInstant,
        *,
        max_concurrent: int = 1,
        parameters: Mapping[str, Any] | None = None,
    ) -> BackfillReport:
        """Makes the runs that a job's schedule would have made from ``since`` to ``until``.

        Without an offset these are local times of each trigger's zone; the report has them with
        theirs. Those that succeeded before, or wait, are left out. Raises NotFound, InvalidInput.
        """
        body = {
            "from": _local_or_utc(since, "from"),
            "to": _local_or_utc(until, "to"),
            "max_concurrent": check_number(max_concurrent, "max_concurrent"),
            "parameters": plain_parameters(parameters or {}),
        }
        content = self._connection.post(f"jobs/{self.get(job).id}/backfill", body)
        return decode_answer(content, BackfillReport)

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


def _local_or_utc(value: Any, field: str) -> str:
    """Returns an instant in UTC, or a local time as it is, for the server to read in each zone."""
    at = datetime_of(value, field)
    try:
        return at.isoformat() if at.utcoffset() is None else utc_text(at)
    except OverflowError as error:
        raise InvalidInput(f"{field} is out of range: {value}", field=field) from error
