"""A notebook open in JupyterLab, as a person works in it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.e2e.browser.panel import Panel

#: Long enough for a kernel that starts on a machine that is busy.
KERNEL_MS = 60_000


class Book:
    """One notebook with code cells, run from the top."""

    def __init__(self, panel: Panel, name: str, *sources: str) -> None:
        self.panel = panel
        self.name = name
        panel.lab.notebook(name, *sources)
        self.open()

    @property
    def page(self):
        """The browser's tab."""
        return self.panel.page

    def open(self) -> None:
        """Opens it anew, alone."""
        self.panel.open(f"lab/tree/{self.name}?reset")
        expect(self.page.locator(".jp-Notebook")).to_be_visible(timeout=KERNEL_MS)
        self.kernel("Idle")

    def kernel(self, state: str) -> None:
        """Waits until the kernel is in a state, as the status bar says it."""
        bar = self.page.get_by_role("contentinfo")
        status = bar.get_by_role("button", name=re.compile(rf"\| {state}$"))
        expect(status).to_be_visible(timeout=KERNEL_MS)

    def run_all(self) -> None:
        """Runs all cells, and waits until the last one has run."""
        self.panel.command("Run All Cells")
        count = self.page.locator(".jp-Notebook .jp-CodeCell").count()
        last = self.page.locator(".jp-Notebook .jp-CodeCell").nth(count - 1)
        expect(last.locator(".jp-InputPrompt")).to_have_text(
            re.compile(r"\[\d+\]:"), timeout=KERNEL_MS
        )

    def cell(self, number: int) -> Locator:
        """Returns a cell, counted from 0."""
        found: Locator = self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)
        return found

    def output(self, number: int) -> Locator:
        """Returns the outputs of a cell, counted from 0."""
        return self.cell(number).locator(".jp-OutputArea")

    def button(self, number: int, name: str) -> Locator:
        """Returns a button of a widget below a cell; icons are part of its name for the browser."""
        pattern = re.compile(rf"^\W*{re.escape(name)}$")
        return self.output(number).get_by_role("button", name=pattern)
