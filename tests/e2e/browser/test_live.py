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
    run = panel.lab.run("slow.ipynb", name="over a reload")
    panel.show_run(run)
    expect(panel.page.get_by_text("tick 2")).to_be_visible(timeout=RUN_MS)
    panel.kept(run["id"])
    panel.page.reload()
    panel.ready()
    panel.state("Running")
    goes_on_without_a_gap(panel)
    panel.button("Cancel").click()
    panel.state("Cancelled")


def test_a_server_that_goes_is_told_and_the_run_is_followed_when_it_is_back(panel: Panel):
    run = panel.lab.run("slow.ipynb", name="over a restart")
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
    goes_on_without_a_gap(panel)
    panel.button("Cancel").click()
    panel.state("Cancelled")


def goes_on_without_a_gap(panel: Panel) -> None:
    """Waits for outputs after those that are there; all that were before are there, once."""
    ticks = panel.page.locator(".jb-Outputs").get_by_text("tick 0")
    expect(ticks).to_have_count(1)
    last = numbers(ticks.inner_text())[-1]
    expect(ticks).to_contain_text(f"tick {last + 3}\n", timeout=RUN_MS)
    shown = numbers(ticks.inner_text())
    assert shown == list(range(len(shown)))


def numbers(text: str) -> list[int]:
    """Returns the numbers of the ticks in a text."""
    return [int(number) for number in re.findall(r"tick (\d+)", text)]


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
