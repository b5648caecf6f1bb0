"""Forwards a request to the owner, and streams the owner's response back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from jupyter_batch.errors import OwnerUnavailable
from jupyter_batch.server.identity import ON_BEHALF_OF
from jupyter_batch.wire.owner import OwnerInfo

if TYPE_CHECKING:
    import httpx

    from jupyter_batch.server.handler import BatchHandler

#: By which an owner tells that it is one, and a gateway that a request has been handed on already.
VERSION_HEADER = "X-Jupyter-Batch"
FORWARDED_HEADER = "X-Jupyter-Batch-Forwarded"
#: The folder that the gateway names notebooks from, quoted as in an address.
NAMED_FROM = "X-Jupyter-Batch-Named-From"

_TO_OWNER = ("Accept", "Content-Type", "Idempotency-Key", "Last-Event-ID")
_TO_CLIENT = (
    "Allow",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Security-Policy",
    "Content-Type",
    "X-Accel-Buffering",
    VERSION_HEADER,
)
_NOT_FOR_OWNER = frozenset({"token", "_xsrf"})


class OwnerGone(Exception):
    """Nothing answers at the owner's address, and no part of the request has been sent."""


class OwnerProxy:
    """A gateway's connections to the owner."""

    def __init__(self) -> None:
        #: One for each certificate of an owner: that is all that one trusts.
        self._http: dict[str, httpx.AsyncClient] = {}

    async def forward(self, handler: BatchHandler, owner: OwnerInfo) -> None:
        """Answers a request with the owner's response; raises OwnerGone, OwnerUnavailable."""
        import httpx

        if FORWARDED_HEADER in handler.request.headers:
            raise OwnerUnavailable("the owner's file leads to a server that is not the owner")
        try:
            response = await self._client(owner).send(self._request(handler, owner), stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise OwnerGone from error
        except httpx.TransportError as error:
            raise OwnerUnavailable(f"the owner at {owner.url} broke off: {error!r}") from error
        try:
            if VERSION_HEADER not in response.headers:
                raise OwnerGone
            await _stream_response(handler, owner, response)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Closes the connections."""
        for client in self._http.values():
            await client.aclose()

    def _client(self, owner: OwnerInfo) -> httpx.AsyncClient:
        import httpx

        key = owner.certificate if owner.url.startswith("https:") else "http"
        if key not in self._http:
            # The owner is on this machine: no proxies; streams may be silent for long.
            # The client loads httpx, which a Jupyter server's start need not wait for.
            from jupyter_batch.client.transport.tls import context_for_owner

            self._http[key] = httpx.AsyncClient(
                trust_env=False,
                verify=context_for_owner(owner.url, owner.certificate),
                timeout=httpx.Timeout(None, connect=5.0),
                limits=httpx.Limits(max_connections=None),
            )
        return self._http[key]

    def _request(self, handler: BatchHandler, owner: OwnerInfo) -> httpx.Request:
        request = handler.request
        path = request.path.removeprefix(handler.base_url)
        query = [
            (name, value)
            for name, values in request.query_arguments.items()
            if name not in _NOT_FOR_OWNER
            for value in values
        ]
        headers = {name: request.headers[name] for name in _TO_OWNER if name in request.headers}
        headers["Authorization"] = f"token {owner.token}"
        headers[ON_BEHALF_OF] = handler.user_name
        headers[FORWARDED_HEADER] = "1"
        headers[NAMED_FROM] = quote(handler.gateway.root_dir)
        return self._client(owner).build_request(
            request.method or "GET",
            f"{owner.url}{path}" + (f"?{urlencode(query)}" if query else ""),
            headers=headers,
            content=bytes(handler.body),
        )


async def _stream_response(
    handler: BatchHandler, owner: OwnerInfo, response: httpx.Response
) -> None:
    """Streams the response; a client that disconnects ends the owner's part, too."""
    handler.set_status(response.status_code)
    for name in _TO_CLIENT:
        if name in response.headers:
            handler.set_header(name, response.headers[name])
    if "Location" in response.headers:
        theirs = urlsplit(owner.url).path
        path = response.headers["Location"].removeprefix(theirs)
        handler.set_header("Location", f"{handler.base_url}{path}")
    await handler.while_connected(_pump(handler, response))


async def _pump(handler: BatchHandler, response: httpx.Response) -> None:
    import httpx

    try:
        await handler.flush()
        async for piece in response.aiter_raw():
            handler.write(piece)
            await handler.flush()
    except httpx.TransportError:
        # The answer has begun: all that is left is to break it off, so that nobody takes it
        # for whole.
        handler.break_off()
        return
    handler.finish(set_content_type=response.headers.get("Content-Type", "application/json"))
