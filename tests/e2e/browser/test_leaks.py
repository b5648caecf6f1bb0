"""Pages that were closed leave nothing behind: no memory, no listeners, no open streams."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.e2e.browser.lab import Lab
from tests.e2e.browser.pages import FRONT, Records, execute, make_records
from tests.e2e.browser.panel import Panel

#: How often each page is opened and closed; more by hand: 23 make over 200 openings.
ROUNDS = int(os.environ.get("JUPYTER_BATCH_OPENINGS", "12"))
#: V8 makes machine code of functions that run often, which is most of what its heap grows by.
NO_MACHINE_CODE = "--js-flags=--no-opt,--no-maglev,--no-sparkplug"
#: Streams that are open, by their addresses, with what was asked for before they were.
COUNT_STREAMS = """{
    window.openStreams = new Set();
    const ask = window.fetch;
    window.fetch = async (...call) => {
        const answer = await ask(...call);
        const url = String(call[0].url ?? call[0]);
        if (!url.includes('/events')) return answer;
        const signal = call[1]?.signal ?? call[0].signal;
        window.openStreams.add(signal);
        signal?.addEventListener('abort', () => window.openStreams.delete(signal));
        return answer;
    };
}"""
#: What is still waiting to be collected, or was made for once and all, by opening.
RANDOM = {"heap": 10_000, "nodes": 10, "listeners": 5}
STREAMS = "() => window.openStreams.size"


@pytest.fixture(scope="module")
def records(lab: Lab) -> Records:
    """Two runs, a job and a sweep."""
    return make_records(lab)


@pytest.fixture
def panel(lab: Lab, browser: Browser, browser_path: str) -> Iterator[Panel]:
    """JupyterLab in a browser whose heap holds what JupyterLab has made, and no machine code."""
    arguments = ["--no-sandbox", NO_MACHINE_CODE]
    own = browser.browser_type.launch(executable_path=browser_path, args=arguments)
    panel = Panel(lab, own.new_page())
    yield panel
    own.close()
    assert panel.errors == []


def open_and_close(panel: Panel, commands: list[tuple[str, dict[str, Any]]]) -> None:
    """Opens every kind of page, waits until it is drawn, and closes it."""
    for command, arguments in commands:
        execute(panel, command, **arguments)
        front = panel.page.locator(FRONT)
        expect(front.locator("h2, .jb-mod-form, [role=grid], table").first).to_be_visible()
        execute(panel, "application:close")
        expect(front).to_have_count(0)


def measure(session: CDPSession) -> dict[str, float]:
    """Returns what is in memory once all that is garbage has been collected."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    return {"heap": heap, "nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


def growth(session: CDPSession, work: Callable[[], None], rounds: int) -> dict[str, float]:
    """Returns what stays in memory of each time that something is done."""
    before = measure(session)
    for _ in range(rounds):
        work()
    after = measure(session)
    return {name: (after[name] - before[name]) / rounds for name in before}


def launch(panel: Panel) -> None:
    """Opens and closes JupyterLab's launcher."""
    panel.page.evaluate(
        "() => window.jupyterapp.commands.execute('launcher:create').then(() => null)"
    )
    cards = panel.page.locator(".jp-LauncherCard").locator("visible=true")
    expect(cards.first).to_be_visible()
    execute(panel, "application:close")


def test_opening_and_closing_pages_leaves_nothing_behind(panel: Panel, records: Records):
    page, session = panel.page, panel.page.context.new_cdp_session(panel.page)
    page.add_init_script(COUNT_STREAMS)
    panel.open()
    running = panel.lab.run("slow.ipynb", name="runs on", parameters={"seconds": 600})
    edit = {"purpose": "job", "notebook": "plain.ipynb", "edit": records.job}
    commands: list[tuple[str, dict[str, Any]]] = [
        ("batch:open-runs", {}),
        ("batch:open-jobs", {}),
        ("batch:open-run", {"id": records.runs[0]["id"]}),
        ("batch:open-run", {"id": running["id"]}),
        ("batch:open-job", {"id": records.job["id"]}),
        ("batch:open-sweep", {"id": records.sweep["id"]}),
        ("batch:compare-runs", {"one": records.runs[0]["id"], "other": records.runs[1]["id"]}),
        ("batch:run-notebook", {"path": "kinds.ipynb"}),
        ("batch:open-page", {"kind": "form", "start": edit}),
    ]
    # What is made once and kept for ever is made by then.
    open_and_close(panel, commands)
    usual = growth(session, lambda: launch(panel), 4)
    streams = page.evaluate(STREAMS)
    ours = growth(session, lambda: open_and_close(panel, commands), ROUNDS)
    each = {name: grown / len(commands) for name, grown in ours.items()}
    print(f"\n{ROUNDS * len(commands)} openings, each: {each}; JupyterLab's launcher: {usual}")
    # That of all events; the one of the run that goes on is gone with its page.
    assert page.evaluate(STREAMS) == streams == 1
    # JupyterLab's own tabs leave a little behind, and what is measured varies a little.
    most = {name: max(usual[name], RANDOM[name]) for name in usual}
    assert {name: grown for name, grown in each.items() if grown > most[name]} == {}
    panel.lab.api("POST", f"runs/{running['id']}/cancel")
    panel.lab.stream_to_the_end(running["id"])
