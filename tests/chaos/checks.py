"""Checks the state after a round."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from jupyter_batch.client import Run
from jupyter_batch.domain.run import TRANSITIONS, RunState
from tests.chaos.mix import CHATTER, NATURAL, Followed
from tests.chaos.trouble import Trouble

_MAY_NOT_HAVE_BEGUN = re.compile("may not have begun|while it was starting the container")


def faults_of(followed: Followed, trouble: Trouble, bodies: Counter[tuple[str, int]]) -> list[str]:
    """Returns what is wrong with one run, in sentences."""
    run = followed.run.refresh()
    found: list[str] = []
    if followed.error is not None:
        found.append(f"its stream broke off: {followed.error!r}")
    if not run.state.is_terminal:
        return [*found, f"it is {run.state} for ever ({run.reason})"]
    found += _ending_faults(run, followed.kind, trouble, bodies)
    found += _body_faults(run, bodies)
    found += _stream_faults(followed)
    if followed.kind == "chatty" and run.state is RunState.SUCCEEDED:
        found += _output_faults(run)
    return found


def _ending_faults(
    run: Run, kind: str, trouble: Trouble, bodies: Counter[tuple[str, int]]
) -> list[str]:
    """A run to which nothing was done ends as if nothing had been done."""
    allowed = {NATURAL[kind]}
    done = trouble.hit.get(run.id, set())
    if trouble.engine_was_killed or done & {"runner", "container"}:
        allowed.add("lost")
    if "kernel" in done:
        allowed |= {"failed", "lost"} if trouble.engine_was_killed else {"failed"}
    last = run.attempts[-1] if run.attempts else None
    began = last is not None and bodies[run.id, last.attempt_no] > 0
    if trouble.owner_was_killed and not began and _MAY_NOT_HAVE_BEGUN.search(run.reason or ""):
        allowed.add("lost")
    found = []
    if str(run.state) not in allowed:
        found.append(f"it is {run.state} ({run.reason}); done to it: {sorted(done) or 'nothing'}")
    for attempt in run.attempts:
        if not attempt.state.is_terminal or attempt.finished_at is None:
            found.append(f"its attempt {attempt.attempt_no} is {attempt.state} for ever")
    return found


def _body_faults(run: Run, bodies: Counter[tuple[str, int]]) -> list[str]:
    ran = {number: count for (run_id, number), count in bodies.items() if run_id == run.id}
    recorded = {attempt.attempt_no for attempt in run.attempts}
    found = [
        f"its attempt {number} ran {count} times" for number, count in ran.items() if count > 1
    ]
    found += [f"its attempt {n} ran and is not on record" for n in ran.keys() - recorded]
    if run.state is RunState.SUCCEEDED and run.attempts[-1].attempt_no not in ran:
        found.append("it succeeded without having run")
    return found


def _stream_faults(followed: Followed) -> list[str]:
    """Returns the differences between the events of a run's stream and its record."""
    seen = followed.seen
    ids = [event.event_id for event in seen]
    found = []
    if ids != sorted(set(ids)):
        found.append("its stream repeated events, or told them out of order")
    recorded = [event for event in followed.run.follow() if event.event_id]
    if ids != [event.event_id for event in recorded]:
        lost = set(ids) - {event.event_id for event in recorded}
        gaps = {event.event_id for event in recorded} - set(ids)
        found.append(f"{len(lost)} events were told and are not on record; {len(gaps)} not told")
    elif [(e.kind, e.data) for e in seen] != [(e.kind, e.data) for e in recorded]:
        found.append("an event was told otherwise than it is on record")
    state = RunState.QUEUED
    for event in recorded:
        if event.kind == "state":
            following = RunState(event.data["state"])
            if following is not state and following not in TRANSITIONS[state]:
                found.append(f"it went from {state} to {following}")
            state = following
    return found


def _output_faults(run: Run) -> list[str]:
    (cell,) = [c for c in run.notebook().cells if "'line'" in c.source]
    text = "".join(output.get("text", "") for output in cell.outputs)
    expected = "".join(f"line {number}\n" for number in range(CHATTER))
    return [] if text == expected else [f"{len(expected) - len(text)} characters of output lost"]


def count_bodies(file: Path) -> Counter[tuple[str, int]]:
    """Returns how often each attempt has run, by what the notebooks have written themselves."""
    lines = file.read_text().splitlines() if file.exists() else []
    return Counter((run_id, int(number)) for run_id, number in map(str.split, lines))
