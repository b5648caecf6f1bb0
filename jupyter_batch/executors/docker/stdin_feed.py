"""Sends a container the runner and its bundle over stdin."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import docker

from jupyter_batch.executors.docker.connection import REQUEST_SECONDS, Gone, refuse, streamed

_LENGTH_BYTES = 8
#: After this time without progress, the container's state is checked.
_LOOK_SECONDS = 1.0


class StdinFeed:
    """A connection to a container's stdin, opened before the container is started.

    Nothing of it touches the engine's disk. With the connection the container's stdin ends, so
    that a runner whose server has died in the middle does not wait for the rest.
    """

    def __init__(self, client: docker.APIClient, container_id: str) -> None:
        """Opens the connection; raises the engine's refusal."""
        self._client, self._container_id = client, container_id
        self._response = streamed(
            client,
            "POST",
            f"/containers/{container_id}/attach",
            {"stdin": 1, "stream": 1},
            silence_seconds=REQUEST_SECONDS,
            headers={"Connection": "Upgrade", "Upgrade": "tcp"},
        )
        refuse(self._response)
        connection: Any = self._response.raw.connection
        self._socket = connection.sock

    def send(self, runner: bytes, bundle: Iterable[bytes]) -> None:
        """Sends a runner (see boot.py) and its bundle.

        What cannot be handed over is not told here: the container ends for want of it, or has
        ended already.
        """
        with contextlib.suppress(OSError, Gone):
            self._socket.settimeout(_LOOK_SECONDS)
            self._send(len(runner).to_bytes(_LENGTH_BYTES, "big") + runner)
            for piece in bundle:
                self._send(piece)

    def _send(self, data: bytes) -> None:
        """Raises OSError where the container does not read, Gone where it has been removed.

        An engine keeps the connection of a container that has died, and reads no more from it.
        """
        left, waited = memoryview(data), 0.0
        while left:
            try:
                left, waited = left[self._socket.send(left) :], 0.0
            except TimeoutError:
                waited += _LOOK_SECONDS
                state = self._client.inspect_container(self._container_id)["State"]
                if not state["Running"] or waited >= REQUEST_SECONDS:
                    raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the container's stdin."""
        with contextlib.suppress(OSError):
            self._response.close()
