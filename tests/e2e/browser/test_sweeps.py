"""Sweeps: found among the runs, seen to their end side by side, cancelled, retried."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.panel import RUN_MS, Panel

TRIES = """import jupyter_batch as jb, time
from pathlib import Path
jb.record(loss=1 / rate, kind="ridge")
until = time.monotonic() + 120  # a test that fails says nothing, and its run is to end
while rate == 4 and not Path(go).exists() and time.monotonic() < until:
    time.sleep(0.05)
if rate == 2 and not Path(mended).exists():
    raise ValueError("does not converge")"""
VIEW = ".jb-Widget:not(.lm-mod-hidden) .jb-Page"


def test_a_sweep_is_found_followed_and_its_failed_runs_are_retried(panel: Panel):
    lab, page = panel.lab, panel.page
    go, mended = lab.folder / "go-on", lab.folder / "mended"
    lab.notebook("tries.ipynb", TRIES, parameters='rate = 1\ngo = ""\nmended = ""')
    body = {
        "notebook": "tries.ipynb",
        "name": "learning rates",
        "grid": {"rate": [1, 2, 4]},
        "parameters": {"go": str(go), "mended": str(mended)},
        # Files of this machine say when to go on.
        "environment": {"executor": "process"},
    }
    lab.api("POST", "sweeps", body)
    panel.command("Batch Runs")
    page.get_by_role("combobox", name="Sweep").select_option("learning rates")
    expect(page.get_by_role("grid", name="Runs").get_by_role("row")).to_have_count(4)
    panel.shoot("runs-of-a-sweep")
    panel.button("Open the sweep").click()
    table = page.get_by_role("table", name="Runs of the sweep")
    failed = table.get_by_role("row", name=re.compile("^Run 2 Failed 2 0.5"))
    expect(failed).to_be_visible(timeout=RUN_MS)
    expect(table.get_by_role("row", name=re.compile("^Run 3 Running 4"))).to_be_visible()
    expect(page.get_by_role("list", name="Runs by state")).to_contain_text("2 of 3 over")
    panel.shoot("sweep-live")
    go.touch()
    head = page.locator("header.jb-RunHead").locator("visible=true")
    expect(head.get_by_text("Failed", exact=True)).to_be_visible(timeout=RUN_MS)
    assert panel.violations(VIEW) == []
    mended.touch()
    panel.button("Retry the failed one").click()
    expect(head.get_by_text("Succeeded", exact=True)).to_be_visible(timeout=RUN_MS)
    expect(table.get_by_role("row", name=re.compile("Succeeded"))).to_have_count(3)
    table.get_by_role("button", name="loss").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("Run 3")
    panel.shoot("light-sweep")
    table.get_by_role("button", name="Run 2").click()
    expect(page.get_by_role("tab", name="Attempts (2)")).to_be_visible()
    panel.button("Run 2 of it").click()
    expect(table).to_be_visible()
    try:
        panel.command("Theme: JupyterLab Dark")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        panel.shoot("dark-sweep")
        assert panel.violations(VIEW) == []
    finally:
        lab.settings("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Light"})


def test_a_sweep_is_cancelled_with_all_its_runs(panel: Panel):
    lab, page = panel.lab, panel.page
    body = {"notebook": "slow.ipynb", "name": "too many", "grid": {"seconds": [50, 60, 70]}}
    sweep = lab.api("POST", "sweeps", body)
    [run, *_] = lab.api("GET", f"runs?sweep_id={sweep['id']}")["items"]
    panel.show_run(run)
    panel.button("Run 3 of it").click()
    expect(page.get_by_role("heading", name="too many")).to_be_visible()
    panel.button("Cancel all").click()
    table = page.get_by_role("table", name="Runs of the sweep")
    cancelled = table.get_by_role("row", name=re.compile("Cancelled"))
    expect(cancelled).to_have_count(3, timeout=RUN_MS)
    # From a sweep to its runs, in the tab that is open already.
    panel.button("All its runs").click()
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("combobox", name="Sweep")).to_have_value(sweep["id"])
