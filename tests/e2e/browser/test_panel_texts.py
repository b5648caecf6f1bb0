"""The texts of the panel are true: durations, dates, failures, complaints, logs, dialogs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.panel import RUN_MS, Panel

ZONE = "Pacific/Kiritimati"


def seconds_of(run: dict[str, Any]) -> float:
    """Returns how long a run or an attempt took from its start to its end."""
    start, end = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
    return (end - start).total_seconds()


def read_seconds(text: str) -> float:
    """Reads ``12 s`` and ``1 min 05 s``."""
    match = re.fullmatch(r"(?:(\d+) min )?([\d.]+) s", text)
    assert match is not None, text
    return 60 * int(match[1] or 0) + float(match[2])


@pytest.fixture(scope="module")
def backfilled(lab: Lab) -> dict[str, Any]:
    """A job whose notebook has gone, so that each run of a backfill of twelve days has failed."""
    lab.notebook("gone.ipynb", "1")
    trigger = {"kind": "cron", "cron": "0 6 * * *", "timezone": ZONE}
    body = {"name": "gone", "notebook": "gone.ipynb", "triggers": [trigger]}
    job: dict[str, Any] = lab.api("POST", "jobs", body)
    lone = lab.run("fails.ipynb", name="fails alone")
    lab.stream_to_the_end(lone["id"])
    (lab.notebooks / "gone.ipynb").unlink()
    span = {"from": "2024-03-01T00:00:00+14:00", "to": "2024-03-13T00:00:00+14:00"}
    assert lab.api("POST", f"jobs/{job['id']}/backfill", span)["made"] == 12
    return job


def test_a_run_that_is_tried_again_says_what_its_attempts_took(lab: Lab, panel: Panel):
    retry = {"max_attempts": 2, "delay_seconds": 12, "jitter": 0}
    job = lab.api(
        "POST", "jobs", {"name": "tried again", "notebook": "fails.ipynb", "retry": retry}
    )
    run = lab.api("POST", f"jobs/{job['id']}/runs", {})
    panel.show_run(run)
    panel.state("Failed")
    run = lab.api("GET", f"runs/{run['id']}")
    took = sum(map(seconds_of, run["attempts"]))
    assert seconds_of(run) - took > 11
    facts = panel.page.locator(".jb-Times").locator("visible=true")
    for name, expected in {"Duration": took, "With the waits": seconds_of(run)}.items():
        fact = facts.locator("div").filter(has=panel.page.get_by_text(re.compile(f"^{name}")))
        assert read_seconds(fact.locator("dd").inner_text()) == pytest.approx(expected, abs=1)
    panel.shoot("text-retried")


def test_failures_of_one_job_stand_together_and_backfills_say_their_day(
    panel: Panel, backfilled: dict[str, Any]
):
    page = panel.page
    side = panel.side()
    failures = side.get_by_role("region", name=re.compile("^Last failures"))
    gone = page.get_by_role("button", name="gone", exact=True)
    cards = failures.get_by_role("listitem").filter(has=gone)
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("12 failures since")
    expect(failures.get_by_role("button", name="fails alone", exact=True)).to_be_visible()
    panel.shoot("text-failures")
    side.get_by_role("button", name="Show all failures of gone").click()
    rows = page.get_by_role("grid", name="Runs").get_by_role("row", name=re.compile("gone"))
    expect(rows).to_have_count(12)
    for row in rows.all():
        expect(row).to_contain_text(re.compile(r"for \d+ (Feb|Mar) 2024"))
        expect(row).to_contain_text("it could not be started")
    panel.shoot("text-backfill-runs")
    side.get_by_role("button", name="Jobs").click()
    page.get_by_role("table", name="Jobs").get_by_role("button", name="gone", exact=True).click()
    matrix = page.get_by_role("region", name="Runs by cells")
    expect(matrix.get_by_text(re.compile(r"Mar 2024, 06:00 GMT\+14"))).to_have_count(12)
    instants = page.get_by_role("list", name="Next runs").get_by_role("listitem")
    expect(instants.filter(has_text=re.compile(r"06:00 GMT\+14"))).to_have_count(5)
    panel.shoot("text-job-in-its-zone")


def test_the_day_of_a_run_is_seen_in_a_narrow_list(panel: Panel, backfilled: dict[str, Any]):
    page = panel.page
    name = "a job whose name has no room beside it in a list as narrow as this"
    panel.lab.api("PATCH", f"jobs/{backfilled['id']}", {"name": name})
    day = {"from": "2024-04-01T00:00:00+14:00", "to": "2024-04-02T00:00:00+14:00"}
    panel.lab.api("POST", f"jobs/{backfilled['id']}/backfill", day)
    panel.side().get_by_role("button", name="All runs").click()
    page.set_viewport_size({"width": 760, "height": 860})
    row = page.get_by_role("grid", name="Runs").get_by_role("row").filter(has_text=name)
    cell = row.get_by_role("gridcell").nth(2).bounding_box()
    date = row.get_by_text(re.compile(r"^\s*for .*2024")).bounding_box()
    panel.shoot("said-narrow")
    panel.lab.api("PATCH", f"jobs/{backfilled['id']}", {"name": "gone"})
    assert cell is not None
    assert date is not None
    assert cell["x"] < date["x"]
    assert date["x"] + date["width"] <= cell["x"] + cell["width"]


def test_a_failure_says_that_its_job_has_succeeded_since(lab: Lab, panel: Panel):
    job = lab.api("POST", "jobs", {"name": "mended since", "notebook": "mixed.ipynb"})
    for parameters in ({"fails": True}, {}):
        run = lab.api("POST", f"jobs/{job['id']}/runs", {"parameters": parameters})
        lab.stream_to_the_end(run["id"])
    end = lab.api("GET", f"runs/{run['id']}")["finished_at"]
    link = panel.page.get_by_role("button", name="mended since", exact=True)
    card = panel.side().get_by_role("listitem").filter(has=link)
    told = card.get_by_text(re.compile(r"Succeeded since, \d\d:\d\d"))
    for _ in range(2):
        expect(told).to_be_visible()
        time = told.locator("time").get_attribute("datetime")
        assert time is not None
        late = datetime.fromisoformat(time) - datetime.fromisoformat(end)
        assert abs(late) < timedelta(seconds=5)
        # After a reload it is the server that knows.
        panel.page.reload()
        panel.ready()
        panel.side()


def test_the_days_of_a_backfill_are_those_of_the_schedule(lab: Lab, panel: Panel):
    page = panel.page
    trigger = {"kind": "cron", "cron": "0 6 * * *", "timezone": ZONE}
    body = {"name": "filled", "notebook": "plain.ipynb", "triggers": [trigger]}
    job = lab.api("POST", "jobs", body)
    panel.side().get_by_role("button", name="Jobs").click()
    page.get_by_role("table", name="Jobs").get_by_role("button", name="filled", exact=True).click()
    page.get_by_text("Backfill…").click()
    page.get_by_label("From").locator("visible=true").fill("2024-03-05")
    page.get_by_label("To", exact=True).locator("visible=true").fill("2024-03-05")
    panel.button("Make the runs").click()
    expect(page.get_by_text("Made 1 runs", exact=False)).to_be_visible()
    [run] = lab.api("GET", f"runs?job_id={job['id']}")["items"]
    assert datetime.fromisoformat(run["scheduled_for"]) == datetime(2024, 3, 4, 16, tzinfo=UTC)
    lab.stream_to_the_end(run["id"])


def test_a_filter_knows_a_job_that_was_made_after_the_page_was_opened(lab: Lab, panel: Panel):
    page = panel.page
    panel.side().get_by_role("button", name="All runs").click()
    label = page.get_by_role("search").locator("label").filter(has_text=re.compile("^Job"))
    select = label.locator("select")
    expect(select).to_be_visible()
    job = lab.api("POST", "jobs", {"name": "made later", "notebook": "plain.ipynb"})
    run = lab.api("POST", f"jobs/{job['id']}/runs", {})
    expect(page.get_by_role("row", name=re.compile("made later"))).to_be_visible()
    select.select_option("made later")
    expect(page.get_by_role("grid", name="Runs").get_by_role("row")).to_have_count(2)
    lab.stream_to_the_end(run["id"])


def test_what_is_half_typed_is_not_wrong(panel: Panel):
    page = panel.page
    panel.choose("walks.ipynb", "Schedule…")
    zone = page.get_by_label("Time zone")
    expect(page.get_by_role("list", name="Next runs")).to_be_visible()
    zone.fill("")
    zone.press_sequentially("Kirit", delay=30)
    expect(page.get_by_role("option", name=ZONE)).to_be_visible()
    # Longer than it takes the server to be asked, and to refuse it.
    with page.expect_response(re.compile("jobs/check")):
        zone.press_sequentially("i")
    expect(page.get_by_role("alert")).to_have_count(0)
    zone.press("ArrowDown")
    zone.press("Enter")
    expect(page.get_by_text(re.compile(r"06:00 GMT\+14"))).to_have_count(5)
    zone.fill("Nowhere/Land")
    zone.press("Tab")
    problem = page.get_by_role("alert").filter(has_text="Nowhere/Land")
    expect(problem).to_have_count(1)
    panel.shoot("text-zone-wrong")
    zone.fill(ZONE)
    expect(problem).to_have_count(0)


def test_an_instant_is_in_the_zone_that_stands_below_it(lab: Lab, panel: Panel):
    page = panel.page
    panel.choose("walks.ipynb", "Schedule…")
    page.get_by_label("Name", exact=True).fill("once in Kiritimati")
    page.get_by_label("Once", exact=True).check()
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    page.get_by_label("At", exact=True).fill(f"{day}T06:00")
    page.get_by_label("Time zone").fill(ZONE)
    expect(page.get_by_text(re.compile("once, on .* at 06:00, Kiritimati time"))).to_be_visible()
    expect(page.get_by_role("list", name="Next runs")).to_contain_text("06:00 GMT+14")
    panel.shoot("text-once")
    panel.button("Create job").click()
    expect(page.get_by_role("heading", name="once in Kiritimati")).to_be_visible()
    [job] = lab.api("GET", "jobs?q=once%20in")["items"]
    at = datetime.fromisoformat(job["triggers"][0]["at"])
    assert at == datetime.fromisoformat(f"{day}T06:00:00+14:00")


def test_the_log_has_what_a_notebook_prints_while_it_runs(lab: Lab, panel: Panel):
    run = lab.run("slow.ipynb", name="prints")
    panel.show_run(run)
    panel.state("Running")
    panel.tab("Log")
    printed = panel.page.get_by_label("Printed by the cells").locator("visible=true")
    expect(printed).to_contain_text("tick 3", timeout=RUN_MS)
    panel.shoot("text-log")
    lab.api("POST", f"runs/{run['id']}/cancel")
    panel.state("Cancelled")


def test_enter_alone_deletes_nothing(lab: Lab, panel: Panel):
    page = panel.page
    run = lab.run("plain.ipynb", name="dear")
    lab.stream_to_the_end(run["id"])
    panel.side().get_by_role("button", name="All runs").click()
    page.get_by_role("checkbox", name="Choose dear").check()
    panel.button("Delete").click()
    keep = page.get_by_role("dialog").get_by_role("button", name="Keep")
    expect(keep).to_be_focused()
    panel.shoot("text-delete")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert lab.api("GET", f"runs/{run['id']}")["state"] == "succeeded"
