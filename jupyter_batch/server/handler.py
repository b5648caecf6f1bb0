"""The base class of all handlers: identity, limits, responses and errors."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import msgspec
from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.base.handlers import APIHandler
from msgspec.structs import replace
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, stream_request_body

from jupyter_batch import __version__
from jupyter_batch.domain.artifact import LISTED_ARTIFACTS, SHOWN_ARTIFACTS
from jupyter_batch.domain.notebook import is_below, named_from
from jupyter_batch.domain.run import Run
from jupyter_batch.errors import BatchError, InvalidInput, TooLarge
from jupyter_batch.server.error_responses import answer_of
from jupyter_batch.server.gateway import Gateway
from jupyter_batch.server.identity import OwnerIdentity, holds_token, user_name
from jupyter_batch.server.proxy import NAMED_FROM, VERSION_HEADER
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.wire.relative_names import seen_from

#: Where the web application keeps the gateway.
GATEWAY = "jupyter_batch_door"
RESOURCE = "batch"

_SLICE = 256 * 1024
_KEY_LENGTH = 200


@stream_request_body
class BatchHandler(APIHandler):
    """Limits the body, and answers errors as ``{"code", "message", "details"}``."""

    auth_resource = RESOURCE
    #: Set by ``endpoint`` before a method is called.
    engine: BatchEngine

    def initialize(self) -> None:
        """Prepares for one request."""
        self.gateway: Gateway = self.settings[GATEWAY]
        self.body = bytearray()
        self.by_owner_token = holds_token(self.request.headers, self.gateway.token)
        self._received = 0
        self._work: asyncio.Task[None] | None = None
        self._refused_early = False
        self._log_id = secrets.token_hex(4)

    @property
    def identity_provider(self) -> IdentityProvider:
        """Returns the server's own, except for the holder of the owner's token."""
        return OwnerIdentity() if self.by_owner_token else super().identity_provider

    @property
    def user_name(self) -> str:
        """Returns the name to put down for what is made."""
        return user_name(self.current_user)

    @property
    def root(self) -> str:
        """Returns the folder that notebook paths are relative to: that of the asked gateway."""
        told = self.request.headers.get(NAMED_FROM, "") if self.by_owner_token else ""
        return unquote(told) or self.gateway.root_dir

    def placed(self, notebook: str) -> dict[str, str]:
        """Returns ``root`` and ``notebook`` of a notebook that the request names.

        A client on this machine that holds the owner's token may name any, by its whole path.
        """
        root = self.root
        is_client = self.by_owner_token and NAMED_FROM not in self.request.headers
        if is_client and notebook.startswith("/") and not is_below(root, notebook):
            root = "/"
        return {"root": root, "notebook": named_from(root, notebook, stored_root=root)}

    @property
    def idempotency_key(self) -> str | None:
        """Returns the key under which the same request is served once; raises InvalidInput."""
        key = self.request.headers.get("Idempotency-Key")
        if key is not None and not (key.isprintable() and 0 < len(key) <= _KEY_LENGTH):
            raise InvalidInput(
                f"a key is 1 to {_KEY_LENGTH} printable characters", field="Idempotency-Key"
            )
        return key

    def set_default_headers(self) -> None:
        """Adds the headers of every response."""
        super().set_default_headers()
        self.set_header(VERSION_HEADER, __version__)
        self.set_header("Cache-Control", "no-store")

    async def prepare(self) -> None:  # type: ignore[override]
        """Authenticates, and refuses a body whose declared length is too large."""
        self.gateway.touch()
        await super().prepare()
        declared = self.request.headers.get("Content-Length", "0")
        if declared.isdigit() and int(declared) > self.gateway.max_body_bytes:
            await self._refuse_early(int(declared))

    def data_received(self, chunk: bytes) -> None:
        """Keeps a slice of the body, up to the limit."""
        self._received += len(chunk)
        if self._received <= self.gateway.max_body_bytes:
            self.body += chunk
        else:
            self.body.clear()

    def check_body(self) -> bool:
        """Returns whether the request can be served; raises TooLarge."""
        if self._received > self.gateway.max_body_bytes and not self._refused_early:
            raise self._too_large()
        return not self._refused_early

    async def _refuse_early(self, declared: int) -> None:
        """Answers before the body has come; the rest is read and dropped.

        Closing the connection at once would take the answer from clients that write first.
        """
        self._refused_early = True
        _, answer = answer_of(self._too_large(), log_id=self._log_id)
        encoded = msgspec.json.encode(answer)
        self.set_status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Length", str(len(encoded)))
        self.set_header("Connection", "close")
        self._connection.set_max_body_size(declared)
        self.write(encoded)
        await self.flush()

    @property
    def _connection(self) -> HTTP1Connection:
        connection = self.request.connection
        assert isinstance(connection, HTTP1Connection)
        return connection

    def _too_large(self) -> TooLarge:
        limit = self.gateway.max_body_bytes
        return TooLarge(f"the body is larger than {limit} bytes", field="body", limit=limit)

    async def while_connected(self, work: Coroutine[Any, Any, None]) -> None:
        """Awaits work, which is cancelled when the client disconnects; raises StreamClosedError."""
        self._work = asyncio.create_task(work)
        try:
            await asyncio.wait({self._work})
        finally:
            self._work.cancel()
        if self._work.cancelled():
            raise StreamClosedError
        self._work.result()

    def on_connection_close(self) -> None:
        """Cancels the work of a client that has disconnected."""
        super().on_connection_close()
        if self._work is not None:
            self._work.cancel()

    def break_off(self) -> None:
        """Ends the connection in the middle of a response, so that it does not seem complete."""
        self._connection.stream.close()

    @property
    def has_begun(self) -> bool:
        """Returns whether part of the answer has been sent."""
        return self._headers_written

    def reply(self, value: Any, status: int = HTTPStatus.OK) -> None:
        """Answers with a value as JSON."""
        self.set_status(status)
        self.finish(msgspec.json.encode(seen_from(self.root, _bounded(value, SHOWN_ARTIFACTS))))

    def reply_created(self, value: Any, path: str) -> None:
        """Answers 201 with the address of what was made."""
        self.set_header("Location", f"{self.base_url}batch/{path}")
        self.reply(value, HTTPStatus.CREATED)

    def reply_empty(self) -> None:
        """Answers 204."""
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()

    async def reply_list(self, items: Iterable[Any], **more: Any) -> None:
        """Answers ``{"items": [...], ...}``, slice by slice so that others get their turn."""
        self.set_header("Content-Type", "application/json")
        pending, separator = bytearray(b'{"items":['), b""
        root = self.root
        for item in items:
            pending += separator + msgspec.json.encode(
                seen_from(root, _bounded(item, LISTED_ARTIFACTS))
            )
            separator = b","
            if len(pending) > _SLICE:
                await self.write_slice(bytes(pending))
                pending.clear()
        # "{" of the rest becomes "," behind the items.
        pending += b"]," + msgspec.json.encode(more)[1:]
        self.finish(bytes(pending))

    async def reply_bytes(self, content: bytes, media_type: str) -> None:
        """Answers with bytes, slice by slice."""
        self.set_header("Content-Length", str(len(content)))
        await self.reply_slices(_slices(content), media_type)

    async def reply_slices(self, slices: AsyncIterator[bytes], media_type: str) -> None:
        """Answers with the slices of bytes as they become available."""
        self.set_header("Content-Type", media_type)
        try:
            async for piece in slices:
                await self.write_slice(piece)
        finally:
            # The client may disconnect in the middle; the source of the slices is closed at once.
            await slices.aclose()  # type: ignore[attr-defined]
        self.finish(set_content_type=media_type)

    async def write_slice(self, piece: bytes) -> None:
        """Sends a slice; returns when the client has accepted it."""
        self.write(piece)
        await self.flush()
        await asyncio.sleep(0)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answers with an error in the one form that they all have."""
        exc_info: Sequence[Any] = kwargs.get("exc_info") or (None, None, None)
        error = exc_info[1] or HTTPError(status_code)
        # Nobody is known yet where tornado refuses the method or the address before ``prepare``,
        # and asking for the user would fail then.
        is_known = bool(getattr(self, "_current_user", None))
        status, answer = answer_of(error, log_id=self._log_id, known_user=is_known)
        self.set_status(status)
        if self.gateway.is_closing:
            # It speaks for an owner no more: a gateway that has handed this on asks the next one.
            self.clear_header(VERSION_HEADER)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self._methods()))
        self.finish(msgspec.json.encode(answer))

    def _methods(self) -> list[str]:
        unimplemented = self._unimplemented_method
        return [
            name
            for name in self.SUPPORTED_METHODS
            if getattr(type(self), name.lower()) is not unimplemented.__func__  # type: ignore[attr-defined]
        ]

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Logs internal errors; errors of the caller are only answered."""
        if isinstance(value, StreamClosedError):
            self.log.debug("the client of %s has gone away", self.request.path)
        elif isinstance(value, BatchError | HTTPError):
            self.log.debug("%s %s: %s", self.request.method, self.request.path, value)
        else:
            self.log.error(
                "%s: %s %s failed",
                self._log_id,
                self.request.method,
                self.request.path,
                exc_info=(typ, value, tb) if value is not None else None,
            )


async def _slices(content: bytes) -> AsyncIterator[bytes]:
    view = memoryview(content)
    for start in range(0, len(view), _SLICE):
        yield bytes(view[start : start + _SLICE])


def _bounded(value: Any, most: int) -> Any:
    """Returns a run with its first artifacts and how many there are, and anything else as it is."""
    if not isinstance(value, Run):
        return value
    count = len(value.artifacts) if value.artifact_count is None else value.artifact_count
    return replace(value, artifacts=value.artifacts[:most], artifact_count=count)
