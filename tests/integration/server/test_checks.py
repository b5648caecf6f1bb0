"""A form is checked while it is typed as it would be when sent, and nothing is made."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Server

RUN = {"notebook": "nb.ipynb"}
JOB = {"name": "report", "notebook": "nb.ipynb"}
CRON = {"kind": "cron", "cron": "0 6 * * *"}


async def test_what_could_be_sent_is_well_and_makes_nothing(server: Server):
    for path, body in (("runs/check", RUN), ("jobs/check", {**JOB, "triggers": [CRON]})):
        answer = await server.http.post(path, json=body)
        assert answer.status_code == 204, answer.text
    assert (await server.http.get("runs")).json()["items"] == []
    assert (await server.http.get("jobs")).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parameters": {"alpha": "x"}}, "parameters.alpha"),
        ({"environment": {"secrets": ["NONE_SUCH"]}}, "environment.secrets"),
        ({"environment": {"cpus": -1}}, "environment.cpus"),
        ({"notebook": "none.ipynb"}, "notebook"),
    ],
)
async def test_a_check_refuses_as_sending_would(
    server: Server, changes: dict[str, Any], field: str
):
    for path, body in (("runs", RUN), ("jobs", JOB)):
        checked = await server.http.post(f"{path}/check", json={**body, **changes})
        sent = await server.http.post(path, json={**body, **changes})
        assert checked.json()["details"]["field"] == field
        assert (checked.status_code, checked.json()) == (sent.status_code, sent.json())


async def test_a_schedule_is_checked_too(server: Server):
    bad = {**CRON, "cron": "61 6 * * *"}
    answer = await server.http.post("jobs/check", json={**JOB, "triggers": [CRON, bad]})
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "triggers.1.cron"


async def test_a_job_that_is_changed_knows_its_own_triggers(server: Server):
    job = (await server.http.post("jobs", json={**JOB, "triggers": [CRON]})).json()
    body = {**JOB, "triggers": [{"id": job["triggers"][0]["id"], **CRON}]}
    known = await server.http.post(f"jobs/check?job_id={job['id']}", json=body)
    assert known.status_code == 204, known.text
    strange = await server.http.post("jobs/check", json=body)
    assert strange.json()["details"]["field"] == "triggers.0.id"


async def test_all_that_is_wrong_is_told_at_once(server: Server):
    wrong = {
        "name": "two\nlines",
        "files": [" "],
        "environment": {"secrets": ["NONE_SUCH"]},
        "parameters": {"alpha": "x"},
    }
    fields = {
        "name",
        "files",
        "environment.secrets",
        "parameters.alpha",
    }
    triggers = [CRON | {"cron": "61 6 * * *"}, CRON | {"timezone": "Nowhere/Land"}]
    own = {"triggers": triggers, "retry": {"max_attempts": 0}}
    bad_triggers = {"triggers.0.cron", "triggers.1.timezone", "retry.max_attempts"}
    bodies = (("runs", RUN | wrong, fields), ("jobs", JOB | wrong | own, fields | bad_triggers))
    for path, body, expected in bodies:
        checked = await server.http.post(f"{path}/check", json=body)
        details = checked.json()["details"]
        assert {problem["field"] for problem in details["problems"]} == expected
        assert details["field"] == details["problems"][0]["field"]
        sent = await server.http.post(path, json=body)
        assert (checked.status_code, checked.json()) == (sent.status_code, sent.json())
    assert (await server.http.get("runs")).json()["items"] == []
