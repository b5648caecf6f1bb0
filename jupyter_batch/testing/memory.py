"""The content of the store in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent, frame_event_id, state_data
from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.queries import Page
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.sweep import Sweep, SweepFacts
from jupyter_batch.errors import NotFound, StoreError
from jupyter_batch.ports import Clock, EventSink
from jupyter_batch.testing.records import AttemptRecords

T = TypeVar("T", Job, Run, Sweep)


class Memory:
    """The content that the parts of the store share."""

    def __init__(self, sink: EventSink | None, clock: Clock) -> None:
        self.sink = sink
        self.clock = clock
        self.jobs: dict[str, Job] = {}
        self.pinned: dict[str, FrozenNotebook] = {}
        self.triggers: dict[str, TriggerState] = {}
        self.sweeps: dict[str, SweepFacts] = {}
        self.runs: dict[str, Run] = {}
        #: Those of them that are queued.
        self.queued: dict[str, Run] = {}
        self.frozen: dict[str, FrozenNotebook] = {}
        self.keys: dict[tuple[str, str, str], str] = {}
        self.attempts: dict[tuple[str, int], AttemptRecords] = {}
        self.events: list[RunEvent] = []
        self.position = 0
        #: Errors to raise by the next writes, as a full disk would.
        self.troubles: deque[StoreError] = deque()

    def check(self) -> None:
        """Raises the next error that a test has planned, if any."""
        if self.troubles:
            raise self.troubles.popleft()

    def run(self, run_id: str) -> Run:
        """Returns a run; raises NotFound."""
        if run_id not in self.runs:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        return self.runs[run_id]

    def newest_event(self, run_id: str) -> int:
        """Returns the newest event of a run, outputs included."""
        seen = [event.event_id for event in self.events if event.run_id == run_id]
        reached = [
            frame_event_id(attempt_no, records.watermark.last_seq)
            for (owner, attempt_no), records in self.attempts.items()
            if owner == run_id
        ]
        return max([0, *seen, *reached])

    def store_events(self, events: Sequence[RunEvent]) -> list[RunEvent]:
        """Keeps events and returns them with their positions."""
        stored = []
        for event in events:
            self.position += 1
            stored.append(replace(event, position=self.position))
        self.events.extend(stored)
        return stored

    def put_run(self, after: Run, *, at: datetime) -> list[RunEvent]:
        """Keeps a run; returns the event of a change of its state."""
        before = self.runs.get(after.id)
        self.runs[after.id] = after
        if after.state is RunState.QUEUED:
            self.queued[after.id] = after
        else:
            self.queued.pop(after.id, None)
        if before and (before.state, before.reason) == (after.state, after.reason):
            return []
        event = RunEvent(
            run_id=after.id,
            event_id=self.newest_event(after.id) + 1,
            at=at,
            kind="state",
            data=state_data(after),
        )
        return self.store_events([event])

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Sends the events to the sink."""
        if events and self.sink is not None:
            self.sink.publish(events)


def contains(q: str | None, *texts: str) -> bool:
    """Returns whether one of the texts has the query in it, in any case."""
    return not q or any(q.lower() in text.lower() for text in texts)


def page(items: Sequence[T], after: str | None, limit: int) -> Page[T]:
    """Returns a page, newest first."""
    newest = sorted(items, key=lambda item: item.id, reverse=True)
    rest = [item for item in newest if after is None or item.id < after]
    next_after = rest[limit - 1].id if len(rest) > limit else None
    return Page(items=tuple(rest[:limit]), next_after=next_after)


def drop_keys(memory: Memory, kind: str, ids: set[str]) -> None:
    """Forgets the idempotency keys of what is gone."""
    for key in [key for key, made in memory.keys.items() if key[1] == kind and made in ids]:
        del memory.keys[key]
