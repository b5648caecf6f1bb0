"""Watches over a server: takes over where the owner has gone, keeps it up while runs are active,
ends an on-demand server that is idle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tornado.web import Application

from jupyter_batch.server.gateway import Gateway

#: How often a gateway looks whether there is still an owner: with opening the store, and with what
#: a busy machine takes, it is the owner well within five seconds.
TAKE_OVER_SECONDS = 0.5
#: The pause after an error that will hardly be solved within a second.
_AFTER_TROUBLE_SECONDS = 15.0
_ACTIVITY_SECONDS = 30.0


async def watch(
    gateway: Gateway,
    application: Application,
    *,
    idle_limit: float | None,
    stop: Callable[[], None],
) -> None:
    """Reports active runs to the server's cullers; with a limit, stops an idle server and returns.

    Idle is: no request, no open stream, and no run that is active or waits.
    """
    pause = TAKE_OVER_SECONDS if idle_limit is None else min(TAKE_OVER_SECONDS, idle_limit / 4)
    told_at = -_ACTIVITY_SECONDS
    while True:
        await asyncio.sleep(pause if gateway.trouble is None else _AFTER_TROUBLE_SECONDS)
        engine = gateway.engine
        if engine is None:
            await gateway.fail_over()
            continue
        if engine.dispatcher.active and time.monotonic() - told_at >= _ACTIVITY_SECONDS:
            told_at = time.monotonic()
            application.settings["last_activity_times"]["jupyter_batch"] = datetime.now(UTC)
        if (
            idle_limit is not None
            and gateway.quiet_seconds >= idle_limit
            and await engine.is_idle()
        ):
            stop()
            return
