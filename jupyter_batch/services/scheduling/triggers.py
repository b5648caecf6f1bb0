"""Checks the triggers of a job and gives them their ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from jupyter_batch.domain.findings import Findings
from jupyter_batch.domain.macros import check_macros
from jupyter_batch.domain.schedule.trigger import AnyTrigger
from jupyter_batch.domain.schedule.trigger_check import check_has_future, check_trigger
from jupyter_batch.errors import InvalidInput, InvalidSchedule

_MAX_TRIGGERS = 100


def named_triggers(
    triggers: Sequence[AnyTrigger],
    known: Sequence[AnyTrigger],
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> tuple[AnyTrigger, ...]:
    """Returns triggers with ids: the id of the known trigger that it names or equals, or a new one.

    Raises InvalidInput, naming the field, for a trigger that is invalid or has no future instant.
    """
    if len(triggers) > _MAX_TRIGGERS:
        raise InvalidInput(f"a job has at most {_MAX_TRIGGERS} triggers", field="triggers")
    free = {trigger.id: trigger for trigger in known}
    named: list[AnyTrigger] = []
    findings = Findings()
    for number, trigger in enumerate(triggers):
        if trigger.id and trigger.id not in free:
            raise InvalidSchedule(
                f"the job has no trigger {trigger.id!r}", field=f"triggers.{number}.id"
            )
        old = free.get(trigger.id) or next(
            (own for own in free.values() if replace(own, id="") == trigger), None
        )
        trigger = replace(trigger, id=old.id if old is not None else new_id())
        free.pop(trigger.id, None)
        if trigger != old:
            with findings.gather():
                _check(trigger, number, now)
        named.append(trigger)
    findings.raise_first()
    return tuple(named)


def _check(trigger: AnyTrigger, number: int, now: datetime) -> None:
    place = f"triggers.{number}"
    try:
        check_trigger(trigger)
        check_has_future(trigger, now)
    except InvalidInput as error:
        error.details["field"] = f"{place}.{error.details.get('field', 'kind')}"
        raise
    check_macros(trigger.parameters, f"{place}.parameters")
