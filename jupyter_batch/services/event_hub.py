"""Publishes committed events to subscribers."""

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
    """One listener's subscription. Its creator must close it."""

    def __init__(self, hub: EventHub, run_id: str | None, outputs: bool) -> None:
        self._hub = hub
        self._run_id = run_id
        self._outputs = outputs
        self._events: deque[RunEvent] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        #: Whether events were dropped; they are in the store. Further events are dropped too until the
        #: listener resets this, because events after a gap must not look consecutive.
        self.lagged = False
        self.closed = False

    def offer(self, event: RunEvent) -> None:
        """Queues an event if it matches this subscription; never blocks."""
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
        """Waits for events and returns them; none after a lag or once the hub is closed."""
        await self._arrived.wait()
        self._arrived.clear()
        events = list(self._events)
        self._events.clear()
        self._bytes = 0
        return events

    def end(self) -> None:
        """Ends the subscription: no more events will come."""
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
        """Subscribes to one run, or to all, with or without outputs."""
        subscription = Subscription(self, run_id, outputs)
        self._subscriptions.add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Removes a subscription."""
        self._subscriptions.discard(subscription)

    @property
    def listeners(self) -> int:
        """Returns the number of subscriptions."""
        return len(self._subscriptions)

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Offers events to all subscriptions. Call it on the event loop."""
        for subscription in tuple(self._subscriptions):
            for event in events:
                subscription.offer(event)

    def close(self) -> None:
        """Ends all subscriptions."""
        for subscription in tuple(self._subscriptions):
            subscription.end()


def _size(event: RunEvent) -> int:
    if event.kind != "output":
        return 256
    return 256 + sum(len(op.get("body", "")) for op in event.data.get("ops", ()))
