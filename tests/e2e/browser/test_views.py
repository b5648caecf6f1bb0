"""Lists by keyboard, in the dark, and without a broken rule of accessibility."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.panel import RUN_MS, Panel

#: Colours fade: what is looked at has come to rest.
REST = """() => Promise.all(document.getAnimations()
    .filter(one => one.effect.getTiming().iterations !== Infinity)
    .map(one => one.finished.catch(() => 0)))"""


class Views:
    """Goes through the views, takes a picture of each, and notes the rules that it breaks."""

    def __init__(self, panel: Panel, theme: str) -> None:
        self.panel = panel
        self.page = panel.page
        self.theme = theme
        self.broken: dict[str, list[str]] = {}

    def look(self, name: str) -> None:
        """Looks at what is in front, once the colours have come to rest."""
        self.page.evaluate(REST)
        self.panel.shoot(f"{self.theme}-{name}")
        self.broken[name] = self.panel.violations(".jb-Widget:not(.lm-mod-hidden)")

    def lists_and_runs(self) -> None:
        """The side panel, the list of runs, a run with its tabs, two runs side by side."""
        panel, page = self.panel, self.page
        panel.side()
        self.look("side")
        panel.command("Batch Runs")
        expect(page.get_by_role("grid", name="Runs")).to_be_visible()
        page.get_by_role("checkbox", name="Choose bad one").first.check()
        self.look("runs")
        page.get_by_text("bad one").locator("visible=true").first.click()
        panel.state("Failed")
        expect(page.get_by_text("Traceback")).to_be_visible()
        self.look("run")
        for name in ("Timeline", "Log", "Parameters", "Attempts", "Artifacts"):
            panel.tab(name)
            self.look(f"run-{name.lower()}")
        page.get_by_text("More", exact=True).locator("visible=true").click()
        self.look("run-more")
        panel.button("Compare with the run before").click()
        expect(page.get_by_role("heading", name="Compare runs")).to_be_visible()
        self.look("compare")

    def jobs_and_forms(self) -> None:
        """A job, the list of jobs, the form with all that it can show."""
        panel, page = self.panel, self.page
        panel.command("Batch Jobs")
        jobs = page.get_by_role("table", name="Jobs")
        jobs.get_by_role("button", name="nightly", exact=True).click()
        expect(page.get_by_text(re.compile("Cell 2: Succeeded")).first).to_be_attached()
        self.look("job")
        panel.command("Batch Jobs")
        row = page.get_by_role("row", name=re.compile("^nightly"))
        expect(row.get_by_role("time")).to_be_visible()
        expect(row.get_by_role("group", name="2 of the last 3 runs succeeded")).to_be_visible()
        self.look("jobs")
        panel.choose("kinds.ipynb", "Schedule…")
        expect(panel.field("needed")).to_be_visible()
        panel.field("tags").fill("[")
        self.look("form")
        page.get_by_text("Advanced", exact=True).click()
        page.get_by_text("Files, variables and secrets").click()
        page.get_by_role("button", name="Add another schedule").scroll_into_view_if_needed()
        self.look("form-schedule")
        page.get_by_label("When a run is due while").scroll_into_view_if_needed()
        self.look("form-advanced")


@pytest.fixture(scope="module")
def records(lab: Lab) -> None:
    """A run that failed, one that did not, and a job with a few of both."""
    trigger = {"kind": "cron", "cron": "30 1 * * *", "timezone": "America/New_York"}
    job = {"name": "nightly", "notebook": "mixed.ipynb", "triggers": [trigger]}
    job_id = lab.api("POST", "jobs", {**job, "overlap_policy": "allow"})["id"]
    fails = {"parameters": {"fails": True}}
    runs = [lab.api("POST", f"jobs/{job_id}/runs", body) for body in ({}, fails, {})]
    runs += [lab.run("fails.ipynb", name="another one"), lab.run("fails.ipynb", name="bad one")]
    for run in runs:
        # The stream of a run ends when the run is over.
        lab.stream_to_the_end(run["id"])


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


def test_a_run_is_opened_and_read_by_keyboard(panel: Panel, records: None):
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
    panel: Panel, records: None, theme: str, request: pytest.FixtureRequest
):
    if theme == "dark":
        request.addfinalizer(
            lambda: panel.lab.settings("@jupyterlab/apputils-extension:themes", {})
        )
        panel.dark()
    views = Views(panel, theme)
    views.lists_and_runs()
    views.jobs_and_forms()
    assert {name: rules for name, rules in views.broken.items() if rules} == {}


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
