"""From a right click to the end of a run, and what can be done after it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.panel import RUN_MS, Panel


def start(panel: Panel, notebook: str, **fields: str) -> None:
    """Runs a notebook by the form."""
    panel.choose(notebook, "Run as Batch Job…")
    for name, value in fields.items():
        panel.field(name).fill(value)
    expect(panel.button("Run")).to_be_enabled()
    panel.button("Run").click()


def test_an_empty_panel_teaches(panel: Panel):
    # The first of all tests: nothing has run in this server yet.
    if not panel.lab.api("GET", "runs?limit=1")["items"]:
        expect(panel.side().get_by_text("Right-click a notebook")).to_be_visible()
        panel.side().get_by_role("button", name="Jobs").click()
        expect(panel.page.get_by_role("heading", name="No jobs yet")).to_be_visible()
        panel.shoot("empty")


def test_a_right_click_and_one_button_run_a_notebook(panel: Panel):
    start(panel, "walks.ipynb", walks="41")
    panel.state("Succeeded")
    expect(panel.page.get_by_text("41 walks")).to_be_visible()
    # The picture is an SVG: it shows as an image, with no trust asked for.
    expect(panel.page.locator(".jb-Outputs img")).to_be_visible()
    # A notification tells the end of what one has started; a time tells its very instant.
    expect(panel.page.get_by_text("walks: Succeeded")).to_be_visible()
    instant = panel.page.get_by_role("definition").get_by_role("time").first
    expect(instant).to_have_attribute("title", re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z$"))
    panel.shoot("run-succeeded")
    panel.tab("Timeline")
    expect(panel.page.get_by_role("table", name="Timeline of the cells")).to_be_visible()
    panel.shoot("run-timeline")
    panel.tab("Parameters")
    expect(panel.page.get_by_role("definition").get_by_text("41", exact=True)).to_be_visible()
    panel.shoot("run-parameters")
    panel.tab("Artifacts")
    panel.button("Open table.csv").click()
    expect(panel.page.get_by_role("tab", name="table.csv")).to_be_visible()


def test_a_failure_leads_to_its_cell(panel: Panel):
    start(panel, "fails.ipynb")
    panel.state("Failed")
    expect(panel.page.locator(".jb-Reason")).to_contain_text("KeyError: 'b' in cell 2 of 3")
    panel.tab("Log")
    panel.button("Show cell 2").click()
    cell = panel.page.get_by_role("listitem", name="Cell 2, Failed")
    expect(cell).to_be_focused()
    expect(cell.get_by_text("Traceback")).to_be_visible()
    expect(panel.page.get_by_role("listitem", name="Cell 3, Not run")).to_be_visible()
    panel.shoot("run-failed")


def test_a_failed_run_can_be_tried_again(panel: Panel):
    start(panel, "fails.ipynb")
    panel.state("Failed")
    panel.button("Retry").click()
    tab = panel.page.get_by_role("tab", name="Attempts (2)")
    expect(tab).to_be_visible(timeout=RUN_MS)
    panel.state("Failed")
    tab.click()
    panel.shoot("run-attempts")
    panel.button("Show attempt 1").click()
    expect(panel.page.get_by_role("button", name="Show attempt 2")).to_be_visible()


def test_the_executed_notebook_opens_as_a_record_and_stays_over_a_reload(panel: Panel):
    start(panel, "walks.ipynb", walks="42")
    panel.state("Succeeded")
    panel.button("Open executed notebook").click()
    page = panel.page
    expect(page.get_by_text("notebook is read-only")).to_be_visible()
    expect(page.get_by_text("42 walks").locator("visible=true")).to_be_visible()
    panel.kept("(executed)")
    page.reload()
    panel.ready()
    expect(page.get_by_text("notebook is read-only")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # The file browser shows the files, as before.
    expect(panel.browse("walks.ipynb")).to_be_visible()
    # A record has no kernel.
    sessions = page.request.get(f"{panel.lab.url}api/sessions").json()
    assert [one["path"] for one in sessions if "(executed)" in one["path"]] == []
    panel.shoot("executed-notebook")


def test_a_report_shows_inside_the_lab(panel: Panel):
    start(panel, "walks.ipynb", walks="43")
    panel.state("Succeeded")
    panel.page.get_by_text("More", exact=True).locator("visible=true").click()
    panel.shoot("run-more")
    panel.button("HTML report").click()
    report = panel.page.frame_locator("iframe.jb-Report")
    expect(report.get_by_text("43 walks")).to_be_visible()
    panel.shoot("report")


def test_a_run_again_has_its_values_and_can_be_compared(panel: Panel):
    start(panel, "walks.ipynb", walks="44")
    panel.state("Succeeded")
    panel.button("Run again…").click()
    expect(panel.field("walks")).to_have_value("44")
    panel.field("walks").fill("45")
    panel.button("Run").click()
    expect(panel.page.get_by_text("45 walks")).to_be_visible(timeout=RUN_MS)
    panel.state("Succeeded")
    panel.page.get_by_text("More", exact=True).locator("visible=true").click()
    panel.button("Compare with the run before").click()
    row = panel.page.get_by_role("row", name=re.compile("walks differs"))
    expect(row.get_by_text("44")).to_be_visible()
    expect(row.get_by_text("45")).to_be_visible()
    panel.shoot("compare")
    assert panel.violations(".jb-Widget:not(.lm-mod-hidden) .jb-Compare") == []
