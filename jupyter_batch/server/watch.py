"""Watches over a server's idleness: keeps it up while runs are active, ends a passing one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from tornado.web import Application

from jupyter_batch.server.door import Door

_EVERY_SECONDS = 30.0


async def watch(
    door: Door, application: Application, *, idle_limit: float | None, stop: Callable[[], None]
) -> None:
    """Tells the server's cullers of active runs; with a limit, stops an idle server and returns.

    Idle is: no request, no open stream, and no run that is active or waits.
    """
    pause = _EVERY_SECONDS if idle_limit is None else min(1.0, idle_limit / 4)
    while True:
        await asyncio.sleep(pause)
        engine = door.engine
        if engine is None:
            continue
        if engine.dispatcher.active:
            application.settings["last_activity_times"]["jupyter_batch"] = datetime.now(UTC)
        if idle_limit is not None and door.quiet_seconds >= idle_limit and await engine.is_idle():
            stop()
            return
