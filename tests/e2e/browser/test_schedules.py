"""Schedules: made in the form, seen to fire, changed, paused."""

from __future__ import annotations

import re

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


def job_id(panel: Panel, name: str) -> str:
    """Returns the id of the job of a name."""
    return next(j["id"] for j in panel.lab.api("GET", "jobs")["items"] if j["name"] == name)
