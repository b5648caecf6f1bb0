"""Every kind of page that the panel opens in JupyterLab's main area, and how a person opens it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.panel import Panel

#: The page in front; others are in the document, and hidden.
FRONT = ".jp-MainAreaWidget:not(.lm-mod-hidden) .jb-Widget"


@dataclass(frozen=True)
class Records:
    """The records that the pages show."""

    runs: list[dict[str, Any]]
    job: dict[str, Any]
    sweep: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of page."""

    #: The tab's label.
    tab: str
    open: Callable[[Panel], None]
    #: A heading or the like that is there once the page has been drawn.
    shows: Callable[[Panel], Locator]


def make_records(lab: Lab) -> Records:
    """Makes two runs, a job and a sweep; returns them once the runs are over."""
    # Several files of tests make them in one lab, and a job's name is unique.
    name = f"a page's job {secrets.token_hex(3)}"
    job = lab.api("POST", "jobs", {"name": name, "notebook": "plain.ipynb"})
    runs = [lab.run("plain.ipynb", name=name) for name in ("first page", "second page")]
    grid = {"walks": [1, 2]}
    sweep = lab.api(
        "POST", "sweeps", {"notebook": "walks.ipynb", "name": "a page's sweep", "grid": grid}
    )
    for run in runs:
        lab.stream_to_the_end(run["id"])
    return Records(runs, dict(job), dict(sweep))


def execute(panel: Panel, command: str, **arguments: Any) -> None:
    """Executes a command of JupyterLab's, as another extension would."""
    panel.page.evaluate(
        "([command, options]) => window.jupyterapp.commands.execute(command, options)",
        [command, arguments],
    )


def kinds(records: Records) -> list[Kind]:
    """Returns every kind of page."""
    return [*_lists(), *_shown(records), *_forms(records)]


def _lists() -> list[Kind]:
    return [
        Kind(
            "Batch Runs",
            lambda panel: panel.side().get_by_role("button", name="All runs").click(),
            lambda panel: panel.page.locator(FRONT).get_by_role("grid", name="Runs"),
        ),
        Kind(
            "Batch Jobs",
            lambda panel: panel.side().get_by_role("button", name="Jobs", exact=True).click(),
            lambda panel: panel.page.locator(FRONT).get_by_role("table", name="Jobs"),
        ),
    ]


def _shown(records: Records) -> list[Kind]:
    (one, other), job, sweep = records.runs, records.job, records.sweep
    return [
        Kind(
            one["name"],
            _by_command("batch:open-run", id=one["id"]),
            lambda panel: panel.page.locator(FRONT).get_by_role("tab", name="Cells"),
        ),
        Kind(job["name"], _by_command("batch:open-job", id=job["id"]), _front(job["name"])),
        Kind(sweep["name"], _by_command("batch:open-sweep", id=sweep["id"]), _front(sweep["name"])),
        Kind(
            "Compare Runs",
            _by_command("batch:compare-runs", one=one["id"], other=other["id"]),
            _front("Compare runs"),
        ),
        Kind(
            "Report",
            _by_command("batch:open-page", kind="report", id=one["id"]),
            lambda panel: panel.page.locator(FRONT).locator("iframe"),
        ),
    ]


def _forms(records: Records) -> list[Kind]:
    start = {"purpose": "job", "notebook": "plain.ipynb", "edit": records.job}
    return [
        Kind(
            "Run plain.ipynb",
            lambda panel: panel.choose("plain.ipynb", "Run as Batch Job…"),
            _front("Run as a batch job"),
        ),
        Kind(
            "New Job: plain.ipynb",
            lambda panel: panel.choose("plain.ipynb", "Schedule…"),
            lambda panel: panel.page.locator(FRONT).locator(".jb-mod-form"),
        ),
        Kind(
            f"Edit {records.job['name']}",
            _by_command("batch:open-page", kind="form", start=start),
            lambda panel: panel.page.locator(FRONT).locator(".jb-mod-form"),
        ),
    ]


def _front(text: str) -> Callable[[Panel], Locator]:
    return lambda panel: panel.page.locator(FRONT).get_by_text(text, exact=True).first


def _by_command(command: str, **arguments: Any) -> Callable[[Panel], None]:
    return lambda panel: execute(panel, command, **arguments)


def tab(panel: Panel, label: str) -> Locator:
    """Returns the tab of a label in the main area."""
    tabs = panel.page.locator("#jp-main-dock-panel > .lm-DockPanel-tabBar")
    return tabs.get_by_role("tab").filter(has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))


def opened(panel: Panel, kind: Kind) -> None:
    """Opens a page, and waits until it is drawn."""
    kind.open(panel)
    is_open(panel, kind)


def is_open(panel: Panel, kind: Kind) -> None:
    """Waits until a page is in front, and drawn."""
    expect(tab(panel, kind.tab)).to_have_attribute("aria-selected", "true")
    expect(tab(panel, kind.tab)).to_have_count(1)
    expect(kind.shows(panel)).to_be_visible()


def by_cross(panel: Panel, kind: Kind) -> None:
    """Closes a page by the X of its tab."""
    tab(panel, kind.tab).locator(".lm-TabBar-tabCloseIcon").click()


def by_keyboard(panel: Panel, kind: Kind) -> None:
    """Closes a page as JupyterLab's shortcut does."""
    tab(panel, kind.tab).click()
    panel.page.locator(FRONT).first.focus()
    panel.page.keyboard.press("Alt+W")


def by_command(panel: Panel, kind: Kind) -> None:
    """Closes all that is open."""
    panel.command("Close All Tabs")
