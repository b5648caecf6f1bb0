"""Hands events that have been committed to whoever listens."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from jupyter_batch.domain.events import RunEvent

#: Events that a slow listener may be behind before it has to read them from the store again.
_BACKLOG = 1000
#: Bytes of output text that a slow listener may be behind.
_BACKLOG_BYTES = 8 * 1024 * 1024


class Subscription:
    """A listener's end; to be closed by whoever opened it."""

    def __init__(self, hub: EventHub, run_id: str | None, outputs: bool) -> None:
        self._hub = hub
        self._run_id = run_id
        self._outputs = outputs
        self._events: deque[RunEvent] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        #: Whether events had to be dropped; they are in the store. All that come are, until the
        #: listener takes this back: what follows a gap must not be taken for the next.
        self.lagged = False
        self.closed = False

    def offer(self, event: RunEvent) -> None:
        """Takes an event if it is one for this listener; never blocks."""
        if self._run_id is not None and event.run_id != self._run_id:
            return
        if event.kind == "output" and not self._outputs:
            return
        if self.lagged:
            return
        size = _size(event)
        if len(self._events) >= _BACKLOG or self._bytes + size > _BACKLOG_BYTES:
            self._events.clear()
            self._bytes = 0
            self.lagged = True
        else:
            self._events.append(event)
            self._bytes += size
        self._arrived.set()

    async def take(self) -> list[RunEvent]:
        """Waits for events and returns them; none after a lag or when the hub has closed."""
        await self._arrived.wait()
        self._arrived.clear()
        events = list(self._events)
        self._events.clear()
        self._bytes = 0
        return events

    def end(self) -> None:
        """Tells the listener that nothing more will come."""
        self.closed = True
        self._arrived.set()

    def close(self) -> None:
        """Stops listening."""
        self._hub.forget(self)


class EventHub:
    """An EventSink with any number of listeners, each with a bounded backlog."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def subscribe(self, run_id: str | None = None, *, outputs: bool = True) -> Subscription:
        """Starts listening to one run, or to all; to outputs or not."""
        subscription = Subscription(self, run_id, outputs)
        self._subscriptions.add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Stops serving a listener."""
        self._subscriptions.discard(subscription)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._subscriptions)

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Hands events on; called on the event loop."""
        for subscription in tuple(self._subscriptions):
            for event in events:
                subscription.offer(event)

    def close(self) -> None:
        """Ends all listeners' streams."""
        for subscription in tuple(self._subscriptions):
            subscription.end()


def _size(event: RunEvent) -> int:
    if event.kind != "output":
        return 256
    return 256 + sum(len(op.get("body", "")) for op in event.data.get("ops", ()))
