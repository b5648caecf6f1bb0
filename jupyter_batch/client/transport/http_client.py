"""HTTP to the owner: finds it again when it has moved, and turns error answers into errors."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, Protocol

import httpx
import msgspec

from jupyter_batch.client.arguments.shape_check import encoded
from jupyter_batch.client.transport.answers import BROKEN_OFF, GONE, check_ours, is_ours, read_all
from jupyter_batch.client.transport.tls import context_for_owner, context_for_server, untrusted
from jupyter_batch.domain.plain_text import plain_line
from jupyter_batch.errors import InvalidInput, NotAllowed, OwnerUnavailable

#: How long a request waits for its next byte. Streams have their own.
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
#: How long the server may take to make what is to be downloaded.
_MAKING_SECONDS = 600.0
_TRIES = 4
#: The request did not reach anybody, so that any request may be sent again.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Params = Mapping[str, str | int | None]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The URL of the owner and the credentials for it."""

    #: With the base url; ``batch/...`` comes after it.
    url: str
    token: str = ""
    #: The only certificate that is trusted there, as PEM, where it is this machine's owner.
    certificate: str = ""
    is_local: bool = False
    #: File or folder with the authorities that are trusted there; None for the system's.
    cacert: str | None = None

    @property
    def trusted(self) -> ssl.SSLContext | bool:
        """The certificates that a connection to it trusts. Raises InvalidInput."""
        if self.is_local:
            return context_for_owner(self.url, self.certificate)
        return context_for_server(self.url, self.cacert)


class Locator(Protocol):
    """Knows where the owner is."""

    def locate(self, *, stale: Address | None = None) -> Address:
        """Returns the address; ``stale`` is one that has stopped to answer.

        Raises OwnerUnavailable.
        """


