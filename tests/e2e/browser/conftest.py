"""Real Chromium, real JupyterLab, real store; real containers where an engine answers."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.conftest import IN_CI
from tests.e2e.browser.lab import Lab
from tests.e2e.browser.panel import Panel

#: A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)

#: The first one that is there is taken; the last is where macOS has it.
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
WALKS = """walks: int = 300  # how many walks
title: str = "Walks"  # heading of the picture"""
EVERY_KIND = '''import datetime
from typing import Literal, Optional
count: int = 3  # how many
share: float = 0.5
name: str = "world"
text = """two
lines"""
really: bool = True
color: Literal["red", "green"] = "red"
day: datetime.date = "2026-01-31"
limit: Optional[int] = None
tags: list[str] = ["a"]
table: dict[str, float] = {"x": 1.5}
needed: int'''
SLOW = """import time
for second in range(seconds * 5):
    print("tick", second, flush=True)
    time.sleep(0.2)"""
MIXED = """import time
time.sleep(0.2)
if fails:
    raise ValueError("as it was told")"""
PICTURE = """import os
from pathlib import Path
from IPython.display import SVG
output = Path(os.environ["JUPYTER_BATCH_OUTPUT"])
(output / "table.csv").write_text("a,b\\n1,2\\n")
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" '
    'height="20" fill="orange"/></svg>')"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is here."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def write_notebooks(lab: Lab) -> None:
    """Writes the notebooks of the tests."""
    lab.notebook("walks.ipynb", "print(walks, 'walks')", PICTURE, parameters=WALKS, title="Walks")
    lab.notebook("kinds.ipynb", "print(locals()['needed'], tags)", parameters=EVERY_KIND)
    lab.notebook("slow.ipynb", SLOW, "print('done')", parameters="seconds = 60", title="Slow")
    lab.notebook("fails.ipynb", "print('before')", "{'a': 1}['b']", "print('never')")
    lab.notebook("mixed.ipynb", "print('a' * 10)", MIXED, "done = True", parameters="fails = False")
    lab.notebook("plain.ipynb", "word = 'plain'", "print(word)")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with a few notebooks."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    write_notebooks(lab)
    lab.start()
    if IN_CI and lab.executor != "docker":
        lab.stop()
        pytest.fail("needs Docker and the job image, and CI=true allows no less", pytrace=False)
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = "needs Chromium or Chrome; on Debian: apt-get install chromium fonts-dejavu-core"
        if IN_CI:
            pytest.fail(f"{reason}; CI=true allows no skip", pytrace=False)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    """Chromium, as the machine has it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One user's browser: what JupyterLab consists of is fetched and compiled once."""
    context = browser.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB")
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Takes a picture of what a failed test saw."""
    report = yield
    if report.when == "call" and report.failed and isinstance(item, pytest.Function):
        panel = item.funcargs.get("panel")
        if isinstance(panel, Panel):
            panel.shoot(f"failed-{item.name}")
    return report


@pytest.fixture
def panel(lab: Lab, context: BrowserContext) -> Iterator[Panel]:
    """A tab with JupyterLab; its page has no errors and asks nobody but its server."""
    panel = Panel(lab, context.new_page())
    panel.open()
    yield panel
    panel.page.close()
    assert panel.errors == []
    assert panel.strangers == []
