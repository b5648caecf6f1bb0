"""The results and SQL of the owner in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import msgspec

from jupyter_batch.domain.run import Run
from jupyter_batch.errors import InvalidQuery

Answer = Callable[..., httpx.Response]


class OwnerOfResults(Protocol):
    """The parts of the owner that results need."""

    runs: dict[str, Run]
    results: dict[str, Any]
    #: By the query's text: columns (name, type) and rows.
    answers: dict[str, tuple[list[tuple[str, str]], list[list[Any]]]]


class FakeOwnerResults:
    """Every run has recorded ``owner.results``; SQL is answered as ``owner.answers`` says."""

    def __init__(self, owner: OwnerOfResults, answer: Answer, pick: Callable[..., Any]) -> None:
        self._owner = owner
        self._answer = answer
        #: Returns the runs of a request, and the next cursor.
        self._pick = pick

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Returns method, pattern and handler of each route."""
        return [
            ("GET", "results", self._rows),
            ("GET", r"runs/(\w+)/results", self._of_run),
            ("POST", "sql", self._sql),
        ]

    def _rows(self, request: httpx.Request) -> httpx.Response:
        runs, cursor = self._pick(request)
        items = [
            {
                **{name: getattr(run, name) for name in _SHARED},
                "run_id": run.id,
                "attempt_no": 1,
                "results": {
                    name: {"type": "json", "size": 1, "value": value}
                    for name, value in self._owner.results.items()
                },
            }
            for run in runs
        ]
        return self._answer({"items": items, "next_cursor": cursor})

    def _of_run(self, request: httpx.Request, run_id: str) -> httpx.Response:
        run = self._owner.runs[run_id]
        items = [
            {
                "name": name,
                "type": "json",
                "attempt_no": 1,
                "recorded_at": run.created_at,
                "size": len(msgspec.json.encode(value)),
                "value": value,
            }
            for name, value in self._owner.results.items()
        ]
        return self._answer({"items": items})

    def _sql(self, request: httpx.Request) -> httpx.Response:
        query = json.loads(request.content)["query"]
        if query not in self._owner.answers:
            raise InvalidQuery("an owner in memory knows only the answers that it is given")
        columns, rows = self._owner.answers[query]
        return self._answer(
            {
                "columns": [{"name": name, "type": kind} for name, kind in columns],
                "rows": rows,
                "truncated": False,
                "seconds": 0.001,
            }
        )


_SHARED = (
    "job_id",
    "name",
    "state",
    "scheduled_for",
    "created_at",
    "started_at",
    "finished_at",
    "parameters",
)
