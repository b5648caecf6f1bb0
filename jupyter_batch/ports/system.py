"""Time, listeners and secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from jupyter_batch.domain.events import RunEvent


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """Returns the instant, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""


class Alarm(Protocol):
    """Rings at one instant."""

    def start(self, ring: Callable[[], None]) -> None:
        """Says what to call, on the event loop, when the instant has come."""

    def set(self, at: datetime) -> None:
        """Rings once at this instant, at once if it has passed; what was set before is forgotten."""

    def stop(self) -> None:
        """Never rings again."""


class EventSink(Protocol):
    """Hears of events after they have been committed, in the order of the commits."""

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Takes events; called on the event loop, never blocks, never raises."""


class Secrets(Protocol):
    """Where secrets come from."""

    async def get(self, names: Sequence[str], *, user: str) -> dict[str, str]:
        """Returns the values; raises InvalidInput naming the first one that is unknown."""

    async def names(self, *, user: str) -> tuple[str, ...]:
        """Returns the names that there are, in order, and no value."""

    async def weaknesses(self, *, user: str) -> dict[str, str]:
        """Returns by name why masking a secret masks other texts, where it does."""
