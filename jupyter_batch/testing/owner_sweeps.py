"""The sweeps of the owner in memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import httpx
from msgspec.structs import replace

from jupyter_batch.domain.run import NotebookRef, Run, RunState, SweepRef, TriggerKind
from jupyter_batch.domain.state import UNFINISHED
from jupyter_batch.domain.sweep import FAILURES, Sweep, SweepFacts, expand_grid, sweep_of
from jupyter_batch.errors import BatchError, Conflict, NotFound

#: The type of an owner's response.
Answer = Callable[..., httpx.Response]


class OwnerOfRuns(Protocol):
    """The parts of the owner that sweeps need."""

    runs: dict[str, Run]

    def add_run(self, **fields: Any) -> Run: ...

    def plan_for(self, run_id: str) -> None: ...

    def named(self, notebook: str) -> str: ...

    def step(self, run_id: str) -> Run: ...

    def check(self, parameters: dict[str, Any]) -> None: ...


class FakeOwnerSweeps:
    """Answers ``sweeps/...``; each look at a sweep takes all its runs one step on."""

    def __init__(self, owner: OwnerOfRuns, answer: Answer) -> None:
        self._owner = owner
        self._answer = answer
        self._facts: dict[str, SweepFacts] = {}

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Returns method, pattern and handler of each route."""
        one = r"sweeps/(\w+)"
        return [
            ("GET", "sweeps", self._list),
            ("POST", "sweeps", self._create),
            ("GET", one, self._get),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/cancel", self._cancel),
            ("POST", f"{one}/retry", self._retry),
        ]

    def _list(self, request: httpx.Request) -> httpx.Response:
        q = request.url.params.get("q", "")
        known = [self._sweep(f) for f in self._facts.values() if q in f"{f.name} {f.id}"]
        return self._answer({"items": known[::-1]})

    def _create(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        sets = body["parameter_sets"] if "parameter_sets" in body else expand_grid(body["grid"])
        all_values = [{**body.get("parameters", {}), **values} for values in sets]
        for index, values in enumerate(all_values):
            try:
                self._owner.check(values)
            except BatchError as error:
                error.details["index"] = index
                raise
        path = self._owner.named(body["notebook"])
        name = body.get("name") or path.removesuffix(".ipynb")
        ref = NotebookRef(path=path, sha256="0" * 64)
        facts: SweepFacts | None = None
        for index, values in enumerate(all_values):
            run = self._owner.add_run(
                name=name, notebook=ref, parameters=values, trigger=TriggerKind.SWEEP
            )
            facts = facts or SweepFacts(
                id=run.id[:-1] + "0",
                name=name,
                notebook=ref,
                created_at=run.created_at,
                created_by=run.created_by,
                max_concurrent=body.get("max_concurrent"),
            )
            place = SweepRef(id=facts.id, index=index, max_concurrent=facts.max_concurrent)
            self._owner.runs[run.id] = replace(run, sweep=place)
            self._owner.plan_for(run.id)
        assert facts is not None
        self._facts[facts.id] = facts
        return self._answer(self._sweep(facts), 201)

    def _get(self, request: httpx.Request, sweep_id: str) -> httpx.Response:
        before = self._sweep(self._known(sweep_id))
        for run in self._of(sweep_id):
            self._owner.step(run.id)
        return self._answer(
            self._sweep(self._known(sweep_id)) if not before.state.is_over else before
        )

    def _delete(self, request: httpx.Request, sweep_id: str) -> httpx.Response:
        if not self._sweep(self._known(sweep_id)).state.is_over:
            raise Conflict("the sweep is not over", sweep_id=sweep_id)
        for run in self._of(sweep_id):
            del self._owner.runs[run.id]
        del self._facts[sweep_id]
        return httpx.Response(204)

    def _cancel(self, request: httpx.Request, sweep_id: str) -> httpx.Response:
        if self._sweep(self._known(sweep_id)).state.is_over:
            raise Conflict("the sweep is over", sweep_id=sweep_id)
        for run in self._of(sweep_id):
            if run.state in UNFINISHED:
                self._owner.runs[run.id] = replace(run, state=RunState.CANCELLED)
        return self._answer(self._sweep(self._known(sweep_id)))

    def _retry(self, request: httpx.Request, sweep_id: str) -> httpx.Response:
        wanted = json.loads(request.content).get("states", list(FAILURES))
        chosen = [run for run in self._of(sweep_id) if run.state in wanted]
        if not chosen:
            raise Conflict("there is nothing to retry", sweep_id=sweep_id)
        for run in chosen:
            self._owner.runs[run.id] = replace(run, state=RunState.QUEUED, finished_at=None)
            self._owner.plan_for(run.id)
        return self._answer(self._sweep(self._known(sweep_id)))

    def _known(self, sweep_id: str) -> SweepFacts:
        if sweep_id not in self._facts:
            raise NotFound(f"there is no sweep {sweep_id}", sweep_id=sweep_id)
        return self._facts[sweep_id]

    def _of(self, sweep_id: str) -> list[Run]:
        return [r for r in self._owner.runs.values() if r.sweep and r.sweep.id == sweep_id]

    def _sweep(self, facts: SweepFacts) -> Sweep:
        runs = self._of(facts.id)
        ends = [run.finished_at for run in runs if run.finished_at is not None]
        return sweep_of(facts, Counter(run.state for run in runs), max(ends, default=None))
