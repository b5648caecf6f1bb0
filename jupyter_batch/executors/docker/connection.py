"""The Docker connection: address, clients, streams, and translation of errors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import docker
import requests
import urllib3
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.context import ContextAPI
from docker.types import CancellableStream
from docker.utils import kwargs_from_env

from jupyter_batch.errors import EngineUnavailable, ExecutorError
from jupyter_batch.executors.docker.ssh import SshTunnel

T = TypeVar("T")

#: Timeout of one request; pull, build and stop have longer ones.
REQUEST_SECONDS = 60
#: A stream that is silent for this time is reopened, as the connection may be dead.
SILENCE_SECONDS = 60
_DEFAULT_SOCKETS = (
    "/var/run/docker.sock",
    "~/.docker/run/docker.sock",
    "~/.colima/default/docker.sock",
    "~/.rd/docker.sock",
)

Gone = docker.errors.NotFound
Refused = docker.errors.APIError


def find_address() -> str:
    """Returns the address that the ``docker`` command would use, without connecting."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    with contextlib.suppress(docker.errors.DockerException, AttributeError, OSError, ValueError):
        context = ContextAPI.get_current_context()
        if context.name != "default" and context.Host:
            return str(context.Host)
    sockets = [Path(path).expanduser() for path in _DEFAULT_SOCKETS]
    return f"unix://{next((path for path in sockets if path.exists()), sockets[0])}"


