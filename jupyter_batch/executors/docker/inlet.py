"""The way into a container: its stdin, over which it is handed all that it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import docker

from jupyter_batch.executors.docker.connection import REQUEST_SECONDS, refuse, streamed

_LENGTH_BYTES = 8


class Inlet:
    """Opened before a container is started; what is handed over after that goes in.

    Nothing of it touches the engine's disk. With the connection the container's stdin ends, so
    that a runner whose server has died in the middle does not wait for the rest.
    """

    def __init__(self, client: docker.APIClient, container_id: str) -> None:
        """Raises what the engine refuses."""
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

    def hand(self, runner: bytes, bundle: Iterable[bytes]) -> None:
        """Hands over a runner (see boot.py) and its bundle.

        What cannot be handed over is not told here: the container ends for want of it.
        """
        with contextlib.suppress(OSError):
            self._socket.sendall(len(runner).to_bytes(_LENGTH_BYTES, "big") + runner)
            for piece in bundle:
                self._socket.sendall(piece)

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
