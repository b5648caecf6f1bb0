"""A run while it runs: outputs, cancelling, reloads, a server that goes and comes back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.panel import RUN_MS, Panel


def test_outputs_come_while_a_long_cell_runs_and_cancel_ends_it(panel: Panel):
    panel.choose("slow.ipynb", "Run as Batch Job…")
    panel.button("Run").click()
    expect(panel.page.get_by_text("tick 3")).to_be_visible(timeout=RUN_MS)
    panel.state("Running")
    side = panel.side()
    expect(side.get_by_text("Cell 3 of 4")).to_be_visible()
    expect(side.get_by_role("progressbar", name="Progress of slow")).to_be_visible()
    panel.shoot("run-live")
    panel.button("Cancel").click()
    panel.state("Cancelled")
    expect(panel.page.get_by_text("cancelled by").first).to_be_visible()
    expect(panel.page.get_by_text("tick 3")).to_be_visible()


def test_a_run_is_followed_over_a_reload(panel: Panel):
    run = panel.lab.run("slow.ipynb", name="over a reload", parameters={"seconds": 25})
    panel.show_run(run)
    expect(panel.page.get_by_text("tick 2")).to_be_visible(timeout=RUN_MS)
    panel.page.wait_for_timeout(1000)  # JupyterLab keeps its layout a moment later
    panel.page.reload()
    panel.ready()
    panel.state("Running")
    # What was before the reload is there, once, and what comes after it too.
    expect(panel.page.get_by_text("tick 0")).to_have_count(1)
    panel.state("Succeeded")
    expect(panel.page.get_by_text("tick 124")).to_be_visible()


def test_a_server_that_goes_is_told_and_the_run_is_followed_when_it_is_back(panel: Panel):
    run = panel.lab.run("slow.ipynb", name="over a restart", parameters={"seconds": 30})
    panel.show_run(run)
    expect(panel.page.get_by_text("tick 2")).to_be_visible(timeout=RUN_MS)
    panel.lab.stop()
    try:
        away = panel.side().get_by_text("The server does not answer")
        expect(away).to_be_visible(timeout=60_000)
        panel.shoot("server-away")
    finally:
        panel.lab.start()
    expect(away).to_be_hidden(timeout=60_000)
    close = panel.page.get_by_role("dialog").get_by_role("button")
    if close.count():
        close.first.click()  # JupyterLab's own word on a server that went
    panel.state("Succeeded")
    expect(panel.page.get_by_text("tick 149")).to_be_visible()
    expect(panel.page.get_by_text("tick 0")).to_have_count(1)


def test_what_waits_says_why(panel: Panel):
    runs = [panel.lab.run("slow.ipynb", name=f"queue {n}") for n in range(3)]
    side = panel.side()
    expect(side.get_by_role("heading", name=re.compile("^Waiting"))).to_be_visible(timeout=RUN_MS)
    card = side.get_by_role("listitem").filter(has_text="queue 2")
    expect(card.get_by_text(re.compile("may be active|under way"))).to_be_visible()
    panel.shoot("side-panel")
    for run in reversed(runs):
        panel.lab.api("POST", f"runs/{run['id']}/cancel")
    expect(side.get_by_role("heading", name="Running 2")).to_be_hidden(timeout=RUN_MS)
