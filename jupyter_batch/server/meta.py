"""Health, secrets' names, parameters of notebooks, and the answer to unknown routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError, authenticated

from jupyter_batch import __version__
from jupyter_batch.domain.parameters.parameters import ParameterSchema
from jupyter_batch.errors import NotServing
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.query_params import ParametersQuestion
from jupyter_batch.wire.responses import SecretNames


class HealthHandler(BatchHandler):
    """``health``."""

    @endpoint("read", "Says how the owner is", answer=dict[str, Any])
    async def get(self) -> None:
        """Returns the health of the owner."""
        trouble = await self.engine.trouble()
        if trouble is not None:
            raise NotServing(trouble)
        health = await self.engine.health()
        owner = self.gateway.introduction()
        about = {"pid": owner.pid, "kind": owner.kind, "started_at": owner.started_at}
        self.reply({"version": __version__, "owner": about, **health, "root_dir": self.root})


class ParametersHandler(BatchHandler):
    """``notebooks/parameters``."""

    @endpoint(
        "read",
        "Says what parameters a notebook takes",
        question=ParametersQuestion,
        answer=ParameterSchema,
    )
    async def get(self, question: ParametersQuestion) -> None:
        """Returns the parameters that a notebook takes."""
        placed = self.placed(question.path)
        self.reply(await self.engine.parameters(placed["notebook"], root=placed["root"]))


class SecretsHandler(BatchHandler):
    """``secrets``."""

    @endpoint("read", "Names the secrets that runs may ask for", answer=SecretNames)
    async def get(self) -> None:
        """Names the secrets."""
        user = self.user_name
        items = await self.engine.secret_names(user=user)
        weak = await self.engine.secret_weaknesses(user=user)
        self.reply(SecretNames(items=items, weak=weak))


class UnknownHandler(BatchHandler):
    """Everything else below ``batch/``."""

    @authenticated
    def _not_found(self, *_: str) -> None:
        raise HTTPError(HTTPStatus.NOT_FOUND, "there is nothing at this address")

    get = post = put = patch = delete = _not_found
