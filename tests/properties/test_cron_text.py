"""Any text is read as a cron or refused with a place; a cron that is read has a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_batch.domain.schedule.cron import CronTimetable, GapPolicy, RepeatPolicy, check_cron
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.timetable import HORIZON, first_in
from jupyter_batch.domain.schedule.trigger import CronTrigger, IntervalTrigger, OnceTrigger, Trigger
from jupyter_batch.domain.schedule.trigger_check import check_trigger
from jupyter_batch.domain.schedule.zones import to_tick
from jupyter_batch.errors import InvalidSchedule

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = "* ? L LW lw / - , # @daily @ 0 1 5 7 12 15 23 31 59 60 99 mon FRI sun jan Dec W x"
PIECES = st.sampled_from(WORDS.split())
FIELD = st.lists(PIECES, min_size=1, max_size=5).map("".join)
TYPED = (
    st.text(max_size=30)
    | st.lists(FIELD, min_size=4, max_size=6).map(" ".join)
    | st.text("0123456789*/,-LW#? ", max_size=30)
)
LIKELY = st.builds(
    lambda *fields: " ".join(fields),
    st.sampled_from(["*", "0", "*/15", "5,35", "0-10", "50-5/3", "3/20", "7"]),
    st.sampled_from(["*", "6", "*/2", "9-17", "22-2", "0,6,12,18", "*/7", "1/5"]),
    st.sampled_from(["*", "?", "1", "13", "L", "LW", "1,15,L", "*/2", "25-5", "29", "1-31"]),
    st.sampled_from(["*", "jan", "1-3", "nov-feb", "*/3", "2", "5,7"]),
    st.sampled_from(["*", "?", "mon-fri", "0", "7", "sat,sun", "5L", "fri#2,1", "*/2", "fri-mon"]),
)


@settings(max_examples=400, deadline=None)
@given(TYPED)
@example("0 0 30 2 *")
@example("@daily @daily")
@example("0 0 * * #1")
@example("0 0 * * 1#")
@example("0 0 * * 1#1/2")
@example("0 0 L-3 * *")
@example("0 0 L/2 * *")
@example("0 0 * * LL")
def test_a_text_is_read_or_refused_with_the_place(text):
    error = refusal(text)
    if error is None:
        start = to_tick(NOW)
        assert first_in(CronTimetable(text, "UTC"), start, start + HORIZON) is not None
        return
    assert error.details["field"] == "cron"
    assert 0 <= error.details["position"] <= len(text)
    assert error.message


def refusal(text: str) -> InvalidSchedule | None:
    try:
        check_cron(text)
    except InvalidSchedule as error:
        return error
    return None


@settings(max_examples=300, deadline=None)
@given(LIKELY)
def test_reading_what_was_read_changes_nothing(text):
    try:
        cron = check_cron(text)
    except InvalidSchedule:
        return
    again = f"{cron.time_fields} {cron.day_fields}"
    assert check_cron(again) == cron
    assert check_cron(text.upper()) == cron


COMMON = {
    "timezone": st.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Etc/GMT+5"]),
    "start_at": st.none() | st.just(NOW),
    "end_at": st.none() | st.datetimes(datetime(2026, 3, 2), timezones=st.just(UTC)),  # noqa: DTZ001
    "max_runs": st.none() | st.integers(1, 10_000),
    "jitter_seconds": st.floats(0, 9999),
    "excluded_dates": st.lists(st.dates(), max_size=5).map(tuple),
    "paused": st.booleans(),
}
TRIGGERS: st.SearchStrategy[Trigger] = st.one_of(
    st.builds(
        CronTrigger,
        cron=LIKELY,
        gap=st.sampled_from(GapPolicy),
        repeat=st.sampled_from(RepeatPolicy),
        **COMMON,
    ),
    st.builds(
        IntervalTrigger,
        interval_seconds=st.integers(1, 10**9),
        anchor_at=st.none() | st.just(NOW),
        **COMMON,
    ),
    st.builds(
        OnceTrigger,
        at=st.datetimes(datetime(1950, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        **COMMON,
    ),
)


@settings(max_examples=400, deadline=None)
@given(TRIGGERS)
@example(CronTrigger(cron="@yearly", excluded_dates=(date(1, 1, 1),)))
def test_every_valid_trigger_has_a_sentence(trigger):
    try:
        check_trigger(trigger)
    except InvalidSchedule:
        return
    text = sentence(trigger)
    assert text == text.strip()
    assert "  " not in text
    assert "None" not in text
