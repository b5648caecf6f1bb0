"""Follows events: what was, then what happens, over dropped connections and new owners."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from enum import Enum

from jupyter_batch.client.transport.answers import BROKEN_OFF, AnswerDecoder
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.client.transport.sse import ALIVE, read_messages
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import TERMINAL, Run
from jupyter_batch.errors import NotAllowed, OwnerUnavailable

#: The server says something at least every so often; after this silence the connection is dead.
_SILENCE_SECONDS = 45.0
_FAILURES = 8
_ENDINGS = frozenset(str(state) for state in TERMINAL)

_event = AnswerDecoder(RunEvent)
_run = AnswerDecoder(Run)


class StreamNotice(Enum):
    """A notice of a stream that is no event. It gives the reader a turn while there are none."""

    #: The stream has been opened; with no event seen before, something may have been missed.
    OPENED = "opened"
    #: The server has nothing to say.
    ALIVE = "alive"


class _Stream:
    """An event stream that is opened again and again, and yields each event on record once."""

    def __init__(
        self,
        connection: Connection,
        path: str,
        *,
        after: int | None,
        number_of: Callable[[RunEvent], int],
        params: dict[str, str] | None = None,
    ) -> None:
        self._connection = connection
        self._path, self._params = path, params
        self._last, self._number_of = after, number_of
        self._failures = 0

    def read(self) -> Generator[RunEvent | StreamNotice]:
        """Yields the events of one connection; raises OwnerUnavailable, and BROKEN_OFF errors."""
        headers = {"Accept": "text/event-stream"}
        if self._last is not None:
            headers["Last-Event-ID"] = str(self._last)
        with self._connection.stream(
            self._path, headers=headers, params=self._params, silence_seconds=_SILENCE_SECONDS
        ) as response:
            yield StreamNotice.OPENED
            for message in read_messages(response.iter_bytes(), alive=True):
                if message is ALIVE:
                    self._failures = 0
                    yield StreamNotice.ALIVE
                    continue
                event = _event.decode(message.data)
                self._failures = 0
                number = self._number_of(event)
                if number:
                    if self._last is not None and number <= self._last:
                        continue
                    self._last = number
                yield event

    def note_failure(self, error: Exception) -> None:
        """Counts a failure; raises OwnerUnavailable after several in a row."""
        self._failures += 1
        if self._failures >= _FAILURES:
            raise OwnerUnavailable(
                f"lost the server at {self._connection.address.url}: {error}"
            ) from error

    def pause(self) -> None:
        """Waits before the next connection, longer after each failure."""
        self._connection.pause(min(0.1 * 2**self._failures, 5.0))
        if self._failures:
            self._connection.relocate()


def follow_run(
    connection: Connection, run_id: str, *, after: int = 0, outputs: bool = True
) -> Iterator[RunEvent]:
    """Yields the events of a run above an id, each once and in order, until the run is over.

    Without ``outputs`` those of kind ``output`` are left out.

    Events with id 0 (heartbeats, progress of a pull) are only of the moment: they are not
    repeated after a dropped connection. Raises NotFound, OwnerUnavailable.
    """
    stream = _Stream(
        connection,
        f"runs/{run_id}/events",
        after=after,
        number_of=lambda event: event.event_id,
        params=None if outputs else {"outputs": "false"},
    )
    was_over = False
    while True:
        ended = False
        try:
            with closing(stream.read()) as events:
                for event in events:
                    if isinstance(event, StreamNotice):
                        continue
                    if event.kind == "state":
                        ended = event.data.get("state") in _ENDINGS
                    yield event
        except (*BROKEN_OFF, OwnerUnavailable) as error:
            stream.note_failure(error)
            stream.pause()
            continue
        # An owner that ends closes its streams too: only a run that was over before the stream
        # was opened, or an ending in the stream itself, is the end.
        if ended or was_over:
            return
        was_over = _run.decode(connection.get(f"runs/{run_id}")).state.is_terminal
        if not was_over:
            stream.pause()


def follow_all(
    connection: Connection, *, after: int | None = None
) -> Iterator[RunEvent | StreamNotice]:
    """Yields what happens to all runs, outputs left out, above a position; None for from now on.

    Never ends by itself. Raises OwnerUnavailable after several failures in a row, and NotAllowed.
    """
    stream = _Stream(connection, "events", after=after, number_of=lambda event: event.position)
    while True:
        try:
            yield from stream.read()
        except (*BROKEN_OFF, OwnerUnavailable) as error:
            stream.note_failure(error)
        except NotAllowed:
            # An owner that has started anew has another token, maybe at the same address.
            refused = connection.address
            connection.relocate()
            if connection.address == refused:
                raise
        # An owner that ends closes its streams: there will be another.
        stream.pause()
