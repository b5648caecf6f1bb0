"""The stretch of time of one trigger that a backfill fills."""

from __future__ import annotations

from datetime import datetime

from jupyter_batch.domain.requests import BackfillRequest, BackfillSpan
from jupyter_batch.domain.schedule.local_time import local_text, read_instant
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.schedule.upcoming import count_instants, instants


class Stretch:
    """The time that is to be filled of one trigger; raises InvalidInput where it is out of range."""

    def __init__(self, trigger: AnyTrigger, request: BackfillRequest) -> None:
        self.trigger = trigger
        zone = trigger.timezone
        since = read_instant(request.since, zone, field="from")
        until = read_instant(request.until, zone, field="to")
        self.since, self.until = since.at, until.at
        self.span = BackfillSpan(
            trigger_id=trigger.id,
            timezone=zone,
            since=local_text(since.at, zone),
            until=local_text(until.at, zone),
            since_note=since.note,
            until_note=until.note,
        )

    def instants(self) -> list[datetime]:
        """Returns the trigger's instants in it."""
        return list(instants(self.trigger, self.since, self.until))

    def count(self) -> int:
        """Returns how many these are, at once."""
        return count_instants(self.trigger, self.since, self.until)
