"""Triggers in plain words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from jupyter_batch.domain.schedule.cron import GapPolicy, RepeatPolicy
from jupyter_batch.domain.schedule.durations import duration_text
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.trigger import (
    AnyTrigger,
    CronTrigger,
    IntervalTrigger,
    OnceTrigger,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 6 * * mon-fri", "every weekday at 06:00"),
        ("0 6 * * *", "every day at 06:00"),
        ("@daily", "every day at 00:00"),
        ("@hourly", "every hour"),
        ("@weekly", "every Sunday at 00:00"),
        ("@monthly", "on the 1st of every month at 00:00"),
        ("@yearly", "every year on 1 January at 00:00"),
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0,15,30,45 * * * *", "every 15 minutes"),
        ("*/7 * * * *", "every hour at 0, 7, 14, 21, 28, 35, 42, 49 and 56 minutes past"),
        ("30 * * * *", "every hour at 30 minutes past"),
        ("1 * * * *", "every hour at 1 minute past"),
        ("0 */2 * * *", "every 2 hours"),
        ("30 */6 * * *", "every 6 hours from 00:30"),
        ("0 6,18 * * sat,sun", "every Saturday and Sunday at 06:00 and 18:00"),
        ("0 6 * * 0,6", "every Saturday and Sunday at 06:00"),
        ("0 6 * * fri-mon", "every Monday and Friday to Sunday at 06:00"),
        ("0 22-2 * * *", "every day at 00:00, 01:00, 02:00, 22:00 and 23:00"),
        ("*/15 9-17 * * 1-5", "every weekday, every 15 minutes from 09:00 to 17:45"),
        ("0 9-17 * * *", "every hour from 09:00 to 17:00"),
        ("* 6 * * *", "every minute from 06:00 to 06:59"),
        (
            "7,9,11 3,7,9-11 * * *",
            "every day at 7, 9 and 11 minutes past 03:00, 07:00 and 09:00 to 11:00",
        ),
        ("0 6 1,15 * *", "on the 1st and 15th of every month at 06:00"),
        ("0 6 2,3,22,23 * *", "on the 2nd, 3rd, 22nd and 23rd of every month, at 06:00"),
        ("0 6 11-13 * *", "on the 11th to 13th of every month at 06:00"),
        ("0 6 L * *", "on the last day of every month at 06:00"),
        ("0 6 LW * *", "on the last day from Monday to Friday of every month at 06:00"),
        ("0 6 15,L feb *", "on the 15th and the last day of February at 06:00"),
        ("0 6 * * 5L", "on the last Friday of every month at 06:00"),
        ("0 6 * 2 7#1", "on the first Sunday of February at 06:00"),
        ("0 6 * * 1,5#2", "every Monday and on the second Friday of every month at 06:00"),
        ("0 6 * 6-8 *", "every day in June, July and August, at 06:00"),
        ("0 6 * 5 mon", "every Monday in May at 06:00"),
        ("0 0 13 * 5", "on the 13th of every month, as well as every Friday, at 00:00"),
        ("0 0 1-31 * mon", "every day at 00:00"),
        ("0 0 1-7 * */7", "every Sunday at 00:00, if that day is the 1st to 7th of its month"),
        (
            "0 0 */10 * 1",
            "every Monday at 00:00, if that day is the 1st, 11th, 21st or 31st of its month",
        ),
    ],
)
def test_a_cron_is_said_in_words(cron: str, words: str):
    assert sentence(CronTrigger(cron=cron, timezone="Europe/Amsterdam")) == (
        f"{words}, Amsterdam time"
    )


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("CET", "CET"),
    ],
)
def test_a_zone_is_said_by_its_place(zone: str, words: str):
    assert sentence(CronTrigger(cron="@daily", timezone=zone)) == f"every day at 00:00, {words}"


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (IntervalTrigger(interval_seconds=1), "every second"),
        (IntervalTrigger(interval_seconds=300), "every 5 minutes"),
        (IntervalTrigger(interval_seconds=5400), "every 1 hour 30 minutes"),
        (
            IntervalTrigger(interval_seconds=86_400, anchor_at=NOON, timezone="Europe/Amsterdam"),
            "every day, counted from 1 March 2026 at 13:00, Amsterdam time",
        ),
        (
            OnceTrigger(at=NOON, timezone="America/New_York"),
            "once, on 1 March 2026 at 07:00, New York time",
        ),
        (
            OnceTrigger(
                at=datetime(2026, 11, 1, 6, 30, 5, tzinfo=UTC), timezone="America/New_York"
            ),
            "once, on 1 November 2026 at 01:30:05, New York time (second of two)",
        ),
        (
            CronTrigger(
                cron="0 6 * * *",
                start_at=NOON,
                end_at=NOON,
                excluded_dates=(date(2026, 12, 26), date(2026, 12, 25)),
                max_runs=1,
                jitter_seconds=90,
                gap=GapPolicy.SKIP,
                repeat=RepeatPolicy.BOTH,
                paused=True,
            ),
            "every day at 06:00, UTC; from 1 March 2026 at 12:00 on; until 1 March 2026 at 12:00; "
            "not on 25 December 2026 or 26 December 2026; at most 1 run; "
            "each up to 1 minute 30 seconds later; not when clocks leave the time out; "
            "both times when clocks show it twice; paused",
        ),
        (
            CronTrigger(
                cron="0 6 * * *",
                excluded_dates=tuple(date(2026, 1, day) for day in (1, 2, 3, 4, 4)),
                repeat=RepeatPolicy.LAST,
            ),
            "every day at 06:00, UTC; not on 4 excluded dates; "
            "the second time when clocks show it twice",
        ),
        (CronTrigger(cron="* * * * *", gap=GapPolicy.SKIP), "every minute, UTC"),
    ],
)
def test_everything_that_limits_a_trigger_is_said(trigger: AnyTrigger, words: str):
    assert sentence(trigger) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (0.25, "0.25 seconds"),
        (61, "1 minute 1 second"),
        (90_061.5, "1 day 1 hour 1 minute 1.5 seconds"),
        (7 * 86_400, "7 days"),
    ],
)
def test_a_duration_is_said_exactly(seconds: float, words: str):
    assert duration_text(seconds) == words
