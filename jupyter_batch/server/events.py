"""Event streams: server-sent events that can be resumed, at each client's pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.errors import InvalidInput
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.query_params import EventsQuestion, RunEventsQuestion

MEDIA_TYPE = "text/event-stream"

_RETRY = b"retry: 1000\n\n"
_KEEP_ALIVE = b": keep-alive\n\n"


class EventStreamHandler(BatchHandler):
    """The base of both streams."""

    # A panel that only watches is no reason to keep an idle server.
    _track_activity = False

    def last_known(self, question: EventsQuestion) -> int | None:
        """Returns the id of the last event that the client knows; raises InvalidInput."""
        header = self.request.headers.get("Last-Event-ID", "")
        if not header:
            return question.after
        if not (header.isascii() and header.isdigit() and len(header) <= 19):
            raise InvalidInput("Last-Event-ID is none of ours", field="Last-Event-ID")
        return int(header)

    async def stream(
        self, events: AsyncIterator[RunEvent], id_of: Callable[[RunEvent], int], *, live: bool
    ) -> None:
        """Sends events as they come, until they end or the client goes away.

        A stream that is not live and has nothing to say is answered 204, by which a browser
        knows that it need not come back.
        """
        await self.while_connected(self._send(events, id_of, live=live))

    async def _send(
        self, events: AsyncIterator[RunEvent], id_of: Callable[[RunEvent], int], *, live: bool
    ) -> None:
        upcoming = asyncio.ensure_future(_next(events))
        try:
            if not live and await upcoming is None:
                self.reply_empty()
                return
            self.set_header("Content-Type", MEDIA_TYPE)
            self.set_header("X-Accel-Buffering", "no")
            await self.write_slice(_RETRY)
            while True:
                # Not wait_for: cancelling it would end the events.
                done, _ = await asyncio.wait({upcoming}, timeout=self.gateway.keep_alive_seconds)
                if not done:
                    await self.write_slice(_KEEP_ALIVE)
                    continue
                event = upcoming.result()
                if event is None:
                    break
                await self.write_slice(encode_event(event, id_of(event)))
                upcoming = asyncio.ensure_future(_next(events))
            self.finish(set_content_type=MEDIA_TYPE)
        finally:
            upcoming.cancel()
            await asyncio.wait({upcoming})
            await events.aclose()  # type: ignore[attr-defined]


class RunEventsHandler(EventStreamHandler):
    """``runs/{id}/events``."""

    @endpoint(
        "read",
        "Streams the events of a run, those of the past first; ends when the run is over",
        question=RunEventsQuestion,
        answer=RunEvent,
        media_type=MEDIA_TYPE,
    )
    async def get(self, run_id: str, question: RunEventsQuestion) -> None:
        """Streams the events of a run."""
        after = self.last_known(question) or 0
        run = await self.engine.runs.get(run_id)
        events = self.engine.runs.follow(run_id, after, outputs=question.outputs)
        await self.stream(events, lambda e: e.event_id, live=not run.state.is_terminal)


class EventsHandler(EventStreamHandler):
    """``events``."""

    @endpoint(
        "read",
        "Streams the events of all runs without their outputs; from now on, or after an id",
        question=EventsQuestion,
        answer=RunEvent,
        media_type=MEDIA_TYPE,
    )
    async def get(self, question: EventsQuestion) -> None:
        """Streams the events of all runs."""
        events = self.engine.runs.follow_all(self.last_known(question))
        await self.stream(events, lambda e: e.position, live=True)


def encode_event(event: RunEvent, event_id: int) -> bytes:
    """Returns an event as it goes over the wire; one of the moment (id 0) has no id."""
    number = b"id: %d\n" % event_id if event_id else b""
    return b"%sevent: %s\ndata: %s\n\n" % (
        number,
        event.kind.encode(),
        msgspec.json.encode(event),
    )


async def _next(events: AsyncIterator[RunEvent]) -> RunEvent | None:
    return await anext(events, None)
