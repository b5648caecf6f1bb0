"""A person who has no mouse: keys only, and where the focus is must be seen at each step."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Locator, TimeoutError, expect

from tests.e2e.browser.panel import Panel

#: What is wrong with where the focus is; null for nothing. Only our own views are judged.
_FAULT = """() => {
    const focused = document.activeElement;
    const ours = focused?.closest('.jb-Widget');
    if (!ours || focused === ours) { return null; }
    const named = `${focused.tagName} "${focused.getAttribute('aria-label') ||
        focused.labels?.[0]?.innerText || focused.innerText || focused.id}"`.slice(0, 80);
    const lined = one => {
        const style = getComputedStyle(one);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    };
    const active = document.getElementById(focused.getAttribute('aria-activedescendant') ?? '');
    if (!lined(focused) && !(active && lined(active))) { return `${named}: no outline`; }
    const box = focused.getBoundingClientRect();
    const view = ours.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && box.bottom > view.top &&
        box.top < view.bottom && box.right > view.left && box.left < view.right;
    return seen ? null : `${named}: out of view`;
}"""


class Keyboard:
    """The keys of one tab."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.page = panel.page
        #: Where the focus was not to be seen.
        self.faults: list[str] = []

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self._look()

    def type(self, text: str) -> None:
        """Types over what is in the field that has the focus."""
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def reach(self, wanted: Locator, key: str = "Tab", most: int = 60) -> Locator:
        """Goes from stop to stop until something has the focus."""
        expect(wanted).to_be_visible()
        for _ in range(most):
            if wanted.evaluate("one => one === document.activeElement"):
                return wanted
            self.press(key)
        self.panel.shoot("failed-keyboard")
        raise AssertionError(f"{most} times {key} do not lead to {wanted}")

    def command(self, label: str) -> None:
        """Runs a command from the palette; the arrows find it among those that are like it."""
        for _ in range(5):
            # What JupyterLab shows a moment after its start takes the focus, and so closes this.
            self.page.keyboard.press("Escape")
            self.page.keyboard.press("Control+Shift+C")
            if self._choose(label):
                return
        raise AssertionError(f"the palette does not offer {label!r}")

    def _choose(self, label: str) -> bool:
        palette = self.page.locator(".lm-CommandPalette").locator("visible=true")
        active = palette.locator(".lm-CommandPalette-item.lm-mod-active")
        with contextlib.suppress(AssertionError, TimeoutError):
            expect(palette).to_be_visible(timeout=6000)
            self.page.keyboard.type(label)
            for _ in range(12):
                if label in active.inner_text(timeout=3000):
                    self.page.keyboard.press("Enter")
                    expect(palette).to_have_count(0)
                    return True
                self.page.keyboard.press("ArrowDown")
        return False

    def _look(self) -> None:
        fault = self.page.evaluate(_FAULT)
        if fault and fault not in self.faults:
            self.faults.append(fault)