class DockerConnection:
    """One container engine, through docker-py in threads of its own."""

    def __init__(self, address: str | None) -> None:
        self.address = address or find_address()
        self._tunnel = SshTunnel(self.address) if self.address.startswith("ssh://") else None
        # Stops wait in a thread for as long as their grace: there must be enough of them.
        self._threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="jupyter-batch")
        self._lock = threading.Lock()
        self._shared: docker.APIClient | None = None
        self._version: str | None = None

    async def call(self, function: Callable[[docker.APIClient], T]) -> T:
        """Runs a function with a client in a thread; raises Gone, Refused, EngineUnavailable.

        Gone and Refused are docker-py's and must not leave this package.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.run, function)

    def run(self, function: Callable[[docker.APIClient], T]) -> T:
        """Does the same as ``call``, in the caller's own thread."""
        with self.reaching():
            return function(self.client())

    def client(self) -> docker.APIClient:
        """Returns the shared client, made at the first call that finds an engine."""
        self._check_listening()
        with self._lock:
            if self._shared is None:
                self._shared = self.fresh()
            return self._shared

    def fresh(self) -> docker.APIClient:
        """Returns a client with connections of its own, for a stream."""
        self._check_listening()
        if self._version is None:
            asking = self._new(MINIMUM_DOCKER_API_VERSION)
            try:
                self._version = str(asking.version(api_version=False)["ApiVersion"])
            finally:
                asking.close()
        return self._new(self._version)

    def ping(self, seconds: int) -> None:
        """Returns when the engine has answered; raises EngineUnavailable after so many seconds."""
        with self.reaching():
            self._check_listening(seconds)
            asking = self._new(MINIMUM_DOCKER_API_VERSION, seconds)
            try:
                asking.ping()
            except Refused:
                pass  # which is an answer
            finally:
                asking.close()

    async def pulse(self, seconds: int) -> None:
        """Does the same as ``ping``, in a thread of its own: those of the pool may all be busy."""
        await asyncio.to_thread(self.ping, seconds)

    def _new(self, version: str, seconds: int = REQUEST_SECONDS) -> docker.APIClient:
        tls = kwargs_from_env().get("tls", False)
        client = docker.APIClient(
            base_url=self._tunnel.address if self._tunnel else self.address,
            version=version,
            timeout=seconds,
            tls=tls if not self.address.startswith(("unix:", "ssh:")) else False,
            max_pool_size=64,
        )
        # Or else REQUESTS_CA_BUNDLE, which many have set, would be believed rather than the
        # authority in DOCKER_CERT_PATH.
        client.trust_env = False
        return client

    def _check_listening(self, seconds: float = REQUEST_SECONDS) -> None:
        """Raises OSError where nothing listens; docker-py would leave its socket open then."""
        if self.address.startswith("unix://"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
                trial.settimeout(seconds)
                trial.connect(self.address.removeprefix("unix://"))

    @contextlib.contextmanager
    def reaching(self) -> Iterator[None]:
        """Turns each error of a connection without an answer into EngineUnavailable."""
        try:
            yield
        except Refused:
            raise
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
            raise EngineUnavailable(self._advice(error), address=self.address) from error

    def _advice(self, error: Exception) -> str:
        text = str(error)
        if "Permission denied" in text or isinstance(error, PermissionError):
            todo = "you may not use its socket; join the group 'docker' and log in again"
        elif self.address.startswith("unix:"):
            todo = "start Docker, or set DOCKER_HOST to where it is"
        elif self.address.startswith("ssh:"):
            todo = "try `ssh` to that machine and `docker info` there, with no password asked for"
        else:
            todo = "check that DOCKER_HOST is right and that the machine can be reached"
        return f"no container engine answers at {self.address}: {todo}"

    def close(self) -> None:
        """Closes connections and threads; running calls end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            if self._shared is not None:
                self._shared.close()
                self._shared = None
        if self._tunnel is not None:
            self._tunnel.close()


def error_text(error: Exception) -> str:
    """Returns the engine's own error message."""
    return str(getattr(error, "explanation", None) or error).strip()


@contextlib.contextmanager
def refusals(doing: str) -> Iterator[None]:
    """Turns refusals of the engine that were not handled before into ExecutorError."""
    try:
        yield
    except Refused as error:
        raise ExecutorError(f"{doing} was refused by the engine: {error_text(error)}") from error


def streamed(
    client: docker.APIClient,
    method: str,
    path: str,
    params: dict[str, Any],
    *,
    silence_seconds: float,
    headers: dict[str, str] | None = None,
) -> requests.Response:
    """Opens a response as a stream, where docker-py would read it whole; see ``refuse``."""
    return client.request(
        method,
        f"{client.base_url}/v{client.api_version}{path}",
        params=params,
        headers=headers,
        stream=True,
        timeout=(REQUEST_SECONDS, silence_seconds),
    )


def refuse(response: requests.Response) -> None:
    """Raises Gone or Refused where the engine has answered with an error."""
    if response.status_code == 404:
        raise Gone(response.text)
    if response.status_code >= 400:
        raise Refused(response.text, response, explanation=response.text)


class Stream:
    """A streamed response of the engine, which another thread can abort."""

    def __init__(self, engine: DockerConnection) -> None:
        self._engine = engine
        self._client: docker.APIClient | None = None
        self._response: requests.Response | None = None
        self._lock = threading.Lock()
        self.is_aborted = False
        #: Whether it was ended because it was silent for too long.
        self.was_silent = False

    def open(self, method: str, path: str, params: dict[str, Any]) -> Iterator[bytes]:
        """Yields the pieces as they come; ends early where the connection breaks."""
        if self._client is None:
            self._client = self._engine.fresh()
        client = self._client
        response = streamed(client, method, path, params, silence_seconds=SILENCE_SECONDS)
        with self._lock:
            self._response = response
            if self.is_aborted:
                self._shut()
        try:
            refuse(response)
            yield from self._pieces(response)
        finally:
            with self._lock:
                self._response = None
            response.close()

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        self.was_silent = False
        try:
            yield from response.raw.stream(64 * 1024)
        except urllib3.exceptions.ReadTimeoutError:
            self.was_silent = True
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return  # broken or aborted; the reader checks the state of the container

    def abort(self) -> None:
        """Ends the stream at once for its reader."""
        with self._lock:
            self.is_aborted = True
            self._shut()

    def _shut(self) -> None:
        if self._response is not None:
            with contextlib.suppress(
                OSError, AttributeError, docker.errors.DockerException, socket.error
            ):
                CancellableStream(iter(()), self._response).close()

    def close(self) -> None:
        """Closes the connection."""
        if self._client is not None:
            self._client.close()
