"""Decides what a trigger has to do now; a service carries it out."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from msgspec.structs import replace

from jupyter_batch.domain.schedule.durations import duration_text
from jupyter_batch.domain.schedule.timetable import Timetable, first_in, last_in
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    MissedPolicy,
    TriggerProgress,
    bounds,
)
from jupyter_batch.domain.schedule.zones import SECOND, to_instant, to_tick
from jupyter_batch.domain.value import Value

#: An instant that is dealt with this late still counts as on time, unless settings say otherwise.
ON_TIME_SECONDS = 60.0
#: Runs that one decision makes at most; what is left comes with the next decision, at once.
MAX_FIRINGS = 1000
#: Up to so many missed instants have a record each; more have one record together.
MAX_MISSED_RECORDS = 10
#: A clock that has been set back by more than this was wrong before: the trigger starts anew
#: from now. What is set back by less runs out by itself, without running anything twice.
MAX_STEP_BACK = timedelta(days=1)
#: The same for triggers that run every so often: they would stand still meanwhile.
MAX_STEP_BACK_OF_REAL_TIME = timedelta(seconds=ON_TIME_SECONDS)


class MissCause(StrEnum):
    """The reason why nothing ran at the time. The caller passes it."""

    DOWN = "down"
    PAUSED = "paused"
    LATE = "late"


_CAUSES = {
    MissCause.DOWN: "while no engine was running",
    MissCause.PAUSED: "while the schedule was paused",
    MissCause.LATE: "because the engine was held up or the machine slept",
}


class MissReason(StrEnum):
    """The reason why a missed instant does not run any more."""

    SUPERSEDED = "superseded"
    TOO_OLD = "too_old"
    DEADLINE = "deadline"
    POLICY = "policy"


class Firing(Value, frozen=True, kw_only=True):
    """A run to make."""

    #: The nominal time; with the trigger's id it names the run for ever.
    scheduled_for: datetime
    #: With the jitter.
    not_before: datetime
    #: A run that has not started by then is skipped; None for no limit.
    start_before: datetime | None = None
    #: Whether it makes up for an instant that was missed.
    is_late: bool = False


class MissedFiring(Value, frozen=True, kw_only=True):
    """A ``skipped`` run to record, for one instant or for many."""

    first_at: datetime
    #: The nominal time of the record.
    last_at: datetime
    count: int
    #: How many for each reason.
    reasons: tuple[tuple[MissReason, int], ...]
    #: One sentence for people.
    reason: str


class Decision(Value, frozen=True, kw_only=True):
    """The runs that a trigger starts now, those it missed, and the time of the next decision."""

    fire: tuple[Firing, ...] = ()
    missed: tuple[MissedFiring, ...] = ()
    #: To be stored in the transaction that makes the runs.
    progress: TriggerProgress
    #: When to ask again; not after now where there was too much for one decision; None: never,
    #: unless the trigger changes.
    next_at: datetime | None = None


def due(
    trigger: AnyTrigger,
    last: TriggerProgress,
    now: datetime,
    *,
    cause: MissCause = MissCause.LATE,
    on_time_seconds: float = ON_TIME_SECONDS,
    max_firings: int = MAX_FIRINGS,
) -> Decision:
    """Decides on all instants after ``last.decided_until`` up to and including ``now``.

    Instants on time run. MissedFiring ones run as the ``missed_policy`` says, within the catch-up
    window and the start deadline; all others are in ``missed``. A paused trigger decides
    nothing, so its instants are missed once it is resumed. Calling it again with the returned
    progress never yields an instant again.
    """
    if is_ahead(trigger, last, now):
        last = replace(last, decided_until=now)
    if trigger.paused:
        return Decision(progress=last)
    left = None if trigger.max_runs is None else max(0, trigger.max_runs - last.runs)
    if left == 0:
        return Decision(progress=replace(last, decided_until=max(now, last.decided_until)))
    span = _Span(trigger, last, now, on_time_seconds)
    ticks, is_whole = span.firings(max_firings if left is None else min(left, max_firings))
    is_whole = is_whole or (left is not None and len(ticks) == left)
    decided = now if is_whole else to_instant(ticks[-1])
    progress = TriggerProgress(
        decided_until=max(decided, last.decided_until), runs=last.runs + len(ticks)
    )
    return Decision(
        fire=tuple(_firing(trigger, tick, span.fresh) for tick in ticks),
        missed=_records(trigger, span, cause),
        progress=progress,
        next_at=_next_at(trigger, span.table, progress) if is_whole else now,
    )


def is_ahead(trigger: AnyTrigger, last: TriggerProgress, now: datetime) -> bool:
    """Returns whether a trigger is so far ahead of the clock that it starts anew from now."""
    real = trigger.counts_real_time()
    return last.decided_until - now > (MAX_STEP_BACK_OF_REAL_TIME if real else MAX_STEP_BACK)


def next_at(trigger: AnyTrigger, last: TriggerProgress) -> datetime | None:
    """Returns when a trigger must be asked first: its next instant, even if that has passed."""
    if trigger.paused:
        return None
    return _next_at(trigger, trigger.timetable(), last)


def _next_at(trigger: AnyTrigger, table: Timetable, last: TriggerProgress) -> datetime | None:
    if trigger.max_runs is not None and last.runs >= trigger.max_runs:
        return None
    start, end = bounds(trigger)
    tick = first_in(table, max(start, to_tick(last.decided_until) + 1), end)
    return None if tick is None else to_instant(tick)


class _Span:
    """The instants to decide on, cut where their treatment changes: low <= reach <= fresh <= high.

    Before ``reach`` nothing may run; between ``reach`` and ``fresh`` are the missed instants
    that may, and from ``fresh`` on those that are on time.
    """

    def __init__(
        self, trigger: AnyTrigger, last: TriggerProgress, now: datetime, on_time_seconds: float
    ) -> None:
        self.table = trigger.timetable()
        self._policy = trigger.missed_policy
        start, end = bounds(trigger)
        tick = to_tick(now)
        self.low = max(start, to_tick(last.decided_until) + 1)
        self.high = max(self.low, min(end, tick + 1))
        on_time = tick - int(on_time_seconds * SECOND)
        reach, self.reason = on_time, MissReason.POLICY
        if self._policy is not MissedPolicy.SKIP:
            window = tick - int(trigger.catch_up_window_seconds * SECOND)
            reach, self.reason = min(on_time, window), MissReason.TOO_OLD
        if trigger.start_deadline_seconds is not None:
            deadline = tick - int(trigger.start_deadline_seconds * SECOND)
            if deadline > reach:
                reach, self.reason = deadline, MissReason.DEADLINE
        self.reach = min(max(reach, self.low), self.high)
        self.fresh = min(max(on_time, self.reach), self.high)
        #: What runs begins here.
        self.begin = self._begin()

    def _begin(self) -> int:
        if self._policy is not MissedPolicy.LATEST or self.reach == self.fresh:
            return self.reach
        latest = last_in(self.table, self.reach, self.high)
        # Where there is none, none is superseded either.
        return self.reach if latest is None else min(latest, self.fresh)

    def firings(self, limit: int) -> tuple[list[int], bool]:
        """Returns what runs, oldest first, and whether that is all of it."""
        ticks = list(islice(self.table.between(self.begin, self.high), limit + 1))
        return ticks[:limit], len(ticks) <= limit


def _firing(trigger: AnyTrigger, tick: int, fresh: int) -> Firing:
    at = to_instant(tick)
    deadline = trigger.start_deadline_seconds
    return Firing(
        scheduled_for=at,
        not_before=at + jitter_of(trigger, at),
        start_before=None if deadline is None else at + timedelta(seconds=deadline),
        is_late=tick < fresh,
    )


def jitter_of(trigger: AnyTrigger, at: datetime) -> timedelta:
    """Returns by how much the run of an instant is put off: the same whenever one asks."""
    if not trigger.jitter_seconds:
        return timedelta()
    seed = hashlib.sha256(f"{trigger.id} {to_tick(at)}".encode()).digest()
    share = int.from_bytes(seed[:6], "big") / (1 << 48)
    return timedelta(seconds=share * trigger.jitter_seconds)


def _records(trigger: AnyTrigger, span: _Span, cause: MissCause) -> tuple[MissedFiring, ...]:
    """Returns the records of what does not run: what lies before the first that does."""
    reached, until = span.reach, span.begin
    if span.low >= until:
        return ()
    counts = [
        (span.reason, span.table.count(span.low, reached)),
        (MissReason.SUPERSEDED, span.table.count(reached, until)),
    ]
    total = sum(count for _, count in counts)
    if not total:
        return ()
    if total > MAX_MISSED_RECORDS:
        first = first_in(span.table, span.low, until)
        final = last_in(span.table, span.low, until)
        if first is not None and final is not None:
            return (_missed(trigger, first, final, counts, cause),)
    singles = [
        _missed(trigger, tick, tick, [(span.reason, 1)], cause)
        for tick in span.table.between(span.low, reached)
    ]
    singles += [
        _missed(trigger, tick, tick, [(MissReason.SUPERSEDED, 1)], cause)
        for tick in span.table.between(reached, until)
    ]
    return tuple(singles)


def _missed(
    trigger: AnyTrigger,
    first: int,
    final: int,
    counts: list[tuple[MissReason, int]],
    cause: MissCause,
) -> MissedFiring:
    reasons = tuple((reason, count) for reason, count in counts if count)
    total = sum(count for _, count in reasons)
    begin, end = to_instant(first), to_instant(final)
    if total == 1:
        text = f"missed {_CAUSES[cause]}: {_why(trigger, reasons[0][0])}"
    else:
        parts = "; ".join(f"{count:,}: {_why(trigger, reason)}" for reason, count in reasons)
        text = (
            f"{total:,} runs from {begin.isoformat()} to {end.isoformat()} "
            f"were missed {_CAUSES[cause]}: {parts}"
        )
    return MissedFiring(first_at=begin, last_at=end, count=total, reasons=reasons, reason=text)


def _why(trigger: AnyTrigger, reason: MissReason) -> str:
    match reason:
        case MissReason.SUPERSEDED:
            return "a later one runs in its place"
        case MissReason.TOO_OLD:
            window = duration_text(trigger.catch_up_window_seconds)
            return f"older than the catch-up window of {window}"
        case MissReason.DEADLINE:
            return (
                f"past its start deadline of {duration_text(trigger.start_deadline_seconds or 0)}"
            )
        case MissReason.POLICY:
            return "missed runs are skipped"
