"""Instants x zones x triggers: a local time is read by the clocks of the zone, and told so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_batch.client.arguments.instants import InstantReader
from jupyter_batch.client.arguments.schedules import check_triggers, schedule_on_the_wire
from jupyter_batch.domain.schedule.local_time import local_text, read_instant, read_local
from jupyter_batch.domain.schedule.trigger import CronTrigger, OnceTrigger
from jupyter_batch.domain.schedule.zones import zone_of
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.decoding import decode_body
from jupyter_batch.wire.schedules import PreviewQuestion

ODD = [
    "America/New_York",
    "Europe/Amsterdam",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]
NAMES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})
ZONES = st.sampled_from(ODD) | st.sampled_from(NAMES)
WALLS = st.datetimes(datetime(1905, 1, 1), datetime(2400, 1, 1))  # noqa: DTZ001
#: One that has no zone of its own and no local instant, so that nobody's zone is asked for.
TRIGGERS = st.sampled_from([{"cron": "0 18 * * *"}, {"every": 3600}, {"at": "2500-01-01T00:00Z"}])


def expected(wall: datetime, zone: str) -> tuple[datetime, str | None]:
    """Returns what zoneinfo says: the first instant that shows the time, if there is one."""
    info = ZoneInfo(zone)
    first, second = (wall.replace(tzinfo=info, fold=f).astimezone(UTC) for f in (0, 1))
    shows = [at.astimezone(info).replace(tzinfo=None, fold=0) == wall for at in (first, second)]
    if not any(shows):
        return first, "after the gap"
    if first != second and all(shows):
        return first, "first of two"
    return (first if shows[0] else second), None


@settings(max_examples=1500, deadline=None)
@given(wall=WALLS, zone=ZONES)
def test_a_local_time_is_what_the_clocks_of_the_zone_show(wall: datetime, zone: str):
    found = read_local(wall, zone)
    at, note = expected(wall, zone)
    if note != "after the gap":
        assert (found.at, found.note) == (at, note)
        assert found.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) == wall
    else:
        assert found.note == note
        assert found.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) > wall
        before = (found.at - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        assert before.replace(tzinfo=None) < wall


@pytest.mark.parametrize(
    ("wall", "zone", "at", "note"),
    [
        ("2026-07-01T06:00", "Europe/Amsterdam", "2026-07-01T04:00:00+00:00", None),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:00:00+00:00", "after the gap"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00+00:00", "first of two"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00:00+00:00", "after the gap"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30:00+00:00", "after the gap"),
        ("2026-07-01T06:00", "UTC", "2026-07-01T06:00:00+00:00", None),
    ],
)
def test_known_local_times(wall: str, zone: str, at: str, note: str | None):
    found = read_local(datetime.fromisoformat(wall), zone)
    assert (found.at.isoformat(), found.note) == (at, note)


def test_the_second_of_two_can_be_meant():
    wall = datetime(2026, 11, 1, 1, 30, fold=1)  # noqa: DTZ001
    found = read_local(wall, "America/New_York")
    assert (found.at.isoformat(), found.note) == ("2026-11-01T06:30:00+00:00", "second of two")


@settings(max_examples=500, deadline=None)
@given(wall=WALLS, offset=st.integers(-14 * 60, 14 * 60), zone=ZONES)
def test_an_offset_goes_before_the_zone(wall: datetime, offset: int, zone: str):
    at = (wall - timedelta(minutes=offset)).replace(tzinfo=UTC)
    sign = "-" if offset < 0 else "+"
    text = f"{wall.isoformat()}{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    assert InstantReader().read(text, "at", zone) == at
    assert datetime.fromisoformat(local_text(at, zone)) == at


@settings(max_examples=500, deadline=None)
@given(
    wall=st.datetimes(datetime(2027, 1, 1), datetime(2400, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(ODD),
    trigger=TRIGGERS,
    as_text=st.booleans(),
)
def test_every_interface_reads_a_local_time_alike(wall, zone, trigger, as_text):
    at = read_local(wall, zone).at
    given_at = wall.isoformat() if as_text else wall
    options: Any = {**trigger, "timezone": zone, "start": given_at}
    body = schedule_on_the_wire(options)
    assert body["triggers"][0]["start_at"] == at.isoformat().replace("+00:00", "Z")
    check_triggers(body)
    once = schedule_on_the_wire({"at": given_at, "timezone": zone})["triggers"][0]
    assert datetime.fromisoformat(once["at"]) == at
    known = [CronTrigger(cron="@daily", timezone=zone)]
    assert schedule_on_the_wire({"at": given_at}, known)["triggers"] == [once]
    asked = f'{{"at": "{wall.isoformat()}", "timezone": "{zone}"}}'.encode()
    previewed = decode_body(asked, PreviewQuestion).trigger()
    assert isinstance(previewed, OnceTrigger)
    assert previewed.at == at
    assert read_instant(wall, zone).at == at


@settings(max_examples=300, deadline=None)
@given(wall=st.datetimes(), zone=ZONES)
def test_any_datetime_is_read_or_refused(wall: datetime, zone: str):
    zone_of(zone)
    refused: InvalidInput | None = None
    try:
        found = InstantReader().read(wall, "start", zone)
    except InvalidInput as error:
        refused = error
    else:
        assert found.tzinfo is UTC
    assert refused is None or refused.details["field"] == "start"
