"""``sweeps`` and the routes below it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from msgspec.structs import replace

from jupyter_batch.domain.sweep import Sweep
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.cursors import cursor_of
from jupyter_batch.wire.query_params import SweepsQuestion
from jupyter_batch.wire.requests import NoBody
from jupyter_batch.wire.responses import SweepList
from jupyter_batch.wire.sweeps import RetrySweepBody, SweepBody


class SweepsHandler(BatchHandler):
    """``sweeps``."""

    @endpoint("read", "Lists sweeps, newest first", question=SweepsQuestion, answer=SweepList)
    async def get(self, question: SweepsQuestion) -> None:
        """Lists sweeps."""
        page = await self.engine.sweeps.list(question.to_domain())
        await self.reply_list(page.items, next_cursor=cursor_of(page.next_after))

    @endpoint(
        "execute",
        "Runs a notebook once for each of many parameter sets: all of them, or none",
        body=SweepBody,
        answer=Sweep,
        status=HTTPStatus.CREATED,
    )
    async def post(self, body: SweepBody) -> None:
        """Makes a sweep."""
        # Of up to ten thousand sets.
        request = await asyncio.to_thread(body.to_domain)
        request = replace(request, run=replace(request.run, **self.placed(body.notebook)))
        sweep = await self.engine.sweeps.create(
            request, user=self.user_name, idempotency_key=self.idempotency_key
        )
        self.reply_created(sweep, f"sweeps/{sweep.id}")


class SweepHandler(BatchHandler):
    """``sweeps/{id}``."""

    @endpoint("read", "Returns a sweep; its runs are at runs?sweep_id=", answer=Sweep)
    async def get(self, sweep_id: str) -> None:
        """Returns a sweep."""
        self.reply(await self.engine.sweeps.get(sweep_id))

    @endpoint(
        "write",
        "Deletes a sweep that is over, with its runs and all that was recorded of them",
        status=HTTPStatus.NO_CONTENT,
    )
    async def delete(self, sweep_id: str) -> None:
        """Deletes a sweep."""
        await self.engine.sweeps.delete(sweep_id)
        self.reply_empty()


class CancelSweepHandler(BatchHandler):
    """``sweeps/{id}/cancel``."""

    @endpoint("execute", "Cancels all runs of a sweep that are not over", body=NoBody, answer=Sweep)
    async def post(self, sweep_id: str, body: NoBody) -> None:
        """Cancels a sweep."""
        self.reply(await self.engine.sweeps.cancel(sweep_id, user=self.user_name))


class RetrySweepHandler(BatchHandler):
    """``sweeps/{id}/retry``."""

    @endpoint(
        "execute",
        "Queues the failed runs of a sweep once more, and leaves the others",
        body=RetrySweepBody,
        answer=Sweep,
    )
    async def post(self, sweep_id: str, body: RetrySweepBody) -> None:
        """Retries the failed runs of a sweep."""
        self.reply(
            await self.engine.sweeps.retry(sweep_id, user=self.user_name, states=body.states)
        )
