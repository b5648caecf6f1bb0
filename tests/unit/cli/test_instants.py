"""Instants without an offset: the trigger's zone, else the job's, else this machine's."""

from __future__ import annotations

import sys
import time

import pytest
import tzlocal

from jupyter_batch.client.arguments.instants import caller_zone


@pytest.fixture
def machine_zone(monkeypatch):
    """Lets this machine be in another zone."""

    def move(zone):
        monkeypatch.setenv("TZ", zone)
        _read_zone()

    yield move
    monkeypatch.undo()
    _read_zone()


@pytest.fixture
def made(shell, owner, notebook):
    """Makes a job and returns its only trigger as it was sent."""

    def make(*arguments):
        assert shell("schedule", notebook, *arguments) == 0, shell.err
        (trigger,) = owner.bodies("POST", "jobs")[-1]["triggers"]
        return trigger

    return make


@pytest.mark.parametrize(
    ("machine", "zone", "at"),
    [
        ("UTC", "America/New_York", "2027-12-24T23:00:00Z"),
        ("Asia/Tokyo", "UTC", "2027-12-24T18:00:00Z"),
        ("America/New_York", "Asia/Tokyo", "2027-12-24T09:00:00Z"),
    ],
)
def test_at_is_read_in_the_zone_that_is_named(machine_zone, made, shell, machine, zone, at):
    machine_zone(machine)
    trigger = made("--at", "2027-12-24T18:00", "--timezone", zone)
    assert (trigger["at"], trigger["timezone"]) == (at, zone)
    assert "once, on 24 December 2027 at 18:00" in shell.out
    assert "note" not in shell.err


def test_start_and_end_are_read_in_the_zone_that_is_named(machine_zone, made, shell):
    machine_zone("Asia/Tokyo")
    span = ("--start", "2026-12-24T17:30", "--end", "2027-06-01T00:00")
    trigger = made("--cron", "0 18 * * *", *span, "--timezone", "America/New_York")
    assert trigger["start_at"] == "2026-12-24T22:30:00Z"
    assert trigger["end_at"] == "2027-06-01T04:00:00Z"
    assert "from 24 December 2026 at 17:30 on" in shell.out


def test_a_cron_text_without_a_zone_is_in_utc_and_so_is_its_start(machine_zone, made, shell):
    machine_zone("Asia/Tokyo")
    trigger = made("--cron", "0 18 * * *", "--start", "2026-12-24T17:30")
    assert trigger["start_at"] == "2026-12-24T17:30:00Z"
    assert "every day at 18:00, UTC; from 24 December 2026 at 17:30 on" in shell.out


def test_where_no_zone_is_named_it_is_this_machines_and_that_is_told(machine_zone, made, shell):
    machine_zone("Asia/Tokyo")
    trigger = made("--at", "2027-12-24T18:00")
    assert (trigger["at"], trigger["timezone"]) == ("2027-12-24T09:00:00Z", "Asia/Tokyo")
    assert "24 December 2027 at 18:00, Tokyo time" in shell.out
    assert "read in this machine's zone, Asia/Tokyo" in shell.err


@pytest.mark.parametrize(
    ("at", "sent", "note"),
    [
        ("2027-03-14T02:30", "2027-03-14T07:00:00Z", "03:00:00-04:00 (after the gap)"),
        ("2027-11-07T01:30", "2027-11-07T05:30:00Z", "01:30:00-04:00 (first of two)"),
    ],
)
def test_a_change_of_clocks_is_told(made, shell, at, sent, note):
    trigger = made("--at", at, "--timezone", "America/New_York")
    assert trigger["at"] == sent
    assert note in shell.err


def test_an_offset_goes_before_every_zone(machine_zone, made):
    machine_zone("Asia/Tokyo")
    trigger = made("--at", "2027-12-24T18:00+02:00", "--timezone", "America/New_York")
    assert trigger["at"] == "2027-12-24T16:00:00Z"


def test_a_job_that_is_edited_keeps_its_zone(machine_zone, made, shell, owner):
    machine_zone("Asia/Tokyo")
    made("--name", "bf", "--cron", "0 22 * * *", "--timezone", "America/New_York")
    job_id = next(iter(owner.jobs))
    assert shell("edit", "bf", "--start", "2027-01-01T00:00") == 0
    assert shell("edit", "bf", "--at", "2027-12-24T18:00") == 0
    assert "24 December 2027 at 18:00, New York time" in shell.out
    started, once = (body["triggers"][0] for body in owner.bodies("PATCH", f"jobs/{job_id}"))
    assert started["start_at"] == "2027-01-01T05:00:00Z"
    assert (once["at"], once["timezone"]) == ("2027-12-24T23:00:00Z", "America/New_York")


def test_a_backfill_is_of_the_days_of_the_schedule(machine_zone, made, shell, owner):
    machine_zone("UTC")
    made("--name", "bf", "--cron", "0 22 * * *", "--timezone", "America/New_York")
    assert shell("backfill", "bf", "--from", "2025-11-01", "--to", "2025-11-02") == 0
    assert "from 2025-11-01T00:00:00-04:00 to 2025-11-02T00:00:00-04:00" in shell.out
    assert "America/New_York" in shell.out


def test_upcoming_after_a_local_time_is_that_of_the_schedule(machine_zone, shell):
    machine_zone("Asia/Tokyo")
    asked = ("upcoming", "--cron", "0 22 * * *", "--timezone", "America/New_York", "--count", "1")
    assert shell(*asked, "--after", "2026-01-01T21:59", "--json") == 0
    assert shell.json["instants"][0]["local"] == "2026-01-01T22:00:00-05:00"


def test_what_was_created_since_is_asked_for_in_this_machines_zone(machine_zone, shell, owner):
    machine_zone("Asia/Tokyo")
    assert shell("runs", "--since", "2026-01-01T09:00") == 0
    assert owner.requests[-1].url.params["since"] == "2026-01-01T00:00:00Z"


def test_without_tzlocal_as_in_an_image_no_zone_is_known(monkeypatch):
    monkeypatch.setitem(sys.modules, "tzlocal", None)
    assert caller_zone() is None


def _read_zone():
    time.tzset()
    # It keeps what it has found.
    tzlocal.reload_localzone()
