"""Runs in memory."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.queries import Page, RunQuery, RunSort
from jupyter_batch.domain.retention import EndedGroup, EndedRun
from jupyter_batch.domain.run import Run, RunState, TriggerKind
from jupyter_batch.errors import Conflict, InvalidInput, NotFound
from jupyter_batch.ports import JobLoad, NewRun, TriggerStep
from jupyter_batch.testing.memory import Memory, contains, drop_keys, page


class FakeRuns:
    """Implements ports.RunStore."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(
        self, run: Run, frozen: FrozenNotebook, *, idempotency_key: str | None = None
    ) -> Run:
        memory = self._memory
        memory.check()
        key = (run.created_by, "run", idempotency_key or "")
        made = memory.keys.get(key) if idempotency_key is not None else None
        if made is not None:
            return memory.runs[made]
        if run.id in memory.runs:
            raise Conflict(f"there is a run {run.id} already", run_id=run.id)
        memory.frozen[run.id] = frozen
        if idempotency_key is not None:
            memory.keys[key] = run.id
        memory.publish(memory.put_run(run, at=run.created_at))
        return run

    async def add_all(
        self, runs: Sequence[NewRun], steps: Sequence[TriggerStep] = ()
    ) -> tuple[Run, ...]:
        memory = self._memory
        memory.check()
        valid = {
            step.after.trigger_id: step.after
            for step in steps
            if step.after.trigger_id in memory.triggers
            and memory.triggers[step.after.trigger_id].progress == step.before
        }
        often = {step.after.trigger_id for step in steps if step.may_repeat}
        fired = {
            (run.trigger_id, run.scheduled_for)
            for run in memory.runs.values()
            if _fired(run) and run.trigger_id not in often
        }
        made, events = [], []
        for new in runs:
            run = new.run
            if steps and run.trigger_id is not None and run.trigger_id not in valid:
                continue
            if _fired(run) and (run.trigger_id, run.scheduled_for) in fired:
                continue
            if new.frozen is not None:
                memory.frozen[run.id] = new.frozen
            events += memory.put_run(run, at=run.created_at)
            made.append(run)
        memory.triggers |= valid
        memory.publish(events)
        return tuple(made)

    async def get(self, run_id: str) -> Run | None:
        return self._memory.runs.get(run_id)

    async def list(self, query: RunQuery) -> Page[Run]:
        chosen = [run for run in self._memory.runs.values() if _matches(query, run)]
        if query.is_newest_first:
            return page(chosen, query.after, query.limit)
        last = self._memory.runs.get(query.after or "")
        if query.after is not None and last is None:
            raise InvalidInput("the run at the end of the page before is gone", field="cursor")
        return _sorted_page(chosen, query, last)

    async def update(self, run_id: str, change: Callable[[Run], Run], *, at: datetime) -> Run:
        memory = self._memory
        memory.check()
        after = change(memory.run(run_id))
        memory.publish(memory.put_run(after, at=at))
        return after

    async def queued(
        self, *, now: datetime, limit: int, blocked: Collection[str] = ()
    ) -> tuple[Run, ...]:
        held = frozenset(blocked)
        ready = [
            run
            for run in self._waiting()
            if (run.not_before is None or run.not_before <= now) and held.isdisjoint(run.lanes)
        ]
        return tuple(heapq.nsmallest(limit, ready, key=_order))

    async def next_not_before(self) -> datetime | None:
        now = self._memory.clock.now()
        instants = [
            run.not_before
            for run in self._waiting()
            if run.not_before is not None and run.not_before > now
        ]
        return min(instants, default=None)

    async def expired(self, now: datetime) -> tuple[Run, ...]:
        late = [run for run in self._waiting() if run.expires_at and run.expires_at <= now]
        return tuple(sorted(late, key=_order))

    async def next_expiry(self) -> datetime | None:
        return min((run.expires_at for run in self._waiting() if run.expires_at), default=None)

    async def positions(self) -> Mapping[str, int]:
        return {run.id: place for place, run in enumerate(sorted(self._waiting(), key=_order), 1)}

    async def load(self, job_id: str) -> JobLoad:
        runs = sorted(self._memory.runs.values(), key=lambda run: run.id)
        own = [run for run in runs if run.job_id == job_id and run.backfill is None]
        return JobLoad(
            active=tuple(run.id for run in own if run.state.is_active),
            waiting=tuple(run.id for run in own if run.state is RunState.QUEUED),
        )

    async def active(self) -> tuple[Run, ...]:
        return tuple(run for run in self._memory.runs.values() if run.state.is_active)

    async def count(self) -> Mapping[RunState, int]:
        return Counter(run.state for run in self._memory.runs.values())

    async def ended_groups(self) -> tuple[EndedGroup, ...]:
        groups: dict[str | None, list[Run]] = {}
        for run in self._memory.runs.values():
            if run.state.is_terminal:
                groups.setdefault(run.job_id, []).append(run)
        return tuple(
            EndedGroup(
                job_id=job_id,
                count=len(runs),
                newest_success=max(
                    (run.id for run in runs if run.state is RunState.SUCCEEDED), default=None
                ),
            )
            for job_id, runs in groups.items()
        )

    async def oldest_ended(self, job_id: str | None, limit: int) -> tuple[EndedRun, ...]:
        own = [
            EndedRun(id=run.id, ended_at=run.finished_at or run.created_at)
            for run in self._memory.runs.values()
            if run.job_id == job_id and run.state.is_terminal
        ]
        return tuple(sorted(own, key=lambda run: run.id)[:limit])

    async def delete(self, run_ids: Sequence[str], *, ended_only: bool = False) -> int:
        memory = self._memory
        memory.check()
        gone = {
            run_id
            for run_id in run_ids
            if run_id in memory.runs and (memory.runs[run_id].state.is_terminal or not ended_only)
        }
        for run_id in gone:
            del memory.runs[run_id]
            memory.queued.pop(run_id, None)
            memory.frozen.pop(run_id, None)
        memory.events = [event for event in memory.events if event.run_id not in gone]
        for owner in [owner for owner in memory.attempts if owner[0] in gone]:
            del memory.attempts[owner]
        drop_keys(memory, "run", gone)
        filled = {run.sweep.id for run in memory.runs.values() if run.sweep is not None}
        empty = memory.sweeps.keys() - filled
        for sweep_id in empty:
            del memory.sweeps[sweep_id]
        drop_keys(memory, "sweep", empty)
        return len(gone)

    async def frozen(self, run_id: str) -> FrozenNotebook:
        self._memory.run(run_id)
        if run_id not in self._memory.frozen:
            raise NotFound("what the run had frozen is gone")
        return self._memory.frozen[run_id]

    def _waiting(self) -> Collection[Run]:
        return self._memory.queued.values()


