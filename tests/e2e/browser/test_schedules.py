"""Schedules: made in the form, seen to fire, changed, paused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.e2e.browser.panel import RUN_MS, Panel


def make_job(panel: Panel, name: str) -> None:
    """Opens the form of a new job and names it."""
    panel.choose("walks.ipynb", "Schedule…")
    panel.page.get_by_label("Name", exact=True).fill(name)
    expect(panel.field("walks")).to_be_visible()


def test_a_schedule_fires_is_changed_and_is_paused(panel: Panel):
    page = panel.page
    make_job(panel, "every five seconds")
    page.get_by_label("Every so often").check()
    page.get_by_label("Every", exact=True).fill("5 s")
    panel.button("Create job").click()
    expect(page.get_by_role("heading", name="every five seconds")).to_be_visible()
    expect(page.get_by_role("list", name="Next runs").get_by_role("listitem")).to_have_count(5)
    # The schedule makes runs; the page of the job hears of them.
    cell = page.get_by_text(re.compile("Cell 2: Succeeded")).first
    expect(cell).to_be_attached(timeout=RUN_MS)
    expect(panel.side().get_by_role("heading", name=re.compile("^Next"))).to_be_visible()
    panel.shoot("job-scheduled")
    assert panel.violations(".jb-Widget:not(.lm-mod-hidden) .jb-Page") == []
    panel.button("Edit…").click()
    page.get_by_label("Every", exact=True).fill("1 h")
    panel.button("Save").click()
    expect(page.get_by_text("every hour", exact=False).first).to_be_visible()
    panel.button("Pause").click()
    expect(page.get_by_text(re.compile("^paused by"))).to_be_visible()
    expect(page.get_by_role("list", name="Next runs")).to_have_count(0)
    side = panel.side()
    side.get_by_role("button", name="Jobs").click()
    row = page.get_by_role("row", name=re.compile("every five seconds"))
    expect(row.get_by_text("Paused")).to_be_visible()
    row.get_by_role("button", name="Resume").click()
    expect(row.get_by_role("button", name="Pause")).to_be_visible()
    panel.lab.api("PATCH", f"jobs/{job_id(panel, 'every five seconds')}", {"triggers": []})


def test_a_run_becomes_a_job_with_two_schedules_and_one_of_them_is_taken_out(panel: Panel):
    page = panel.page
    panel.choose("walks.ipynb", "Run as Batch Job…")
    panel.field("walks").fill("47")
    page.get_by_label("On a schedule").check()
    page.get_by_label("Name", exact=True).fill("twice")
    panel.button("Add another schedule").click()
    second = page.get_by_role("group", name="Schedule 2")
    second.get_by_label("Every so often").check()
    second.get_by_label("Every", exact=True).fill("12 h")
    expect(second.get_by_text("every 12 hours")).to_be_visible()
    panel.shoot("form-two-schedules")
    panel.button("Create job").click()
    expect(page.get_by_role("heading", name="twice")).to_be_visible()
    expect(page.get_by_text("every 12 hours", exact=False).first).to_be_visible()
    panel.button("Edit…").click()
    page.get_by_role("button", name="Remove schedule 1").click()
    panel.button("Save").click()
    expect(page.locator(".jb-Schedule").get_by_text("every 12 hours")).to_be_visible()
    expect(page.locator(".jb-Schedule").get_by_text("06:00")).to_have_count(0)
    job = panel.lab.api("GET", f"jobs/{job_id(panel, 'twice')}")
    assert [trigger["kind"] for trigger in job["triggers"]] == ["interval"]
    assert job["parameters"] == {"walks": 47}


def test_a_copy_and_an_edit_keep_what_the_form_does_not_show(panel: Panel):
    page, lab = panel.page, panel.lab
    retry = {"max_attempts": 3, "delay_seconds": 0.25, "backoff_factor": 3.0, "exit_codes": [7]}
    trigger = {"kind": "interval", "interval_seconds": 86_401, "timezone": "UTC", "max_runs": 4}
    once = {"kind": "once", "at": soon(), "parameters": {"walks": 9}}
    body = {
        "name": "kept whole",
        "notebook": "walks.ipynb",
        "parameters": {"walks": 300},
        "environment": {"memory_bytes": 1_234_567_891, "env": {"TEXT": "two\nlines "}},
        "triggers": [trigger, once],
        "retry": retry,
        "keep_runs": 100,
        "keep_days": 90,
    }
    made = lab.api("POST", "jobs", body)
    lab.api("POST", f"jobs/{made['id']}/pause")
    panel.command("Batch Jobs")
    page.get_by_role("table", name="Jobs").get_by_role("button", name="kept whole").first.click()
    panel.button("Duplicate…").click()
    expect(panel.field("walks")).to_be_visible()
    panel.button("Create job").click()
    expect(page.get_by_role("heading", name="kept whole (copy)")).to_be_visible()
    expect(page.get_by_text(re.compile("^paused by")).last).to_be_visible()
    copy = lab.api("GET", f"jobs/{job_id(panel, 'kept whole (copy)')}")
    panel.button("Edit…").click()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Days to keep them").scroll_into_view_if_needed()
    panel.shoot("form-retention")
    page.get_by_label("Runs to keep").fill("0")
    expect(page.get_by_text("takes a whole number from 1")).to_be_visible()
    page.get_by_label("Runs to keep").fill("7")
    panel.button("Save").click()
    expect(page.get_by_role("definition").get_by_text("7", exact=True)).to_be_visible()
    panel.shoot("job-kept")
    edited = lab.api("GET", f"jobs/{copy['id']}")
    assert edited["keep_runs"] == 7
    for job in (copy, edited):
        assert [{**one, "id": ""} for one in job["triggers"]] == [
            {**one, "id": ""} for one in made["triggers"]
        ]
        for name in ("parameters", "environment", "retry", "keep_days"):
            assert job[name] == made[name], name


def test_the_form_says_what_a_cron_text_means(panel: Panel):
    page = panel.page
    make_job(panel, "calendar")
    page.get_by_label("Time zone").fill("America/New_York")
    cron = page.get_by_label("Cron text")
    cron.fill("30 2 * * *")
    expect(page.get_by_label("Repeats")).to_have_value("daily")
    preview = page.get_by_role("list", name="Next runs")
    expect(preview.get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_text("every day at 02:30, New York time")).to_be_visible()
    page.get_by_label("Repeats").select_option("On days of the week")
    page.get_by_role("button", name="Saturday").click()
    expect(cron).to_have_value("30 2 * * 1-6")
    expect(preview.get_by_role("listitem")).to_have_count(5)
    panel.shoot("form-schedule")
    cron.fill("61 2 * * *")
    expect(page.get_by_role("alert").filter(has_text="61").first).to_be_visible()
    panel.button("Create job").click()
    expect(cron).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("heading", name="New job")).to_be_visible()
    panel.shoot("form-schedule-wrong")


def soon() -> str:
    """Returns an instant within half a year, to the second."""
    at = datetime.now(UTC) + timedelta(days=180)
    return at.strftime("%Y-%m-%dT%H:%M:31Z")


def job_id(panel: Panel, name: str) -> str:
    """Returns the id of the job of a name."""
    found: str = next(j["id"] for j in panel.lab.api("GET", "jobs")["items"] if j["name"] == name)
    return found
