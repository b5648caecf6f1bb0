"""``imports/runs``: records runs that were executed elsewhere."""

from __future__ import annotations

from http import HTTPStatus

from jupyter_batch.domain.run import Run
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.imports import ImportBody


class ImportedRunsHandler(BatchHandler):
    """``imports/runs``."""

    @endpoint(
        "write",
        "Takes a run that was executed elsewhere into the record",
        body=ImportBody,
        answer=Run,
        status=HTTPStatus.CREATED,
    )
    async def post(self, body: ImportBody) -> None:
        """Takes a run into the record."""
        run = await self.engine.imports.add(
            body.to_domain(), user=self.user_name, idempotency_key=self.idempotency_key
        )
        self.reply_created(run, f"runs/{run.id}")
