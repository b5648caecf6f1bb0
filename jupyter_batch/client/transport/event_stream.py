"""Follows events: what was, then what happens, over dropped connections and new owners."""

from __future__ import annotations

from collections.abc import Iterator
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


def follow_run(
    connection: Connection, run_id: str, *, after: int = 0, outputs: bool = True
) -> Iterator[RunEvent]:
    """Yields the events of a run above an id, each once and in order, until the run is over.

    Without ``outputs`` those of kind ``output`` are left out.

    Events with id 0 (heartbeats, progress of a pull) are only of the moment: they are not
    repeated after a dropped connection. Raises NotFound, OwnerUnavailable.
    """
    last, failures, was_over = after, 0, False
    while True:
        ended = False
        try:
            with connection.stream(
                f"runs/{run_id}/events",
                headers={"Accept": "text/event-stream", "Last-Event-ID": str(last)},
                params=None if outputs else {"outputs": "false"},
                silence_seconds=_SILENCE_SECONDS,
            ) as response:
                for message in read_messages(response.iter_bytes()):
                    event = _event.decode(message.data)
                    failures = 0
                    if event.event_id:
                        if event.event_id <= last:
                            continue
                        last = event.event_id
                    if event.kind == "state":
                        ended = event.data.get("state") in _ENDINGS
                    yield event
        except (*BROKEN_OFF, OwnerUnavailable) as error:
            failures += 1
            if failures >= _FAILURES:
                raise OwnerUnavailable(
                    f"lost the server at {connection.address.url}: {error}"
                ) from error
            connection.pause(min(0.1 * 2**failures, 5.0))
            connection.relocate()
            continue
        # An owner that ends closes its streams too: only a run that was over before the stream
        # was opened, or an ending in the stream itself, is the end.
        if ended or was_over:
            return
        was_over = _run.decode(connection.get(f"runs/{run_id}")).state.is_terminal
        if not was_over:
            connection.pause(0.1)


class StreamNotice(Enum):
    """A notice of a stream that is no event. It gives the reader a turn while there are none."""

    #: The stream has been opened; with no event seen before, something may have been missed.
    OPENED = "opened"
    #: The server has nothing to say.
    ALIVE = "alive"


def follow_all(
    connection: Connection, *, after: int | None = None
) -> Iterator[RunEvent | StreamNotice]:
    """Yields what happens to all runs, outputs left out, above a position; None for from now on.

    Never ends by itself. Raises OwnerUnavailable after several failures in a row, and NotAllowed.
    """
    last, failures = after, 0
    while True:
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        try:
            with connection.stream(
                "events", headers=headers, silence_seconds=_SILENCE_SECONDS
            ) as response:
                yield StreamNotice.OPENED
                for message in read_messages(response.iter_bytes(), alive=True):
                    failures = 0
                    if message is ALIVE:
                        yield StreamNotice.ALIVE
                        continue
                    event = _event.decode(message.data)
                    if event.position:
                        if last is not None and event.position <= last:
                            continue
                        last = event.position
                    yield event
        except (*BROKEN_OFF, OwnerUnavailable) as error:
            failures += 1
            if failures >= _FAILURES:
                raise OwnerUnavailable(
                    f"lost the server at {connection.address.url}: {error}"
                ) from error
        except NotAllowed:
            # An owner that has started anew has another token, maybe at the same address.
            refused = connection.address
            connection.relocate()
            if connection.address == refused:
                raise
        # An owner that ends closes its streams: there will be another.
        connection.pause(min(0.1 * 2**failures, 5.0))
        if failures:
            connection.relocate()
