"""Results and items of a notebook on the page of its run, live and after."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.panel import RUN_MS, Panel

RECORDS = """import jupyter_batch as jb
import pandas
from pathlib import Path
jb.record(loss=0.1234, title="ridge", converged=True, nothing=None, best={"alpha": [0.5, 1]})
frame = pandas.DataFrame({"city": ["Oslo", "Rome"], "sun": [4.5, 9.1]}, index=["a", "b"])
jb.record(sunshine=frame, plot={
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"a": "A", "b": 28}, {"a": "B", "b": 55}]},
    "mark": "bar", "encoding": {"x": {"field": "a"}, "y": {"field": "b", "type": "quantitative"}},
})"""
ITEMS = """import time
orders = jb.track(range(2000), name="orders", key=str, on_error="continue")
for order in orders:
    with orders.guard():
        if not Path(go).exists():
            time.sleep(0.05)
        if order == 7:
            raise ValueError("no such client")
jb.record(done=1999)"""

#: All but the plot, whose menu is Vega's own.
OURS = ".jb-Widget:not(.lm-mod-hidden) :is(.jb-RunHead, .jb-Tabs, .jb-Table, .jb-Block > h3)"


def test_results_and_items_are_seen_live_and_after(panel: Panel):
    lab, page = panel.lab, panel.page
    go = lab.folder / "go"
    lab.notebook("says.ipynb", RECORDS, ITEMS, parameters='go = ""', title="Says")
    run = lab.run(
        "says.ipynb",
        name="says much",
        parameters={"go": str(go)},
        # In containers there is no pandas to make a frame with.
        environment={"executor": "process"},
    )
    panel.show_run(run)
    panel.state("Running")
    items = page.get_by_role("list", name="Items")
    expect(
        items.get_by_text(re.compile(r"\d+ of 2,000 · .+ a second · about .+ left"))
    ).to_be_visible(timeout=RUN_MS)
    expect(items.get_by_text("1 failed")).to_be_visible()
    expect(items.get_by_role("progressbar", name="Progress of orders")).to_be_visible()
    page.get_by_role("tab", name="Results (7)").click()
    table = page.get_by_role("table", name="Results")
    expect(table.get_by_role("row", name=re.compile("^loss 0.1234"))).to_be_visible()
    panel.shoot("run-results-live")
    go.touch()
    panel.state("Succeeded")
    expect(table.get_by_role("row", name=re.compile("^done 1,999"))).to_be_visible()
    expect(items.get_by_text(re.compile(r"2,000 of 2,000 · .+ a second · in "))).to_be_visible()
    expect(page.get_by_role("cell", name="Oslo")).to_be_visible()
    expect(page.get_by_text("2 rows × 2 columns")).to_be_visible()
    plot = page.locator(".jb-Outputs .jb-Vega").locator("canvas, svg").first
    plot.scroll_into_view_if_needed()
    expect(plot).to_be_visible()
    for theme in ("light", "dark"):
        if theme == "dark":
            panel.command("Theme: JupyterLab Dark")
            expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
            page.locator("#jupyterlab-splash").wait_for(state="detached")
        try:
            panel.shoot(f"{theme}-run-results")
            assert panel.violations(OURS) == []
        finally:
            lab.settings("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Light"})
