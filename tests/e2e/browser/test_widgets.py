"""The widgets in a notebook in JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.e2e.browser.book import KERNEL_MS, Book
from tests.e2e.browser.panel import RUN_MS, Panel

IMPORT = "import jupyter_batch as jb"


def says(widget: Locator, word: str, timeout: float = RUN_MS) -> None:
    """Waits until the head of a monitor says a state."""
    pill = widget.locator(".jbw-head .jbw-pill").first
    expect(pill).to_have_text(re.compile(rf"{word}$"), timeout=timeout)


def test_a_form_tells_an_error_at_its_field_and_then_follows_the_run(panel: Panel):
    book = Book(panel, "form.ipynb", f"{IMPORT}\njb.widgets.RunForm('kinds.ipynb')")
    book.run_all()
    form = book.output(0).locator(".jb-RunForm")
    expect(form.get_by_label("count")).to_have_value("3")
    run = book.button(0, "Run")
    # By keyboard alone, from the field to the button's click.
    run.focus()
    panel.page.keyboard.press("Enter")
    error = form.get_by_role("alert").filter(has_text="parameter 'needed' is missing")
    expect(error).to_be_visible(timeout=KERNEL_MS)
    field, place = form.get_by_label("needed").bounding_box(), error.bounding_box()
    assert field is not None
    assert place is not None
    assert 0 < place["y"] - field["y"] < 60
    tags = form.get_by_label("tags")
    tags.fill("[1,")
    expect(form.get_by_role("alert").filter(has_text="written as JSON")).to_be_visible()
    assert panel.violations(".jb-RunForm") == []
    panel.shoot("widget-form-errors")
    tags.fill('["b"]')
    form.get_by_label("needed").fill("7")
    run.focus()
    panel.page.keyboard.press("Space")
    expect(error).to_be_hidden()
    monitor = form.locator(".jb-RunMonitor")
    says(monitor, "succeeded")
    monitor.get_by_role("tab", name="Outputs").click()
    expect(monitor.get_by_text("7 ['b']")).to_be_visible()
    panel.shoot("widget-form")


def test_a_monitor_is_live_to_the_end_and_is_read_in_the_dark_too(panel: Panel):
    source = (
        f"{IMPORT}\nrun = jb.submit('slow.ipynb', {{'seconds': 3}})\njb.widgets.RunMonitor(run)"
    )
    book = Book(panel, "monitor.ipynb", source, "jb.widgets.RunMonitor(jb.submit('fails.ipynb'))")
    book.run_all()
    slow, fails = (book.output(n).locator(".jb-RunMonitor") for n in (0, 1))
    slow.get_by_role("tab", name="Outputs").click()
    # The outputs of a cell while it is running.
    expect(slow.get_by_text("tick 2", exact=False)).to_be_visible(timeout=RUN_MS)
    says(slow, "running")
    panel.shoot("widget-monitor-live")
    says(slow, "succeeded")
    expect(slow.get_by_text("tick 14", exact=False)).to_be_visible()
    expect(slow.get_by_text("5 of 5 cells")).to_be_visible()
    expect(book.button(0, "Cancel")).to_be_disabled()
    says(fails, "failed")
    expect(fails.get_by_role("alert").filter(has_text="Cell 2: KeyError: 'b'")).to_be_visible()
    expect(book.button(1, "Retry")).to_be_enabled()
    assert panel.violations(".jb-RunMonitor") == []
    theme = "@jupyterlab/apputils-extension:themes"
    try:
        panel.command("Theme: JupyterLab Dark")
        expect(panel.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        assert panel.violations(".jb-RunMonitor") == []
        panel.shoot("widget-monitor-dark")
    finally:
        panel.lab.settings(theme, {"theme": "JupyterLab Light"})


def test_a_table_follows_what_others_do_and_a_sweep_is_seen_to_its_end(panel: Panel):
    panel.lab.run("plain.ipynb", name="before the table")
    book = Book(
        panel,
        "table.ipynb",
        f"{IMPORT}\ntable = jb.widgets.RunTable(limit=5)\ntable",
        "[run.name for run in table.selected]",
        "jb.widgets.SweepMonitor(jb.sweep('fails.ipynb', [{}, {}], name='a sweep'))",
    )
    book.run_all()
    table = book.output(0).locator(".jb-RunTable")
    expect(table.get_by_label("before the table")).to_be_visible(timeout=KERNEL_MS)
    panel.lab.run("plain.ipynb", name="made by somebody else")
    new = table.get_by_label("made by somebody else")
    expect(new).to_be_visible(timeout=RUN_MS)
    row = table.locator(".widget-hbox").filter(has=panel.page.get_by_label("made by somebody else"))
    expect(row.get_by_text("succeeded")).to_be_visible(timeout=RUN_MS)
    new.focus()
    panel.page.keyboard.press("Space")
    book.cell(1).locator(".jp-InputArea-editor").click()
    panel.page.keyboard.press("Control+Enter")
    expect(book.output(1).get_by_text("['made by somebody else']")).to_be_visible(timeout=KERNEL_MS)
    assert panel.violations(".jb-RunTable") == []
    sweep = book.output(2).locator(".jb-SweepMonitor")
    says(sweep, "failed")
    expect(sweep.get_by_role("listitem")).to_have_count(2)
    expect(sweep.get_by_text("KeyError: 'b' in cell 2 of 3").first).to_be_visible()
    expect(book.button(2, "Retry failed")).to_be_enabled()
    assert panel.violations(".jb-SweepMonitor") == []
    panel.shoot("widget-table-and-sweep")
    table.get_by_label("Search").fill("before the")
    expect(new).to_be_hidden(timeout=KERNEL_MS)


def test_fifty_monitors_on_a_page_share_one_connection_and_outlive_a_restart(panel: Panel):
    many = (
        f"{IMPORT}\nfrom IPython.display import display\n"
        "runs = [jb.submit('slow.ipynb', name=f'one of many {n}') for n in range(50)]\n"
        "for run in runs:\n    display(jb.widgets.RunMonitor(run))"
    )
    count = (
        "import threading\nfrom jupyter_batch.widgets.live import live_of\n"
        "ours = [t.name for t in threading.enumerate() if t.name.startswith('jupyter-batch')]\n"
        "print(live_of(runs[0]._connection).listeners, 'listeners', sorted(ours))"
    )
    book = Book(panel, "many.ipynb", many, count)
    book.run_all()
    threads = "['jupyter-batch-events', 'jupyter-batch-widgets']"
    expect(book.output(1).get_by_text(f"50 listeners {threads}")).to_be_visible()
    monitors = book.output(0).locator(".jb-RunMonitor")
    expect(monitors).to_have_count(50, timeout=KERNEL_MS)
    page = panel.lab.api("GET", "runs?q=one+of+many&limit=100")
    for run in page["items"][:-1]:
        panel.lab.api("POST", f"runs/{run['id']}/cancel")
    for number in range(1, 50):
        says(monitors.nth(number), "cancelled", KERNEL_MS)
    first = monitors.nth(0)
    says(first, "running")
    panel.shoot("widget-fifty")
    panel.command("Restart Kernel…")
    panel.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    book.kernel("Idle")
    # The old views stay as they were; what is pressed there goes nowhere, and says nothing.
    says(first, "running")
    first.get_by_role("tab", name="Log").click()
    panel.lab.api("POST", f"runs/{page['items'][-1]['id']}/cancel")
    cell = book.cell(1).locator(".jp-InputArea-editor")
    cell.click()
    panel.page.keyboard.press("Control+A")
    panel.page.keyboard.type(f"{IMPORT}\njb.widgets.RunMonitor('{page['items'][-1]['id']}')")
    panel.page.keyboard.press("Control+Enter")
    says(book.output(1).locator(".jb-RunMonitor"), "cancelled")
    says(first, "running")
