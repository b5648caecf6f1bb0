"""Reads Chromium's trace: its tasks and their durations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

#: A task is what keeps a frame from being drawn.
_TASK = "RunTask"
_CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]


@dataclass
class Trace:
    """The tasks of the page's main thread, in milliseconds."""

    #: By the clock on the wall: on a busy machine, waiting for a cpu is in it.
    wall: list[float] = field(default_factory=list)
    #: Of cpu: what the page itself is to blame for.
    cpu: list[float] = field(default_factory=list)

    def summary(self) -> str:
        """Returns the longest tasks in words."""
        over = [round(one) for one in self.wall if one > 50]
        return (
            f"longest task {max(self.wall):.1f} ms ({max(self.cpu):.1f} ms of cpu), "
            f"over 50 ms: {over or 'none'}"
        )


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[Trace]:
    """Traces what happens within; the trace is whole when it is left."""
    trace = Trace()
    browser.start_tracing(page=page, categories=_CATEGORIES)
    try:
        yield trace
    finally:
        read(browser.stop_tracing(), trace)


def read(buffer: bytes, trace: Trace) -> None:
    """Reads the tasks of the thread that draws most."""
    events: list[dict[str, Any]] = json.loads(buffer)["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    by_thread: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for event in events:
        place = (event.get("pid", 0), event.get("tid", 0))
        if place in mains and event["name"] == _TASK and event.get("ph") == "X":
            by_thread.setdefault(place, []).append(event)
    tasks = max(by_thread.values(), key=lambda some: sum(one["dur"] for one in some))
    trace.wall = [task["dur"] / 1000 for task in tasks]
    trace.cpu = [task.get("tdur", task["dur"]) / 1000 for task in tasks]
