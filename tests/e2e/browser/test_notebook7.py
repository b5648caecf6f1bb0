"""The widgets in Notebook 7's page, which shares its parts with JupyterLab and not its shell."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import Locator, TimeoutError, expect

from tests.e2e.browser.book import KERNEL_MS
from tests.e2e.browser.panel import RUN_MS, Panel
from tests.e2e.browser.test_widgets import IMPORT, says

CELLS = (
    f"{IMPORT}\njb.widgets.RunForm('kinds.ipynb')",
    "jb.widgets.RunMonitor(jb.submit('slow.ipynb', {'seconds': 1}, name='seen in Notebook 7'))",
    "jb.widgets.RunTable(limit=5)",
)

HAS_KERNEL = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""


def outputs(panel: Panel) -> list[Locator]:
    """Opens a notebook in Notebook 7, runs it, and returns the outputs of its cells."""
    page = panel.page
    panel.lab.notebook("seven.ipynb", *CELLS)
    page.goto(f"{panel.lab.url}notebooks/seven.ipynb")
    expect(page.locator("body")).to_have_attribute("data-notebook", "notebooks")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells).to_have_count(len(CELLS))
    # Cells that are run before that are not executed, and nothing says so.
    page.wait_for_function(HAS_KERNEL, timeout=KERNEL_MS)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(cells.last.locator(".jp-InputPrompt")).to_have_text(
        re.compile(r"\[\d+\]:"), timeout=KERNEL_MS
    )
    return [cells.nth(number).locator(".jp-OutputArea") for number in range(len(CELLS))]


def test_the_widgets_work_in_notebook_7(panel: Panel):
    form, monitor, table = outputs(panel)
    count = form.get_by_label("count")
    expect(count).to_have_value("3", timeout=KERNEL_MS)
    form.get_by_role("button", name=re.compile(r"^\W*Run$")).click()
    error = form.get_by_role("alert").filter(has_text="parameter 'needed' is missing")
    expect(error).to_be_visible(timeout=KERNEL_MS)
    panel.shoot("notebook7-form")
    says(monitor.locator(".jb-RunMonitor"), "succeeded")
    monitor.get_by_role("tab", name="Outputs").click()
    expect(monitor.get_by_text("tick 4", exact=False)).to_be_visible()
    row = table.locator(".widget-hbox").filter(has=panel.page.get_by_label("seen in Notebook 7"))
    expect(row.get_by_text("succeeded")).to_be_visible(timeout=RUN_MS)
    table.scroll_into_view_if_needed()
    panel.shoot("notebook7-table")
    form.get_by_label("needed").fill("7")
    form.get_by_role("button", name=re.compile(r"^\W*Run$")).click()
    expect(error).to_be_hidden()
    says(form.locator(".jb-RunMonitor"), "succeeded")
    assert panel.violations(".jp-Notebook .jb-RunTable") == []


def test_the_button_in_notebook_7_opens_the_form_in_jupyterlab(panel: Panel):
    panel.lab.notebook("seven.ipynb", *CELLS)
    page = panel.page
    page.goto(f"{panel.lab.url}notebooks/seven.ipynb")
    expect(page.get_by_text(re.compile("Idle|idle")).first).to_be_attached(timeout=KERNEL_MS)
    with page.expect_popup() as opened:
        page.locator("[data-command='batch:run-notebook']").click()
        # Where the kernel has already changed what the notebook says of its language.
        save = page.get_by_role("dialog").get_by_role("button", name="Save and go on")
        with contextlib.suppress(TimeoutError):
            save.click(timeout=2000)
    lab = opened.value
    expect(lab.get_by_role("heading", name="Run as a batch job")).to_be_visible(timeout=KERNEL_MS)
    expect(lab.get_by_role("tab", name="Run seven.ipynb")).to_be_visible()
    assert "batch=" not in lab.url
    lab.close()
