"""Lists by keyboard, in the dark, and without a broken rule of accessibility."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.panel import RUN_MS, Panel


@pytest.fixture(scope="module")
def records(lab: Lab) -> list[dict]:
    """A run that failed and one that did not."""
    runs = [lab.run("walks.ipynb", name="good one"), lab.run("fails.ipynb", name="bad one")]
    for run in runs:
        # The stream of a run ends when the run is over.
        lab.stream_to_the_end(run["id"])
    return runs


def test_every_way_in_is_there(panel: Panel):
    page = panel.page
    expect(
        page.get_by_role("button", name="Batch Runs")
        .or_(page.locator(".jp-LauncherCard", has_text="Batch Runs"))
        .first
    ).to_be_visible()
    panel.browse("walks.ipynb").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    expect(page.get_by_role("menuitem", name="Run as Batch Job…")).to_be_visible()
    page.keyboard.press("Escape")
    panel.browse("walks.ipynb").click(button="right")
    expect(page.get_by_role("menuitem", name="Schedule…")).to_be_visible()
    panel.shoot("context-menu")
    page.keyboard.press("Escape")


def test_runs_can_be_found_chosen_and_deleted_by_keyboard(panel: Panel):
    run = panel.lab.run("plain.ipynb", name="to be deleted")
    panel.lab.stream_to_the_end(run["id"])
    panel.command("Batch Runs")
    page = panel.page
    find = page.get_by_label("Find")
    find.focus()
    page.keyboard.type("to be deleted")
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("row")).to_have_count(2)
    grid.focus()
    page.keyboard.press("Space")
    expect(grid.get_by_role("row", name=re.compile("to be deleted"))).to_have_attribute(
        "aria-selected", "true"
    )
    panel.button("Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("1 run and all")
    page.keyboard.press("Tab")
    page.get_by_role("dialog").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("No run is like that")).to_be_visible()


def test_a_run_is_opened_and_read_by_keyboard(panel: Panel, records: list[dict]):
    panel.command("Batch Runs")
    page = panel.page
    page.get_by_label("Find").fill("bad one")
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("row")).to_have_count(2)
    grid.focus()
    page.keyboard.press("Enter")
    panel.state("Failed")
    page.get_by_role("tablist", name="Of this run").get_by_role("tab", name="Cells").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("table", name="Timeline of the cells")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_breaks_a_serious_rule(
    panel: Panel, records: list[dict], theme: str, request: pytest.FixtureRequest
):
    if theme == "dark":
        request.addfinalizer(
            lambda: panel.lab.settings("@jupyterlab/apputils-extension:themes", {})
        )
        panel.dark()
    shown = ".jb-Widget:not(.lm-mod-hidden)"
    broken: dict[str, list[str]] = {}

    def look(name: str) -> None:
        panel.page.wait_for_timeout(400)  # for colours that fade
        panel.shoot(f"{theme}-{name}")
        broken[name] = panel.violations(shown)

    panel.side()
    look("side")
    panel.command("Batch Runs")
    expect(panel.page.get_by_role("grid", name="Runs")).to_be_visible()
    panel.page.get_by_role("checkbox", name="Choose bad one").first.check()
    look("runs")
    panel.page.get_by_text("bad one").locator("visible=true").first.click()
    panel.state("Failed")
    expect(panel.page.get_by_text("Traceback")).to_be_visible()
    look("run")
    for name in ("Timeline", "Log", "Parameters", "Attempts", "Artifacts"):
        panel.tab(name)
        look(f"run-{name.lower()}")
    panel.command("Batch Jobs")
    expect(panel.page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    look("jobs")
    panel.choose("kinds.ipynb", "Schedule…")
    expect(panel.field("needed")).to_be_visible()
    panel.field("tags").fill("[")
    look("form")
    assert {name: rules for name, rules in broken.items() if rules} == {}


def test_a_form_is_filled_and_sent_by_keyboard(panel: Panel):
    page = panel.page
    panel.browse("walks.ipynb").click()
    panel.command("Run as Batch Job")
    expect(panel.field("walks")).to_be_visible()
    panel.field("walks").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("46")
    page.keyboard.press("Enter")
    expect(page.get_by_text("46 walks")).to_be_visible(timeout=RUN_MS)
