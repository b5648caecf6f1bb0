"""Time, listeners and secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from jupyter_batch.domain.events import RunEvent


class Clock(Protocol):
    """The clock. No other code reads the time."""

    def now(self) -> datetime:
        """Returns the instant, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""


class Alarm(Protocol):
    """An alarm clock for one instant at a time."""

    def start(self, ring: Callable[[], None]) -> None:
        """Sets the callback, which is called on the event loop at the instant."""

    def set(self, at: datetime) -> None:
        """Sets the alarm to an instant, replacing an earlier one; a past instant fires at once."""

    def stop(self) -> None:
        """Stops the alarm."""


class EventSink(Protocol):
    """Receives events after they were committed, in the order of the commits."""

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Takes events; called on the event loop, never blocks, never raises."""


class Secrets(Protocol):
    """The source of secrets."""

    async def get(self, names: Sequence[str], *, user: str) -> dict[str, str]:
        """Returns the values; raises InvalidInput naming the first one that is unknown."""

    async def names(self, *, user: str) -> tuple[str, ...]:
        """Returns the names that there are, in order, and no value."""

    async def weaknesses(self, *, user: str) -> dict[str, str]:
        """Returns, by name, a warning for each secret whose masking would mask other texts too."""
