"""From a notebook to a scheduled job, its run, a cancel and a retry, with no mouse at all."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.book import KERNEL_MS
from tests.e2e.browser.keyboard import Keyboard
from tests.e2e.browser.panel import RUN_MS, Panel


def open_a_notebook(keys: Keyboard, name: str) -> None:
    """Opens a notebook by JupyterLab's own command."""
    page = keys.page
    keys.command("Open from Path…")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=RUN_MS)
    # A notebook takes the focus once more when its kernel is there.
    bar = page.get_by_role("contentinfo")
    idle = bar.get_by_role("button", name=re.compile(r"\| Idle$"))
    expect(idle).to_be_visible(timeout=KERNEL_MS)


def fill_the_form(keys: Keyboard, name: str) -> None:
    """Fills the form of a new job: name, parameter, days and time, zone."""
    page, panel = keys.page, keys.panel
    keys.reach(page.get_by_label("Name", exact=True))
    keys.type(name)
    keys.reach(panel.field("seconds"))
    keys.type("61")
    keys.reach(page.get_by_label("Repeats"))
    keys.press("ArrowUp")
    cron = page.get_by_label("Cron text")
    expect(cron).to_have_value("0 6 * * *")
    keys.press("ArrowDown")
    keys.reach(page.get_by_label("At", exact=True))
    page.keyboard.type("0730")
    keys.reach(page.get_by_role("button", name="Saturday"))
    keys.press("Space")
    expect(cron).to_have_value("30 7 * * 1-6")


def search_the_zone(keys: Keyboard) -> None:
    """Finds a time zone by a part of its name."""
    page = keys.page
    zone = keys.reach(page.get_by_role("combobox", name="Time zone"))
    keys.type("new york")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_count(1)
    keys.press("ArrowDown")
    expect(options).to_have_attribute("aria-selected", "true")
    keys.panel.shoot("keyboard-zone")
    keys.press("Enter")
    expect(zone).to_have_value("America/New_York")
    expect(options).to_have_count(0)
    expect(page.get_by_text("New York time", exact=False).first).to_be_visible()


def test_a_schedule_is_made_and_its_run_is_cancelled_and_retried_with_keys_alone(panel: Panel):
    page, keys = panel.page, Keyboard(panel)
    open_a_notebook(keys, "slow.ipynb")
    keys.command("Schedule…")
    # A kernel that has started meanwhile has changed what the notebook says of its language.
    dialog = page.get_by_role("dialog").filter(has_text="Save the notebook first?")
    expect(panel.field("seconds").or_(dialog)).to_be_visible()
    if dialog.is_visible():
        keys.press("Enter")
    expect(panel.field("seconds")).to_be_visible()
    fill_the_form(keys, "keys only")
    search_the_zone(keys)
    keys.reach(panel.button("Create job"))
    panel.shoot("keyboard-form")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="keys only")).to_be_visible()
    keys.command("Batch Jobs")
    keys.reach(page.get_by_role("table", name="Jobs").get_by_role("button", name="keys only").first)
    panel.shoot("keyboard-jobs")
    keys.press("Enter")
    expect(page.get_by_role("list", name="Next runs").get_by_role("listitem")).to_have_count(5)
    keys.reach(panel.button("Run now"))
    keys.press("Enter")
    panel.state("Running")
    keys.command("Batch Runs")
    grid = page.get_by_role("grid", name="Runs")
    keys.reach(grid)
    panel.shoot("keyboard-runs")
    keys.press("ArrowDown", "ArrowUp", "Enter")
    panel.state("Running")
    keys.reach(panel.button("Cancel"))
    panel.shoot("keyboard-run")
    keys.press("Enter")
    panel.state("Cancelled")
    # The button has gone; the focus has not left the page.
    assert page.evaluate("() => document.activeElement?.closest('.jb-Widget') !== null")
    keys.reach(panel.button("Retry"))
    keys.press("Enter")
    expect(page.get_by_role("tab", name="Attempts (2)")).to_be_visible(timeout=RUN_MS)
    panel.state("Running")
    keys.reach(panel.button("Cancel"))
    keys.press("Enter")
    panel.state("Cancelled")
    assert keys.faults == []


def test_each_stop_of_each_view_shows_the_focus(panel: Panel):
    page, keys = panel.page, Keyboard(panel)
    run = panel.lab.run("fails.ipynb", name="walked through")
    panel.lab.stream_to_the_end(run["id"])
    keys.command("Show Batch Panel")
    keys.reach(page.get_by_role("button", name="All runs"))
    for _ in range(12):
        keys.press("Tab")
    keys.command("Batch Runs")
    keys.reach(page.get_by_label("Find"))
    keys.type("walked through")
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("row")).to_have_count(2)
    keys.reach(grid)
    keys.press("Space")
    keys.reach(page.get_by_role("button", name="Choose none"), "Shift+Tab")
    keys.press("Enter")
    expect(grid).to_be_focused()
    keys.press("Enter")
    panel.state("Failed")
    tabs = page.get_by_role("tablist", name="Of this run")
    keys.reach(tabs.get_by_role("tab", name="Cells"))
    for name in ("Timeline", "Results", "Log", "Parameters", "Attempts", "Artifacts"):
        keys.press("ArrowRight")
        expect(tabs.get_by_role("tab", name=re.compile(name))).to_be_focused()
        for _ in range(4):
            keys.press("Tab")
        keys.reach(tabs.get_by_role("tab", name=re.compile(name)), "Shift+Tab")
    more = keys.reach(
        page.locator("summary").get_by_text("More").locator("visible=true"), "Shift+Tab"
    )
    keys.press("Enter", "Tab")
    expect(panel.button("HTML report")).to_be_focused()
    keys.press("Escape")
    expect(more).to_be_focused()
    assert keys.faults == []
