"""Follows the log of a container: from its first byte to its end, in a thread."""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator

import requests

from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.errors import (
    AttemptGone,
    BatchError,
    EngineUnavailable,
    ExecutorError,
    RecordRefused,
)
from jupyter_batch.executors.channel import Channel
from jupyter_batch.executors.docker.connection import (
    DockerConnection,
    Gone,
    Refused,
    Stream,
    error_text,
)
from jupyter_batch.executors.frame_reader import AttemptReader

_HEADER = struct.Struct(">BxxxL")
_STDOUT, _STDERR = 1, 2
#: Logs of up to this many pieces are read once more when the container has ended.
_CHEAP_PIECES = 2000
#: How long the engine may take to notice the end of a container whose log has ended.
_SETTLE_SECONDS = 2
#: The number of successive streams that may end without new data while the container runs.
_MAX_BARREN = 5


class LogFollower(threading.Thread):
    """Reads a container's log into a channel.

    The engine's stream can end before the log does: because the container has just ended,
    because the connection broke, because it was silent for long. So the end of a stream
    decides nothing; the state of the container does. The log is then read again from its
    start, and what was delivered already is skipped. Only where the runner itself has
    said that this was all is the end of the container not waited for.
    """

    def __init__(
        self,
        engine: DockerConnection,
        container_id: str,
        channel: Channel[AnyFrame | LogLine],
        *,
        max_log_bytes: int,
        key: bytes | None = None,
        max_bytes: int | None = None,
    ) -> None:
        super().__init__(name=f"follow-{container_id[:12]}", daemon=True)
        self._engine = engine
        self._container_id = container_id
        self._channel = channel
        self._max_log_bytes = max_log_bytes
        self._key, self._max_bytes = key, max_bytes
        self._stream = Stream(engine)
        self._delivered = 0

    def run(self) -> None:
        """Reads until the container has ended and its log is drained."""
        error: BatchError | None = None
        try:
            with self._engine.reaching():
                self._follow()
        except Gone:
            error = AttemptGone("the container is not there any more", id=self._container_id)
        except Refused as refused:
            error = _refusal(refused, self._container_id)
        except (EngineUnavailable, RecordRefused) as known:
            error = known
        except Exception as problem:
            # The reader must not mistake an error for the end of the attempt.
            error = ExecutorError(f"the log cannot be read: {problem}")
        finally:
            self._stream.close()
            self._channel.finish(error)

    def abort(self) -> None:
        """Makes the thread end soon."""
        self._channel.close()
        self._stream.abort()

    def _follow(self) -> None:
        barren = 0
        while True:
            before = self._delivered
            reader, read = self._read(follow=True)
            if self._stream.is_aborted or reader.is_complete:
                return
            if self._has_ended():
                break
            is_barren = self._delivered == before and not self._stream.was_silent
            barren = barren + 1 if is_barren else 0
            if barren >= _MAX_BARREN:
                raise EngineUnavailable("the log of a running container ends again and again")
        if not reader.has_finished or read <= _CHEAP_PIECES:
            reader, _ = self._read(follow=False)
        reader.end()
        self._deliver(reader)

    def _read(self, *, follow: bool) -> tuple[AttemptReader, int]:
        reader = AttemptReader(
            max_log_bytes=self._max_log_bytes,
            skip=self._delivered,
            key=self._key,
            max_bytes=self._max_bytes,
        )
        params = {"follow": int(follow), "stdout": 1, "stderr": 1, "timestamps": 0}
        read = 0
        for kind, data in demultiplexed(
            self._stream.open("GET", f"/containers/{self._container_id}/logs", params)
        ):
            try:
                if kind == _STDOUT:
                    reader.stdout(data)
                elif kind == _STDERR:
                    reader.stderr(data)
            except RecordRefused:
                self._deliver(reader)  # what came before is true
                raise
            read += 1
            if not self._deliver(reader) or reader.is_complete:
                break
        return reader, read

    def _deliver(self, reader: AttemptReader) -> bool:
        weight, items = reader.weight, reader.take()
        self._delivered = max(self._delivered, reader.count)
        return self._channel.put(items, weight) if items else not self._stream.is_aborted

    def _has_ended(self) -> bool:
        # The engine ends the log a moment before it says that the container has ended.
        client = self._engine.client()
        with contextlib.suppress(requests.exceptions.Timeout, requests.exceptions.ConnectionError):
            client.wait(self._container_id, timeout=_SETTLE_SECONDS)
        return not client.inspect_container(self._container_id)["State"]["Running"]


def _refusal(refused: Exception, container_id: str) -> BatchError:
    text = error_text(refused)
    if "marked for removal" in text:
        return AttemptGone("the container is being removed", id=container_id)
    return ExecutorError(f"the log cannot be read: {text}")


def demultiplexed(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yields (stream, data) from the engine's multiplexed stream, however it is cut."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        start = 0
        while len(buffer) - start >= _HEADER.size:
            kind, size = _HEADER.unpack_from(buffer, start)
            end = start + _HEADER.size + size
            if end > len(buffer):
                break
            yield kind, bytes(buffer[start + _HEADER.size : end])
            start = end
        del buffer[:start]
