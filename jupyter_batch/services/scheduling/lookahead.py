"""Decides on triggers a moment before they are due, so that many at one instant are not late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.schedule.due import Decision

#: How long before their instant it is decided on triggers.
AHEAD = timedelta(seconds=1)
#: How late a decision may be used that was made for the instant itself.
_PROMPT = timedelta(seconds=1)
#: Triggers of one instant for which it is worth it.
_MANY = 50

#: Next instant, number of the entry, id of the trigger.
Heap = Sequence[tuple[datetime, int, str]]


class Lookahead:
    """Decisions for an instant that has not come yet.

    A decision follows from the trigger, how far it has come, and the time, and from nothing
    else: it holds for as long as job and state are the very ones that it was made for. No
    notebook is read and no run is made before its instant.
    """

    def __init__(self) -> None:
        self._decisions: dict[str, tuple[Job, TriggerState, Decision]] = {}

    def forget(self) -> None:
        """Drops all decisions."""
        self._decisions.clear()

    def keep(self, job: Job, state: TriggerState, decision: Decision) -> None:
        """Takes what has been decided for the next instant of a trigger."""
        self._decisions[state.trigger_id] = (job, state, decision)

    def take(self, job: Job, state: TriggerState, now: datetime) -> Decision | None:
        """Returns what was decided, once, or None where it has to be decided now."""
        found = self._decisions.pop(state.trigger_id, None)
        if found is None or found[0] is not job or found[1] is not state or state.next_at is None:
            return None
        decision = found[2]
        is_all = decision.next_at is None or decision.next_at > now
        is_prompt = state.next_at <= now <= state.next_at + _PROMPT
        return decision if is_all and is_prompt and not decision.missed else None


def due_by(heap: Heap, at: datetime) -> Iterator[str]:
    """Yields the triggers whose entries are not after an instant, in no order."""
    places = [0]
    while places:
        place = places.pop()
        if place < len(heap) and heap[place][0] <= at:
            yield heap[place][2]
            places += (2 * place + 1, 2 * place + 2)


def is_burst(heap: Heap, at: datetime) -> bool:
    """Says whether there are so many that deciding on them takes its time."""
    return len(list(islice(due_by(heap, at), _MANY))) == _MANY
