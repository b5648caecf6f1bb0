"""Schedules over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Server

CRON = {"kind": "cron", "cron": "0 6 * * mon-fri", "timezone": "Europe/Amsterdam"}
JOB = {"name": "report", "notebook": "nb.ipynb"}


async def _make(server: Server, **fields):
    answer = await server.http.post("jobs", json={**JOB, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_preview_tells_the_sentence_and_the_instants(server: Server):
    answer = await server.http.get(
        "schedules/preview",
        params={
            "cron": "30 2 * * *",
            "timezone": "America/New_York",
            "after": "2026-03-07T12:00:00Z",
            "count": 2,
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "sentence": "every day at 02:30, New York time",
        "instants": [
            {
                "at": "2026-03-08T07:00:00Z",
                "local": "2026-03-08T03:00:00-04:00",
                "note": "after the gap",
                "timezone": "America/New_York",
            },
            {
                "at": "2026-03-09T06:30:00Z",
                "local": "2026-03-09T02:30:00-04:00",
                "note": None,
                "timezone": "America/New_York",
            },
        ],
    }


@pytest.mark.parametrize(
    ("question", "sentence", "count"),
    [({"interval_seconds": 21600}, "every 6 hours", 3), ({"at": "2036-12-24T18:00:00Z"}, "", 1)],
)
async def test_intervals_and_single_instants_are_previewed_too(server, question, sentence, count):
    answer = await server.http.get("schedules/preview", params={**question, "count": 3})
    assert answer.status_code == 200, answer.text
    assert sentence in answer.json()["sentence"]
    assert len(answer.json()["instants"]) == count


async def test_a_preview_is_of_one_schedule(server: Server):
    questions: list[dict[str, Any]] = [{}, {"cron": "* * * * *", "interval_seconds": 5}]
    for question in questions:
        answer = await server.http.get("schedules/preview", params=question)
        assert answer.status_code == 400
        assert answer.json()["details"]["field"] == "cron"


async def test_a_job_comes_back_with_its_triggers_and_policies(server: Server):
    job = await _make(
        server,
        triggers=[CRON, {"kind": "interval", "interval_seconds": 3600, "max_runs": 3}],
        overlap_policy="queue",
        retry={"max_attempts": 3, "exceptions": ["OSError"]},
        pause_after_failures=5,
        run_timeout_seconds=600,
        keep_runs=7,
        keep_days=30.5,
    )
    assert (job["keep_runs"], job["keep_days"]) == (7, 30.5)
    assert job == (await server.http.get(f"jobs/{job['id']}")).json()
    assert [trigger["kind"] for trigger in job["triggers"]] == ["cron", "interval"]
    assert all(trigger["id"] for trigger in job["triggers"])
    assert job["overlap_policy"] == "queue"
    assert job["retry"]["max_attempts"] == 3


async def test_a_job_is_paused_and_goes_on(server: Server):
    job = await _make(server, triggers=[CRON])
    paused = (await server.http.post(f"jobs/{job['id']}/pause", json={"reason": "holidays"})).json()
    assert paused["paused"] is True
    assert paused["paused_reason"].endswith(": holidays")
    resumed = (await server.http.post(f"jobs/{job['id']}/resume")).json()
    assert (resumed["paused"], resumed["paused_reason"]) == (False, None)


async def test_a_job_tells_when_it_would_run(server: Server):
    job = await _make(server, triggers=[CRON])
    answer = await server.http.get(
        f"jobs/{job['id']}/upcoming", params={"after": "2026-01-16T12:00:00Z", "count": 1}
    )
    assert answer.json() == {
        "sentence": "every weekday at 06:00, Amsterdam time",
        "instants": [
            {
                "at": "2026-01-19T05:00:00Z",
                "local": "2026-01-19T06:00:00+01:00",
                "note": None,
                "timezone": "Europe/Amsterdam",
            }
        ],
    }


async def test_a_backfill_tells_what_it_has_made(server: Server):
    job = await _make(server, triggers=[CRON])
    body = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-08T00:00:00Z", "max_concurrent": 2}
    answer = await server.http.post(f"jobs/{job['id']}/backfill", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["made"] == 5


async def test_instants_without_an_offset_are_local_times_of_the_trigger(server: Server):
    zone = {"timezone": "America/New_York"}
    triggers = [
        {"kind": "once", "at": "2026-12-24T18:00:00", **zone},
        {"kind": "cron", "cron": "0 18 * * *", "start_at": "2026-12-24T17:30:00", **zone},
        {"kind": "cron", "cron": "0 22 * * *", "timezone": "Asia/Tokyo"},
    ]
    job = await _make(server, triggers=triggers)
    once, cron, _ = job["triggers"]
    assert (once["at"], cron["start_at"]) == ("2026-12-24T23:00:00Z", "2026-12-24T22:30:00Z")
    body = {"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00"}
    answer = await server.http.post(f"jobs/{job['id']}/backfill", json=body)
    spans = [(span["timezone"], span["from"]) for span in answer.json()["spans"]]
    assert spans[1:] == [
        ("America/New_York", "2026-01-01T00:00:00-05:00"),
        ("Asia/Tokyo", "2026-01-01T00:00:00+09:00"),
    ]
    asked = {"at": "2026-12-24T18:00:00", "after": "2026-12-24T17:59:00", **zone}
    preview = (await server.http.get("schedules/preview", params=asked)).json()
    assert [i["local"] for i in preview["instants"]] == ["2026-12-24T18:00:00-05:00"]


@pytest.mark.parametrize(
    ("trigger", "field", "word"),
    [
        ({**CRON, "cron": "0 25 * * *"}, "triggers.0.cron", "hour"),
        ({**CRON, "cron": "0 0 30 2 *"}, "triggers.0.cron", "30"),
        ({**CRON, "timezone": "Europe/Amsterdm"}, "triggers.0.timezone", "Europe/Amsterdam"),
        ({**CRON, "jitter_seconds": -1}, "triggers.0.jitter_seconds", "-1"),
        ({**CRON, "max_runs": -1}, "triggers.0.max_runs", "max_runs"),
        (
            {**CRON, "start_at": "2027-01-02T00:00:00Z", "end_at": "2027-01-01T00:00:00Z"},
            "triggers.0.end_at",
            "before the start",
        ),
        (
            {"kind": "cron", "cron": "@daily", "start_at": "2027-01-02T00:00:00"},
            "triggers.0.start_at",
            "timezone",
        ),
        ({**CRON, "hour": 3}, "triggers.0.hour", "unknown"),
        ({"kind": "sometimes"}, "triggers.0.kind", "kind"),
        ({**CRON, "parameters": {"alpha": "{{ run.idd }}"}}, "triggers.0.parameters.alpha", "idd"),
        ({**CRON, "parameters": {"nothing": 1}}, "triggers.0.parameters", "nothing"),
    ],
)
async def test_a_bad_trigger_is_refused_by_its_field_and_nothing_is_stored(
    server: Server, trigger, field, word
):
    answer = await server.http.post("jobs", json={**JOB, "triggers": [trigger]})
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["details"]["field"].startswith(field)
    assert word in told["message"]
    assert await server.parts.everything() == (0, 0)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"cron": "* * * *"}, "cron"),
        ({"cron": "@daily", "timezone": "Mars/Olympus"}, "timezone"),
        ({"cron": "@daily", "count": 0}, "count"),
        ({"cron": "@daily", "after": "yesterday"}, "after"),
        ({}, "cron"),
    ],
)
async def test_a_bad_preview_is_refused_by_its_field(server: Server, question, field):
    answer = await server.http.get("schedules/preview", params=question)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
