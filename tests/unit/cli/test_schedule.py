"""Schedules from the command line."""

from __future__ import annotations

import json

import pytest

CRON = ("--cron", "0 6 * * mon-fri", "--timezone", "Europe/Amsterdam")


@pytest.fixture
def job(shell, notebook):
    options = ("--name", "nightly", "-p", "alpha", "0.5", "--retries", "3")
    assert shell("schedule", notebook, *CRON, *options, "--json") == 0
    return shell.json


def test_a_notebook_is_put_on_a_schedule(shell, owner, job):
    (body,) = owner.bodies("POST", "jobs")
    assert body["triggers"] == [
        {"kind": "cron", "cron": "0 6 * * mon-fri", "timezone": "Europe/Amsterdam"}
    ]
    assert body["retry"] == {"max_attempts": 4}
    assert job["parameters"] == {"alpha": 0.5}


def test_the_schedule_is_said_in_words_and_a_passing_owner_is_warned_of(shell, notebook, owner):
    assert shell("schedule", notebook, "--name", "b", *CRON) == 0
    assert "every weekday at 06:00, Amsterdam time" in shell.out


def test_a_schedule_needs_a_time(shell, owner, notebook):
    assert shell("schedule", notebook, "--json") == 2
    assert owner.jobs == {}


def test_intervals_and_policies_are_sent_in_seconds(shell, owner, notebook):
    more = ("--overlap", "replace", "--run-timeout", "1h", "--jitter", "30", "--missed", "all")
    assert shell("schedule", notebook, "--every", "15m", *more) == 0
    (body,) = owner.bodies("POST", "jobs")
    assert body["triggers"] == [
        {
            "kind": "interval",
            "interval_seconds": 900,
            "jitter_seconds": 30,
            "missed_policy": "all",
        }
    ]
    assert (body["overlap_policy"], body["run_timeout_seconds"]) == ("replace", 3600)


def test_a_job_is_paused_and_goes_on(shell, owner, job):
    assert shell("pause", "nightly", "--reason", "moving", "--json") == 0
    assert shell.json["items"][0]["paused"] is True
    assert shell("jobs") == 0
    assert "paused" in shell.out
    assert shell("resume", "nightly") == 0
    assert "next at" in shell.out


def test_an_edit_changes_settings_of_the_triggers_that_there_are(shell, owner, job):
    assert shell("edit", "nightly", "--timezone", "Asia/Tokyo", "--json") == 0
    (trigger,) = shell.json["triggers"]
    assert (trigger["timezone"], trigger["cron"]) == ("Asia/Tokyo", "0 6 * * mon-fri")


def test_a_job_is_run_now_and_deleted_by_its_name(shell, owner, job):
    assert shell("trigger", "nightly", "--force", "--json") == 0
    assert shell.json["job_id"] == job["id"]
    assert shell("delete", "nightly", "--json") == 0
    assert (shell.json, owner.jobs) == ({"deleted": 1}, {})
    assert shell("delete", "nightly") == 2


def test_a_backfill_tells_how_many_runs_it_made(shell, owner, job):
    span = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-08T00:00Z")
    assert shell("backfill", "nightly", *span, "--json") == 0
    assert shell.json["made"] == 5


def test_the_next_instants_of_a_job_are_shown(shell, owner, job):
    assert shell("upcoming", "nightly", "--count", "1") == 0
    assert "2026-01-01T06:00:00+01:00" in shell.out


def test_the_instants_of_a_cron_text_need_no_server(shell, owner):
    asked = ("--after", "2026-10-31T12:00:00Z", "--count", "1", "--json")
    zone = ("--timezone", "America/New_York")
    assert shell("upcoming", "--cron", "30 1 * * *", *zone, *asked) == 0
    assert shell.json == {
        "sentence": "every day at 01:30, New York time",
        "instants": [
            {
                "at": "2026-11-01T05:30:00Z",
                "local": "2026-11-01T01:30:00-04:00",
                "note": "first of two",
                "timezone": "America/New_York",
            }
        ],
    }
    assert owner.requests == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--cron", "0 25 * * *"), "hour"),
        (("--cron", "0 0 30 2 *"), "30"),
        (("--cron", "@daily", "--timezone", "Europe/Amsterdm"), "Europe/Amsterdam"),
        (("--cron", "@daily", "--count", "0"), "count"),
        (("--cron", "@daily", "--after", "soon"), "soon"),
        ((), "name a job"),
    ],
)
def test_bad_input_is_exit_code_2_in_words(shell, arguments, word):
    assert shell("upcoming", *arguments, "--json") == 2
    assert word in json.loads(shell.out)["message"]


def test_schedule_replaces_the_job_of_that_name_only_where_it_is_asked_to(shell, owner, notebook):
    assert shell("schedule", notebook, "--every", "15m", "-p", "alpha", "1") == 0
    assert shell("schedule", notebook, "--every", "2h") == 2
    assert "already" in shell.err
    assert shell("schedule", notebook, "--every", "2h", "-p", "alpha", "2", "--replace") == 0
    (job,) = owner.jobs.values()
    assert ([t.interval_seconds for t in job.triggers], job.parameters) == ([7200], {"alpha": 2})
    assert shell("schedule", notebook, "--every", "3h", "--name", "other", "--replace") == 0
    assert len(owner.jobs) == 2
