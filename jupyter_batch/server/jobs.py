"""``jobs`` and the routes below it."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.job import Job
from jupyter_batch.domain.run import Run, TriggerKind
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.cursors import cursor_of
from jupyter_batch.wire.query_params import (
    JobCheckQuestion,
    JobsQuestion,
    RunsQuestion,
    SortedRunsQuestion,
)
from jupyter_batch.wire.requests import (
    JobBody,
    JobChangesBody,
    RunJobBody,
    check_depth,
    job_changes,
)
from jupyter_batch.wire.responses import JobList, RunList


class JobsHandler(BatchHandler):
    """``jobs``."""

    @endpoint("read", "Lists jobs, newest first", question=JobsQuestion, answer=JobList)
    async def get(self, question: JobsQuestion) -> None:
        """Lists jobs."""
        page = await self.engine.jobs.list(question.to_domain())
        await self.reply_list(page.items, next_cursor=cursor_of(page.next_after))

    @endpoint("write", "Makes a job", body=JobBody, answer=Job, status=HTTPStatus.CREATED)
    async def post(self, body: JobBody) -> None:
        """Makes a job."""
        job = await self.engine.jobs.create(
            replace(body.to_domain(), **self.placed(body.notebook)),
            user=self.user_name,
            idempotency_key=self.idempotency_key,
        )
        self.reply_created(job, f"jobs/{job.id}")


class JobCheckHandler(BatchHandler):
    """``jobs/check``."""

    @endpoint(
        "write",
        "Answers as POST jobs would, whatever the job's name, and makes nothing",
        question=JobCheckQuestion,
        body=JobBody,
        status=HTTPStatus.NO_CONTENT,
    )
    async def post(self, question: JobCheckQuestion, body: JobBody) -> None:
        """Checks what a job would be."""
        request = replace(body.to_domain(), **self.placed(body.notebook))
        await self.engine.jobs.check(request, user=self.user_name, job_id=question.job_id)
        self.reply_empty()


class JobHandler(BatchHandler):
    """``jobs/{id}``."""

    @endpoint("read", "Returns a job", answer=Job)
    async def get(self, job_id: str) -> None:
        """Returns a job."""
        self.reply(await self.engine.jobs.get(job_id))

    @endpoint(
        "write",
        "Changes a job; what is given replaces what was, environment and parameters whole",
        body=JobChangesBody,
        answer=Job,
    )
    async def patch(self, job_id: str, body: msgspec.Struct) -> None:
        """Changes a job."""
        changes = job_changes(await self.engine.jobs.get(job_id), body)
        if "notebook" in changes:
            changes |= self.placed(changes["notebook"])
        self.reply(await self.engine.jobs.update(job_id, changes, user=self.user_name))

    @endpoint("write", "Deletes a job and leaves its runs", status=HTTPStatus.NO_CONTENT)
    async def delete(self, job_id: str) -> None:
        """Deletes a job."""
        await self.engine.jobs.delete(job_id)
        self.reply_empty()


class JobRunsHandler(BatchHandler):
    """``jobs/{id}/runs``."""

    @endpoint(
        "read", "Lists the runs of a job, newest first", question=SortedRunsQuestion, answer=RunList
    )
    async def get(self, job_id: str, question: SortedRunsQuestion) -> None:
        """Lists the runs of a job."""
        page = await self.engine.runs.list(question.to_domain(job_id=job_id))
        if not page.items and question.cursor is None:
            await self._check_known(job_id)
        await self.reply_list(page.items, next_cursor=cursor_of(page.next_after))

    @endpoint(
        "execute",
        "Runs a job now, with some of its parameters replaced",
        body=RunJobBody,
        answer=Run,
        status=HTTPStatus.CREATED,
    )
    async def post(self, job_id: str, body: RunJobBody) -> None:
        """Runs a job now."""
        check_depth(body.parameters or {})
        run = await self.engine.jobs.trigger(
            job_id,
            user=self.user_name,
            trigger=TriggerKind(body.trigger),
            parameters=body.parameters,
            forced=body.force,
            idempotency_key=self.idempotency_key,
        )
        self.reply_created(run, f"runs/{run.id}")

    async def _check_known(self, job_id: str) -> None:
        """Raises NotFound for a job that is not there and has left no runs."""
        left = await self.engine.runs.list(RunsQuestion(limit=1).to_domain(job_id=job_id))
        if not left.items:
            await self.engine.jobs.get(job_id)