def _order(run: Run) -> tuple[int, str]:
    return -run.priority, run.id


def _sorted_page(runs: Sequence[Run], query: RunQuery, last: Run | None) -> Page[Run]:
    runs = sorted(runs, key=lambda run: _key(run, query.sort), reverse=not query.ascending)
    if last is not None:
        end = _key(last, query.sort)
        keys = [_key(run, query.sort) for run in runs]
        beyond = [key > end if query.ascending else key < end for key in keys]
        runs = [run for run, is_beyond in zip(runs, beyond, strict=True) if is_beyond]
    next_after = runs[query.limit - 1].id if len(runs) > query.limit else None
    return Page(items=tuple(runs[: query.limit]), next_after=next_after)


def _key(run: Run, sort: RunSort) -> tuple[float | str, str]:
    started = run.started_at
    took = run.duration_seconds(run.finished_at) if run.finished_at else None
    keys: dict[RunSort, float | str] = {
        RunSort.CREATED: run.id,
        RunSort.STARTED: started.timestamp() if started else -1,
        RunSort.DURATION: -1 if took is None else took,
        RunSort.NAME: run.name.lower(),
        RunSort.STATE: str(run.state),
    }
    return keys[sort], run.id


def _fired(run: Run) -> bool:
    return run.trigger is TriggerKind.SCHEDULE and run.trigger_id is not None


def _matches(query: RunQuery, run: Run) -> bool:
    return (
        (not query.states or run.state in query.states)
        and (query.job_id is None or run.job_id == query.job_id)
        and (query.sweep_id is None or (run.sweep and run.sweep.id) == query.sweep_id)
        and (query.since is None or run.created_at >= query.since)
        and (query.until is None or run.created_at < query.until)
        and contains(query.q, run.name, run.notebook.path, run.id)
    )
