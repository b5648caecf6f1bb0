"""``runs``, ``runs/{id}`` and the actions on a run."""

from __future__ import annotations

from http import HTTPStatus

from msgspec.structs import replace

from jupyter_batch.domain.run import Run, TriggerKind
from jupyter_batch.errors import NotFound
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.cursors import cursor_of
from jupyter_batch.wire.query_params import RunQuestion, SortedRunsQuestion
from jupyter_batch.wire.requests import DeleteRunsBody, NoBody, RunBody
from jupyter_batch.wire.responses import Deleted, RunList


class RunsHandler(BatchHandler):
    """``runs``."""

    @endpoint(
        "read",
        "Lists runs, newest first unless asked otherwise",
        question=SortedRunsQuestion,
        answer=RunList,
    )
    async def get(self, question: SortedRunsQuestion) -> None:
        """Lists runs."""
        page = await self.engine.runs.list(question.to_domain())
        await self.reply_list(page.items, next_cursor=cursor_of(page.next_after))

    @endpoint("execute", "Runs a notebook now", body=RunBody, answer=Run, status=HTTPStatus.CREATED)
    async def post(self, body: RunBody) -> None:
        """Runs a notebook now."""
        run = await self.engine.runs.submit(
            replace(body.to_domain(), **self.placed(body.notebook)),
            user=self.user_name,
            trigger=TriggerKind(body.trigger),
            idempotency_key=self.idempotency_key,
        )
        self.reply_created(run, f"runs/{run.id}")

    @endpoint(
        "write",
        "Deletes runs that are over, with all that was recorded of them",
        body=DeleteRunsBody,
        answer=Deleted,
    )
    async def delete(self, body: DeleteRunsBody) -> None:
        """Deletes runs."""
        self.reply(Deleted(deleted=await self.engine.runs.delete(body.ids)))


class RunCheckHandler(BatchHandler):
    """``runs/check``."""

    @endpoint(
        "execute",
        "Answers as POST runs would, and makes nothing",
        body=RunBody,
        status=HTTPStatus.NO_CONTENT,
    )
    async def post(self, body: RunBody) -> None:
        """Checks what a run would be."""
        request = replace(body.to_domain(), **self.placed(body.notebook))
        await self.engine.runs.check(request, user=self.user_name)
        self.reply_empty()


class RunHandler(BatchHandler):
    """``runs/{id}``."""

    @endpoint("read", "Returns a run, or waits for its end", question=RunQuestion, answer=Run)
    async def get(self, run_id: str, question: RunQuestion) -> None:
        """Returns a run."""
        if question.wait_seconds:
            await self.while_connected(self._wait(run_id, question.wait_seconds))
        else:
            self.reply(await self.engine.runs.get(run_id))

    async def _wait(self, run_id: str, seconds: float) -> None:
        self.reply(await self.engine.runs.wait(run_id, seconds))

    @endpoint(
        "write",
        "Deletes a run that is over, with all that was recorded of it",
        status=HTTPStatus.NO_CONTENT,
    )
    async def delete(self, run_id: str) -> None:
        """Deletes a run."""
        if not await self.engine.runs.delete([run_id]):
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        self.reply_empty()


class CancelHandler(BatchHandler):
    """``runs/{id}/cancel``."""

    @endpoint("execute", "Cancels a run that is not over", body=NoBody, answer=Run)
    async def post(self, run_id: str, body: NoBody) -> None:
        """Cancels a run."""
        self.reply(await self.engine.runs.cancel(run_id, user=self.user_name))


class RetryHandler(BatchHandler):
    """``runs/{id}/retry``."""

    @endpoint("execute", "Queues a run that did not succeed once more", body=NoBody, answer=Run)
    async def post(self, run_id: str, body: NoBody) -> None:
        """Retries a run."""
        self.reply(await self.engine.runs.retry(run_id, user=self.user_name))
