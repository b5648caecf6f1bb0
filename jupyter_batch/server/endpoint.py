"""Turns a handler's method into an endpoint: authorised, decoded, described."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Literal, cast

import msgspec
from jupyter_core.utils import ensure_async
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from jupyter_batch.server.handler import RESOURCE, BatchHandler
from jupyter_batch.wire.decoding import decode_arguments, decode_body, decode_bounded
from jupyter_batch.wire.query_params import Nothing

Action = Literal["read", "write", "execute"]
Method = Callable[..., Awaitable[None]]

_JSON = "application/json"
#: Larger bodies are checked before they are decoded, in a thread.
_SMALL_BODY = 64 * 1024


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """The input and output of an endpoint; the OpenAPI document is made of these."""

    #: What a user must be allowed to do with the resource ``batch``.
    action: Action
    summary: str
    question: type[Any] = Nothing
    body: type[Any] | None = None
    answer: type[Any] | None = None
    status: int = HTTPStatus.OK
    media_type: str = _JSON


def endpoint(
    action: Action,
    summary: str,
    *,
    question: type[Any] = Nothing,
    body: type[Any] | None = None,
    answer: type[Any] | None = None,
    status: int = HTTPStatus.OK,
    media_type: str = _JSON,
) -> Callable[[Method], Method]:
    """Makes an endpoint of a method ``(self, *path, question?, body?)``.

    The method gets ``question`` and ``body`` by name where it has them. Where another process
    is the owner, it is not called: the request goes there.
    """
    operation = Operation(
        action=action,
        summary=summary,
        question=question,
        body=body,
        answer=answer,
        status=status,
        media_type=media_type,
    )

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        async def serve(self: BatchHandler, *path: str) -> None:
            if not self.check_body():
                self.finish()
                return
            await _authorise(self, action)
            try:
                engine = await self.gateway.engine_for(self)
                if engine is not None:
                    self.engine = engine
                    await method(self, *path, **await _decode(self, operation))
            except StreamClosedError:
                self.log.debug("the client of %s has gone away", self.request.path)
            except Exception as error:
                if not self.has_begun:
                    raise
                self.log_exception(type(error), error, error.__traceback__)
                self.break_off()

        wrapped = cast("Method", authenticated(serve))
        wrapped.operation = operation  # type: ignore[attr-defined]
        return wrapped

    return decorate


def operation_of(handler: type[BatchHandler], method: str) -> Operation | None:
    """Returns the operation of a handler's HTTP method, or None where it has none."""
    return getattr(getattr(handler, method.lower()), "operation", None)


async def _authorise(handler: BatchHandler, action: Action) -> None:
    # The holder of the owner's token is the user of this process, or a gateway that has
    # asked its own authorizer.
    if handler.by_owner_token:
        return
    user = handler.current_user
    allowed = await ensure_async(handler.authorizer.is_authorized(handler, user, action, RESOURCE))
    if not allowed:
        raise HTTPError(HTTPStatus.FORBIDDEN, f"you may not {action} the resource {RESOURCE}")


async def _decode(handler: BatchHandler, operation: Operation) -> dict[str, Any]:
    arguments = {
        name: [value.decode("utf-8", "replace") for value in values]
        for name, values in handler.request.query_arguments.items()
    }
    question = decode_arguments(arguments, operation.question)
    decoded: dict[str, Any] = {}
    if operation.question is not Nothing:
        decoded["question"] = question
    if operation.body is not None:
        body = bytes(handler.body)
        if len(body) <= _SMALL_BODY:
            decoded["body"] = decode_body(body, operation.body)
        else:
            decoded["body"] = await asyncio.to_thread(decode_bounded, body, operation.body)
    return decoded
