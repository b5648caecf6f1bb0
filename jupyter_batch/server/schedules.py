"""``jobs/{id}/pause`` and the like, and ``schedules/preview``."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from jupyter_batch.domain.job import Job
from jupyter_batch.domain.requests import BackfillReport
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.trigger_check import check_trigger
from jupyter_batch.domain.schedule.upcoming import upcoming
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.query_params import utc
from jupyter_batch.wire.requests import NoBody, check_depth
from jupyter_batch.wire.schedules import (
    BackfillBody,
    PauseBody,
    PreviewQuestion,
    Upcoming,
    UpcomingQuestion,
)


class PauseHandler(BatchHandler):
    """``jobs/{id}/pause``."""

    @endpoint("write", "Lets all triggers of a job rest", body=PauseBody, answer=Job)
    async def post(self, job_id: str, body: PauseBody) -> None:
        """Pauses a job."""
        reason = f"paused by {self.user_name}" + (f": {body.reason}" if body.reason else "")
        self.reply(await self.engine.jobs.pause(job_id, reason=reason))


class ResumeHandler(BatchHandler):
    """``jobs/{id}/resume``."""

    @endpoint(
        "write", "Lets the triggers go on, each by its missed policy", body=NoBody, answer=Job
    )
    async def post(self, job_id: str, body: NoBody) -> None:
        """Resumes a job."""
        self.reply(await self.engine.jobs.resume(job_id))


class UpcomingHandler(BatchHandler):
    """``jobs/{id}/upcoming``."""

    @endpoint(
        "read",
        "Tells when a job would run next, whether it is paused or not",
        question=UpcomingQuestion,
        answer=Upcoming,
    )
    async def get(self, job_id: str, question: UpcomingQuestion) -> None:
        """Returns the next instants."""
        after = None if question.after is None else utc(question.after, "after")
        job, instants = await self.engine.jobs.upcoming(job_id, after=after, count=question.count)
        words = "; and ".join(sentence(trigger) for trigger in job.triggers)
        self.reply(Upcoming(sentence=words, instants=instants))


class BackfillHandler(BatchHandler):
    """``jobs/{id}/backfill``."""

    @endpoint(
        "execute",
        "Makes the runs that the schedule would have made, without those that succeeded",
        body=BackfillBody,
        answer=BackfillReport,
    )
    async def post(self, job_id: str, body: BackfillBody) -> None:
        """Backfills a job."""
        check_depth(body.parameters)
        self.set_status(HTTPStatus.OK)
        self.reply(await self.engine.backfills.backfill(job_id, body.to_domain()))


class PreviewHandler(BatchHandler):
    """``schedules/preview``."""

    @endpoint("read", "Tells what a schedule means", question=PreviewQuestion, answer=Upcoming)
    async def get(self, question: PreviewQuestion) -> None:
        """Returns the next instants of a schedule."""
        trigger = question.trigger()
        check_trigger(trigger)
        instants = upcoming(trigger, question.after_at(datetime.now(UTC)), question.count)
        self.reply(Upcoming(sentence=sentence(trigger), instants=instants))
