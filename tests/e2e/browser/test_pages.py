"""Pages that were closed are gone, and can be opened again, however they were closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.pages import (
    FRONT,
    Kind,
    Records,
    by_command,
    by_cross,
    by_keyboard,
    is_open,
    kinds,
    make_records,
    opened,
    tab,
)
from tests.e2e.browser.panel import Panel

Close = Callable[[Panel, Kind], None]
WAYS = {"cross": by_cross, "keyboard": by_keyboard, "all": by_command}


@pytest.fixture(scope="module")
def records(lab: Lab) -> Records:
    """Two runs, a job and a sweep."""
    return make_records(lab)


def gone(panel: Panel, kind: Kind) -> None:
    """Waits until a page is closed."""
    expect(tab(panel, kind.tab)).to_have_count(0)


@pytest.mark.parametrize("close", WAYS.values(), ids=WAYS)
def test_every_page_opens_again_after_it_was_closed(panel: Panel, records: Records, close: Close):
    for kind in kinds(records):
        opened(panel, kind)
        close(panel, kind)
        gone(panel, kind)
        opened(panel, kind)
        close(panel, kind)
        gone(panel, kind)
    expect(panel.page.locator(f"#jp-main-dock-panel {FRONT}")).to_have_count(0)


@pytest.mark.parametrize("close", WAYS.values(), ids=WAYS)
def test_every_page_opens_again_after_a_reload(panel: Panel, records: Records, close: Close):
    every = kinds(records)
    for kind in every:
        opened(panel, kind)
    panel.kept("jupyter-batch:form-job-" + records.job["id"])
    panel.page.goto(f"{panel.lab.url}lab")
    panel.ready()
    for kind in every:
        tab(panel, kind.tab).click()
        is_open(panel, kind)
    for kind in every:
        if close is not by_command or kind is every[0]:
            close(panel, kind)
        gone(panel, kind)
    # What was closed before a reload is closed after it, too, and opens then.
    panel.forgotten("jupyter-batch:")
    panel.page.goto(f"{panel.lab.url}lab")
    panel.ready()
    for kind in every:
        gone(panel, kind)
    for kind in every:
        opened(panel, kind)


def test_pages_open_again_from_the_launcher_and_the_palette(panel: Panel, records: Records):
    runs, jobs = kinds(records)[:2]
    cards = panel.page.locator(".jp-LauncherCard", has_text="Batch Runs").locator("visible=true")
    cards.click()
    is_open(panel, runs)
    by_cross(panel, runs)
    gone(panel, runs)
    panel.command("New Launcher")
    cards.click()
    is_open(panel, runs)
    for kind in (runs, jobs):
        panel.command(kind.tab)
        is_open(panel, kind)
        by_cross(panel, kind)
        gone(panel, kind)
        panel.command(kind.tab)
        is_open(panel, kind)


def test_a_form_that_was_cancelled_or_sent_opens_again(panel: Panel, records: Records):
    form = next(kind for kind in kinds(records) if kind.tab == "Run plain.ipynb")
    opened(panel, form)
    panel.button("Close").click()
    gone(panel, form)
    opened(panel, form)
    panel.page.locator(FRONT).get_by_role("button", name="Run", exact=True).click()
    gone(panel, form)
    opened(panel, form)