class FixedAddress:
    """A server that the caller has named."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def locate(self, *, stale: Address | None = None) -> Address:
        """Returns the one address there is."""
        return self._address


class Connection:
    """Requests to whoever is the owner now. May be used from several threads."""

    def __init__(
        self,
        locator: Locator,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        use_proxies: bool = False,
    ) -> None:
        self._locator = locator
        self._transport = transport
        self._use_proxies = use_proxies
        #: One for each address: an owner is trusted by its own certificate.
        self._clients: dict[Address, httpx.Client] = {}
        self._making = threading.Lock()
        self._address: Address | None = None
        self.pause = pause

    @property
    def known_url(self) -> str | None:
        """The last known URL of the owner, without a look-up; None before the first one."""
        return self._address.url if self._address else None

    @property
    def address(self) -> Address:
        """The address of the owner; it is looked up at the first use."""
        if self._address is None:
            self._address = self._locator.locate()
        return self._address

    def get(self, path: str, params: Params | None = None) -> bytes:
        """Returns the body of the answer."""
        return self._send("GET", path, params=params)

    def post(
        self, path: str, body: Any = None, *, once: bool = False, key: str | None = None
    ) -> bytes:
        """Sends a body as JSON; with ``once`` under a key, so that it is done once if sent twice.

        ``key`` is one of the caller's own.
        """
        once = once or key is not None
        headers = {"Idempotency-Key": key or uuid.uuid4().hex} if once else {}
        return self._send("POST", path, body=body or {}, headers=headers, repeatable=once)

    def patch(self, path: str, body: Any) -> bytes:
        """Sends changes as JSON."""
        return self._send("PATCH", path, body=body)

    def delete(self, path: str, body: Any = None) -> bytes:
        """Asks for something to be deleted."""
        return self._send("DELETE", path, body=body)

    @contextlib.contextmanager
    def stream(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        silence_seconds: float | None = None,
    ) -> Iterator[httpx.Response]:
        """Opens an answer to be read as it comes; its transport errors are httpx's.

        ``silence_seconds`` is how long the server may say nothing before httpx.ReadTimeout.
        """
        timeout = httpx.Timeout(silence_seconds or 60.0, connect=10.0)
        request = self._request("GET", path, params=params, headers=headers, timeout=timeout)
        response = self._http.send(request, stream=True)
        try:
            if response.is_error or not is_ours(response):
                check_ours(read_all(response), self.address.url)
            yield response
        finally:
            response.close()

    def download(self, path: str, params: Params, file: IO[bytes]) -> None:
        """Writes the body of the answer into a file; begins anew where the connection breaks."""
        tries = 0
        while True:
            tries += 1
            address = self.address
            try:
                with self.stream(path, params=params, silence_seconds=_MAKING_SECONDS) as response:
                    for piece in response.iter_bytes():
                        file.write(piece)
                    return
            except (NotAllowed, OwnerUnavailable):
                if tries >= _TRIES or not self._has_moved(address):
                    raise
            except BROKEN_OFF as error:
                if tries >= _TRIES:
                    raise _no_answer(address, error) from error
                self.pause(0.1 * 2**tries)
                self.relocate()
            file.seek(0)
            file.truncate()

    def relocate(self) -> None:
        """Looks for the owner anew; raises OwnerUnavailable."""
        self._address = self._locator.locate(stale=self._address)

    def close(self) -> None:
        """Closes the connections."""
        with self._making:
            for client in self._clients.values():
                client.close()

    @property
    def _http(self) -> httpx.Client:
        """Of the address that the owner has now."""
        address = self.address
        with self._making:
            if address not in self._clients:
                self._clients[address] = httpx.Client(
                    transport=self._transport,
                    timeout=_TIMEOUT,
                    trust_env=self._use_proxies,
                    verify=False if self._transport else address.trusted,
                )
            return self._clients[address]

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: httpx.Timeout = _TIMEOUT,
    ) -> httpx.Request:
        address = self.address
        sent = {"Accept": "*/*", **(headers or {})}
        if address.token:
            sent["Authorization"] = f"token {address.token}"
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            return self._http.build_request(
                method,
                f"{address.url.rstrip('/')}/batch/{path}",
                params={k: v for k, v in (params or {}).items() if v is not None},
                headers=sent,
                content=content,
                timeout=timeout,
            )
        except (httpx.InvalidURL, ValueError) as error:  # such as a character that no URL has
            raise InvalidInput(f"this cannot be asked for: {plain_line(str(error))}") from error

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> bytes:
        content = None if body is None else encoded(body)
        repeatable = repeatable or method == "GET"
        tries = 0
        while True:
            tries += 1
            address = self.address
            try:
                response = self._answer(
                    self._request(method, path, params=params, headers=headers, content=content)
                )
                status = response.status_code
                refused = status in (401, 403, *GONE) or not is_ours(response)
                if not (refused and tries < _TRIES and self._has_moved(address)):
                    break
            except BROKEN_OFF as error:
                if untrusted(error) and not self._has_moved(address):
                    raise _no_answer(address, error) from error
                may_repeat = repeatable or isinstance(error, _NOT_SENT)
                if tries >= _TRIES or not may_repeat:
                    raise _no_answer(address, error) from error
                self.pause(0.1 * 2**tries)
                self.relocate()
        check_ours(response, address.url)
        return response.content

    def _answer(self, request: httpx.Request) -> httpx.Response:
        response = self._http.send(request, stream=True)
        try:
            return read_all(response)
        finally:
            response.close()

    def _has_moved(self, address: Address) -> bool:
        """Returns whether another owner has taken over from the one that has just refused."""
        self.relocate()
        return self.address != address


def _no_answer(address: Address, error: Exception) -> OwnerUnavailable:
    return OwnerUnavailable(
        f"the server at {plain_line(address.url)} cannot be talked to: {why}"
        if (why := untrusted(error))
        else f"the server at {plain_line(address.url)} does not answer "
        f"({plain_line(str(error)) or type(error).__name__})",
        url=address.url,
    )
