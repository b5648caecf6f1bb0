"""A trigger in one plain sentence, for people to see whether they said what they meant."""

from __future__ import annotations

from jupyter_batch.domain.schedule.cron_sentence import join
from jupyter_batch.domain.schedule.durations import duration_text
from jupyter_batch.domain.schedule.local_words import date_text, local_time_text
from jupyter_batch.domain.schedule.trigger import AnyTrigger

_MAX_DATES = 3


def sentence(trigger: AnyTrigger) -> str:
    """Returns ``every weekday at 06:00, Amsterdam time``, with all that limits it after ``;``."""
    return "; ".join([trigger.words(), *_limits(trigger)])


def _limits(trigger: AnyTrigger) -> list[str]:
    words = []
    if trigger.start_at:
        words.append(f"from {local_time_text(trigger.start_at, trigger.timezone)} on")
    if trigger.end_at:
        words.append(f"until {local_time_text(trigger.end_at, trigger.timezone)}")
    if trigger.excluded_dates:
        dates = sorted(set(trigger.excluded_dates))
        few = len(dates) <= _MAX_DATES
        named = join([date_text(day) for day in dates], "or")
        words.append(f"not on {named if few else f'{len(dates)} excluded dates'}")
    if trigger.max_runs is not None:
        words.append(f"at most {trigger.max_runs:,} {'run' if trigger.max_runs == 1 else 'runs'}")
    if trigger.jitter_seconds:
        words.append(f"each up to {duration_text(trigger.jitter_seconds)} later")
    words += trigger.clock_words()
    if trigger.paused:
        words.append("paused")
    return words
