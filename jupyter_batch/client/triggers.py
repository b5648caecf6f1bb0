"""Triggers in the hands of a caller."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from jupyter_batch.client import html
from jupyter_batch.domain.job import Job as JobRecord
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.schedule.upcoming import upcoming


class Trigger:
    """A schedule or event that starts runs of a job."""

    def __init__(self, record: AnyTrigger) -> None:
        self._record = record

    @property
    def record(self) -> AnyTrigger:
        """The trigger with all that can be said about it."""
        return self._record

    @property
    def id(self) -> str:
        """Stays when the schedule changes."""
        return self._record.id

    @property
    def kind(self) -> str:
        """``cron``, ``interval`` or ``once``."""
        return self._record.kind

    @property
    def sentence(self) -> str:
        """The schedule in words."""
        return sentence(self._record)

    @property
    def timezone(self) -> str:
        """IANA name of the zone that its times are in."""
        return self._record.timezone

    @property
    def paused(self) -> bool:
        """True while the trigger is paused. A job can be paused as a whole, too."""
        return self._record.paused

    @property
    def next_at(self) -> datetime | None:
        """Its next instant by this machine's clock; None where there is none any more."""
        return _next(self._record)

    def to_dict(self) -> dict[str, Any]:
        """Returns the trigger as the server's JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self._record)
        return built

    def __repr__(self) -> str:
        return f"<Trigger {self.kind}: {self.sentence}>"

    def _repr_html_(self) -> str:
        return trigger_table([self])


class Triggers(tuple[Trigger, ...]):
    """The triggers of a job."""

    __slots__ = ()

    def __new__(cls, records: Iterable[AnyTrigger] = ()) -> Triggers:
        """Wraps triggers as the server tells of them."""
        return super().__new__(cls, map(Trigger, records))

    def _repr_html_(self) -> str:
        return trigger_table(self) if self else html.dim("no triggers: it is run by hand")


def trigger_table(triggers: Iterable[Trigger]) -> html.Html:
    """Returns triggers as an HTML table."""
    return html.table(
        ("Trigger", "When", "Next", "Parameters"),
        (
            (
                trigger.kind,
                trigger.sentence,
                html.dim("paused") if trigger.paused else html.instant(trigger.next_at),
                html.values(trigger.record.parameters),
            )
            for trigger in triggers
        ),
    )


def next_text(job: JobRecord) -> html.Html:
    """Returns the next instant of any of a job's triggers."""
    if job.paused:
        return html.Html("")
    instants = [_next(trigger) for trigger in job.triggers if not trigger.paused]
    return html.instant(min((at for at in instants if at is not None), default=None))


def _next(trigger: AnyTrigger) -> datetime | None:
    for found in upcoming(trigger, datetime.now(UTC), 1):
        return found.at
    return None
