"""Outputs as JupyterLab draws them, and what is said where they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.pages import FRONT, execute
from tests.e2e.browser.panel import RUN_MS, Panel

FORMULAS = """from IPython.display import HTML, Latex, Markdown, display
display(HTML("<p>In HTML: $x^2$ and <code>$not$</code></p>"))
display(Latex(r"In LaTeX: $y^2$"))
display(Markdown("In Markdown: $z^2$"))"""


@pytest.fixture(scope="module")
def drawn(lab: Lab) -> dict[str, str]:
    """A run whose outputs have formulas."""
    lab.notebook("formulas.ipynb", FORMULAS)
    run = lab.run("formulas.ipynb", name="formulas")
    lab.stream_to_the_end(run["id"])
    return run


def test_formulas_are_drawn_in_every_kind_of_output(panel: Panel, drawn: dict[str, str]):
    page = panel.page
    execute(panel, "batch:open-run", id=drawn["id"])
    front = page.locator(FRONT)
    # MathJax draws as JupyterLab has it do it.
    expect(front.locator("mjx-container")).to_have_count(3)
    expect(front.get_by_text("$not$", exact=True)).to_be_visible()
    panel.shoot("outputs-formulas")
    panel.button("Open executed notebook").click()
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook.locator("mjx-container")).to_have_count(3, timeout=RUN_MS)
    execute(panel, "batch:open-page", kind="report", id=drawn["id"])
    report = page.frame_locator("iframe.jb-Report")
    expect(report.locator("math")).to_have_count(3)
    for letter in "xyz":
        expect(report.locator("msup").filter(has_text=letter)).to_be_visible()
    expect(report.get_by_text("$not$", exact=True)).to_be_visible()
    panel.shoot("outputs-formulas-report")


@pytest.fixture
def damaged(lab: Lab) -> Iterator[dict[str, str]]:
    """A run whose outputs are in a file that is damaged, until the test is over."""
    run = lab.run("plain.ipynb", name="damaged later")
    lab.stream_to_the_end(run["id"])
    lab.stop()
    files = {path: path.read_bytes() for path in (lab.data / "outputs").glob("*.duckdb")}
    assert files
    for path, content in files.items():
        path.write_bytes(b"nothing of a database" * 1000 + content[21_000:])
    lab.start()
    yield run
    lab.stop()
    for path, content in files.items():
        path.write_bytes(content)
    lab.start()


def test_a_damaged_file_of_outputs_is_named_with_advice(damaged: dict[str, str], panel: Panel):
    page = panel.page
    execute(panel, "batch:open-run", id=damaged["id"])
    front = page.locator(FRONT)
    advice = front.get_by_role("alert").filter(has_text="jupyter batch restore")
    expect(advice).to_be_visible()
    expect(advice.get_by_role("button", name="Try again")).to_be_visible()
    panel.shoot("outputs-damaged")
    # What is kept elsewhere is still there.
    expect(front.get_by_text("print(word)")).to_be_visible()
    execute(panel, "batch:open-page", kind="report", id=damaged["id"])
    advice = front.get_by_role("alert").filter(has_text="jupyter batch restore")
    expect(advice).to_be_visible()
    panel.shoot("outputs-damaged-report")
