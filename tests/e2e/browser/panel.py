"""The panel as a person sees it: everything is found by its role and name."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.e2e.browser.lab import ROOT, SCREENSHOTS, TOKEN, Lab

AXE = ROOT / "labextension-config/node_modules/axe-core/axe.min.js"
#: Long enough for a container on a machine that is busy.
RUN_MS = 120_000
#: Bugs of Notebook's own, which takes the settings of shortcuts to be the first that are read, and
#: itself to be a JupyterLab.
_NOT_OURS = re.compile(r"^(?!.*jupyter-batch).*notebook_core|^Window name candidate", re.DOTALL)


class Panel:
    """One browser tab with JupyterLab in it."""

    def __init__(self, lab: Lab, page: Page) -> None:
        self.lab = lab
        self.page = page
        self.errors: list[str] = []
        self.strangers: list[str] = []
        page.on("pageerror", self._note_error)
        page.on("request", self._note_request)
        page.on("websocket", lambda socket: self._note_address(socket.url))

    def open(self, path: str = "lab?reset") -> Panel:
        """Opens JupyterLab, and waits until it is there."""
        joint = "&" if "?" in path else "?"
        self.page.goto(f"{self.lab.url}{path}{joint}token={TOKEN}")
        self.ready()
        return self

    def ready(self) -> None:
        """Waits until JupyterLab is there."""
        self.page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
        expect(self._side_tab()).to_be_visible(timeout=20_000)

    def browse(self, notebook: str) -> Locator:
        """Returns the notebook's entry in the file browser."""
        entry = self.page.locator(".jp-DirListing-item").filter(has_text=notebook)
        if not entry.is_visible():
            browser = self.page.get_by_role("tab", name=re.compile("^File Browser"))
            if browser.get_attribute("aria-selected") != "true":
                browser.click()
        # JupyterLab looks for new files every ten seconds.
        expect(entry).to_be_visible(timeout=30_000)
        return entry

    def choose(self, notebook: str, item: str) -> None:
        """Chooses from the context menu of a notebook."""
        self.browse(notebook).click(button="right")
        self.page.get_by_role("menuitem", name=item).click()

    def side(self) -> Locator:
        """Shows the side panel, and returns it."""
        region = self.page.get_by_role("region", name="Batch runs", exact=True)
        if not region.is_visible():
            self._side_tab().click()
        expect(region).to_be_visible()
        return region

    def _side_tab(self) -> Locator:
        bar = self.page.get_by_role("tablist", name="main sidebar")
        return bar.get_by_role("tab", name="Batch Runs")

    def field(self, name: str) -> Locator:
        """Returns the field of a parameter."""
        return self.page.locator(f"#parameters_{name}")

    def button(self, name: str) -> Locator:
        """Returns the button of this very name that can be seen."""
        return self.page.get_by_role("button", name=name, exact=True).locator("visible=true")

    def tab(self, name: str) -> None:
        """Turns to a tab of a run's page."""
        pattern = re.compile(f"^{name}")
        self.page.get_by_role("tablist", name="Of this run").get_by_role(
            "tab", name=pattern
        ).locator("visible=true").click()

    def state(self, word: str, timeout: float = RUN_MS) -> None:
        """Waits until the page of a run says a state."""
        head = self.page.locator("header.jb-RunHead").locator("visible=true")
        expect(head.get_by_text(word, exact=True)).to_be_visible(timeout=timeout)

    def show_run(self, run: dict[str, Any]) -> None:
        """Opens the page of a run from the list of runs."""
        self.side().get_by_role("button", name="All runs").click()
        row = self.page.get_by_role("row", name=re.compile(re.escape(str(run["name"])))).first
        row.get_by_text(str(run["name"])).click()

    def command(self, label: str) -> None:
        """Runs a command from the palette."""
        items = self.page.locator(".lm-CommandPalette-item").locator("visible=true")
        for _ in range(5):
            # What JupyterLab shows a moment after its start takes the focus, and so closes this.
            self.page.keyboard.press("Control+Shift+C")
            with contextlib.suppress(AssertionError, TimeoutError):
                expect(items.first).to_be_visible(timeout=6000)
                self.page.keyboard.type(label)
                items.filter(has_text=label).first.click(timeout=6000)
                return
            self.page.keyboard.press("Escape")
        raise AssertionError(f"the palette does not stay open for {label!r}")

    def kept(self, text: str) -> None:
        """Waits until JupyterLab has kept what is open, as it does a bit later.

        It keeps the layout and what each tab shows apart from one another.
        """
        self._until_workspace(
            """(data, text) => JSON.stringify(data['layout-restorer:data']?.main ?? '').includes(text)
                && Object.keys(data).some(key => key.includes(text))""",
            text,
        )

    def forgotten(self, prefix: str) -> None:
        """Waits until JupyterLab has kept that nothing is open whose name begins like this."""
        self._until_workspace(
            "(data, prefix) => !Object.keys(data).some(key => key.startsWith(prefix))", prefix
        )

    def _until_workspace(self, condition: str, argument: str) -> None:
        """Waits until what JupyterLab has kept is so; ``wait_for_function`` awaits no answers."""
        self.page.evaluate(
            """async ([condition, argument]) => {
                const url = document.baseURI.replace(/lab.*/, '') + 'lab/api/workspaces/default';
                const holds = new Function(`return ${condition}`)();
                const start = performance.now();
                for (;;) {
                    const {data} = await (await fetch(url)).json();
                    if (holds(data, argument)) return;
                    if (performance.now() - start > 60_000) {
                        throw new Error(`JupyterLab has kept: ${Object.keys(data)}`);
                    }
                    await new Promise(resolve => setTimeout(resolve, 200));
                }
            }""",
            [condition, argument],
        )

    def dark(self) -> None:
        """Turns to the dark theme."""
        self.lab.settings("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Dark"})
        self.page.reload()
        self.ready()
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")

    def shoot(self, name: str) -> None:
        """Writes a picture for a person to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def violations(self, selector: str) -> list[str]:
        """Returns the serious rules of accessibility that a part of the page breaks."""
        assert AXE.is_file(), "axe-core is not there: run npm ci in labextension-config"
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            """async selector => (await axe.run(selector)).violations
                .filter(one => ['serious', 'critical'].includes(one.impact))
                .flatMap(one => one.nodes.map(node =>
                    `${one.id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))""",
            selector,
        )
        return list(found)

    def _note_error(self, error: Any) -> None:
        if not _NOT_OURS.search(f"{error}\n{error.stack}"):
            self.errors.append(f"{error}\n{error.stack}")

    def _note_request(self, request: Any) -> None:
        self._note_address(request.url)

    def _note_address(self, url: str) -> None:
        own = (self.lab.url, self.lab.url.replace("http", "ws", 1), "data:", "blob:")
        if not url.startswith(own):
            self.strangers.append(url)
