"""Decides on triggers a moment before they are due, so that many at one instant are not late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.schedule.due import Decision

#: How long before their instant triggers are decided on.
AHEAD = timedelta(seconds=1)
#: How late a decision that was made ahead may be used.
_PROMPT = timedelta(seconds=1)
#: Number of triggers at one instant from which on looking ahead pays off.
_MANY = 50

#: Next instant, number of the entry, id of the trigger.
Heap = Sequence[tuple[datetime, int, str]]


class Lookahead:
    """Decisions for a future instant.

    A decision depends on the trigger, its progress and the time, and on nothing
    else: it is valid while job and state are the objects that it was made for. No
    notebook is read and no run is made before its instant.
    """

    def __init__(self) -> None:
        self._decisions: dict[str, tuple[Job, TriggerState, Decision]] = {}

    def forget(self) -> None:
        """Drops all decisions."""
        self._decisions.clear()

    def keep(self, job: Job, state: TriggerState, decision: Decision) -> None:
        """Stores the decision for the next instant of a trigger."""
        self._decisions[state.trigger_id] = (job, state, decision)

    def take(self, job: Job, state: TriggerState, now: datetime) -> Decision | None:
        """Removes and returns a valid decision, or None."""
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
    """Returns whether so many triggers are due that deciding on them takes long."""
    return len(list(islice(due_by(heap, at), _MANY))) == _MANY
