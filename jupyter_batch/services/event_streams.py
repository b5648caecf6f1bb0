"""Event streams: first the recorded events, then live ones, without a gap or a repeat."""

from __future__ import annotations

from collections.abc import AsyncIterator

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.errors import NotFound
from jupyter_batch.ports import Store
from jupyter_batch.services.event_hub import EventHub

_PAGE = 500


async def follow_run(
    store: Store, hub: EventHub, run_id: str, *, after: int = 0, outputs: bool = True
) -> AsyncIterator[RunEvent]:
    """Yields the events of a run above an id, and ends after the last one of a terminal run.

    Without ``outputs`` those of kind ``output`` are left out.

    Events with id 0 (heartbeats, progress of a pull) are transient and are not on
    record. Raises NotFound.
    """
    subscription = hub.subscribe(run_id, outputs=outputs)
    try:
        if await store.runs.get(run_id) is None:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        last, behind = after, True
        while True:
            while behind:
                # Looked at before the rest is read: what was committed up to the end is read then.
                # An end that comes while it is read has it looked at once more.
                run = await store.runs.get(run_id)
                behind = False
                while page := await store.records.events(
                    run_id=run_id, after=last, limit=_PAGE, outputs=outputs
                ):
                    for event in page:
                        last = event.event_id
                        behind = behind or _is_end(event)
                        yield event
                if run is None or run.state.is_terminal:
                    return
            for event in await subscription.take():
                behind = behind or _is_end(event)
                if event.event_id == 0 or event.event_id > last:
                    last = event.event_id or last
                    yield event
            if subscription.closed:
                return
            if subscription.lagged:
                subscription.lagged, behind = False, True
    finally:
        subscription.close()


async def wait_until_over(store: Store, hub: EventHub, run_id: str) -> Run:
    """Returns the run once it is over, or as it is when the hub closes; raises NotFound."""
    subscription = hub.subscribe(run_id, outputs=False)
    try:
        while True:
            run = await store.runs.get(run_id)
            if run is None:
                raise NotFound(f"there is no run {run_id}", run_id=run_id)
            if run.state.is_terminal or subscription.closed:
                return run
            while not subscription.closed:
                events = await subscription.take()
                if subscription.lagged or any(_is_end(event) for event in events):
                    subscription.lagged = False
                    break
    finally:
        subscription.close()


async def follow_all(
    store: Store, hub: EventHub, *, after: int | None = None
) -> AsyncIterator[RunEvent]:
    """Yields the events of all runs, outputs left out, above a position; None for from now on."""
    subscription = hub.subscribe(outputs=False)
    try:
        last = await store.records.last_position() if after is None else after
        behind = True
        while True:
            if behind:
                while page := await store.records.events(after=last, limit=_PAGE):
                    for event in page:
                        last = event.position
                        yield event
                behind = False
            for event in await subscription.take():
                if event.position == 0 or event.position > last:
                    last = event.position or last
                    yield event
            if subscription.closed:
                return
            if subscription.lagged:
                subscription.lagged, behind = False, True
    finally:
        subscription.close()


def _is_end(event: RunEvent) -> bool:
    return event.kind == "state" and RunState(event.data["state"]).is_terminal
