"""A backfill's stretch of time without offsets is read in the zone of each trigger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.requests import BackfillRequest, JobRequest
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.errors import InvalidInput

DAY = BackfillRequest(since=datetime(2026, 1, 10), until=datetime(2026, 1, 11))  # noqa: DTZ001


async def make(bench, *zones):
    triggers = tuple(CronTrigger(cron="0 22 * * *", timezone=zone) for zone in zones)
    request = JobRequest(name="report", notebook="nb.ipynb", triggers=triggers)
    return await bench.engine.jobs.create(request, user="ada")


async def test_the_day_is_that_of_the_trigger(bench):
    job = await make(bench, "America/New_York", "Asia/Tokyo")
    report = await bench.engine.backfills.backfill(job.id, DAY)
    page = await bench.engine.runs.list(RunQuery(job_id=job.id))
    assert sorted(run.scheduled_for for run in page.items) == [
        datetime(2026, 1, 10, 13, tzinfo=UTC),
        datetime(2026, 1, 11, 3, tzinfo=UTC),
    ]
    assert [(s.timezone, s.since, s.until) for s in report.spans] == [
        ("America/New_York", "2026-01-10T00:00:00-05:00", "2026-01-11T00:00:00-05:00"),
        ("Asia/Tokyo", "2026-01-10T00:00:00+09:00", "2026-01-11T00:00:00+09:00"),
    ]


async def test_what_has_succeeded_is_found_in_that_day(bench):
    job = await make(bench, "America/New_York")
    await bench.engine.backfills.backfill(job.id, DAY)
    await bench.clock.advance(60)
    again = await bench.engine.backfills.backfill(job.id, DAY)
    assert (again.made, again.succeeded_before) == (0, 1)


async def test_a_change_of_clocks_is_told(bench):
    job = await make(bench, "America/New_York")
    since = datetime(2025, 3, 9, 2, 30)  # noqa: DTZ001
    until = datetime(2025, 11, 2, 1, 30)  # noqa: DTZ001
    request = BackfillRequest(since=since, until=until)
    (span,) = (await bench.engine.backfills.backfill(job.id, request)).spans
    assert (span.since, span.since_note) == ("2025-03-09T03:00:00-04:00", "after the gap")
    assert (span.until, span.until_note) == ("2025-11-02T01:30:00-04:00", "first of two")


async def test_a_day_that_is_not_over_everywhere_is_refused(bench):
    job = await make(bench, "Asia/Tokyo", "Pacific/Honolulu")
    # The clock stands at noon of 15 January in UTC.
    until = datetime(2026, 1, 15, 18)  # noqa: DTZ001
    request = BackfillRequest(since=DAY.since, until=until)
    with pytest.raises(InvalidInput, match="future"):
        await bench.engine.backfills.backfill(job.id, request)
