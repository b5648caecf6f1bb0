"""Zones: which there are, and what their clocks show."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from jupyter_batch.domain.schedule.zones import DAY, pieces, to_instant, to_tick, zone_of
from jupyter_batch.errors import InvalidSchedule


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Europe/Amsterdm", "Europe/Amsterdam"),
        ("europe/amsterdam", "Europe/Amsterdam"),
        ("Amsterdam", "Europe/Amsterdam"),
        ("new york", "America/New_York"),
        ("Americas/Sao_Paolo", "America/Sao_Paulo"),
        ("utc", "UTC"),
    ],
)
def test_an_unknown_zone_is_refused_with_near_matches(name: str, near: str):
    with pytest.raises(InvalidSchedule, match="did you mean") as caught:
        zone_of(name)
    assert caught.value.details["field"] == "timezone"
    assert near in caught.value.details["near"]


@pytest.mark.parametrize("name", ["", "xyzzy", "/etc/passwd", "../UTC", "localtime", "a" * 9999])
def test_what_is_no_zone_at_all_is_refused(name: str):
    with pytest.raises(InvalidSchedule, match="no time zone"):
        zone_of(name)


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "Europe/Amsterdam",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Africa/Casablanca",
        "UTC",
    ],
)
def test_pieces_cover_time_without_a_gap_and_tell_the_offset(zone: str):
    start, end = (to_tick(datetime(year, 1, 1, tzinfo=UTC)) for year in (2005, 2030))
    found = list(pieces(zone, start, end))
    assert found[0].start <= start
    assert found[-1].end >= end
    for piece, following in pairwise(found):
        assert (piece.end, piece.offset) == (following.start, following.before)
        assert piece.after == following.offset
    for piece in found:
        for tick in (piece.start, (piece.start + piece.end) // 2, piece.end - 1):
            local = to_instant(tick).astimezone(ZoneInfo(zone))
            assert to_tick(local.replace(tzinfo=UTC)) - tick == piece.offset


def test_pieces_are_the_same_however_the_stretch_is_cut():
    start = to_tick(datetime(2026, 1, 1, tzinfo=UTC))
    changes = {p.start for p in pieces("Europe/Amsterdam", start, start + 365 * DAY)}
    for day in range(365):
        for piece in pieces("Europe/Amsterdam", start + day * DAY, start + (day + 1) * DAY):
            if start + day * DAY <= piece.start < start + (day + 1) * DAY:
                assert piece.start in changes
