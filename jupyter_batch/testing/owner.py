"""An owner in memory that speaks the wire; for tests of what is built on the client."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.notebook import named_from
from jupyter_batch.domain.parameters.parameters import ParameterSchema, check_parameters
from jupyter_batch.domain.requests import BackfillReport, BackfillRequest
from jupyter_batch.domain.run import NotebookRef, Run, RunState, TriggerKind
from jupyter_batch.domain.schedule.backfill import Stretch
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.upcoming import upcoming
from jupyter_batch.errors import BatchError, Conflict, NotFound
from jupyter_batch.testing.event_stream import FakeEventStream
from jupyter_batch.testing.owner_results import FakeOwnerResults
from jupyter_batch.testing.owner_sweeps import FakeOwnerSweeps

_STATUS = {"not_found": 404, "conflict": 409, "not_allowed": 403}
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

#: The change of a run at one request for it.
Step = dict[str, Any]


class FakeOwner(httpx.BaseTransport):
    """Answers ``batch/...``; its runs change as the test has planned.

    Use it as the ``transport`` of a Client. All requests are kept in ``requests``.
    """

    def __init__(self, *, root_dir: str = "/", token: str = "secret") -> None:
        self.root_dir = root_dir
        self.token = token
        #: ``on_demand``, ``serve`` or ``jupyter``.
        self.owner_kind = "serve"
        self.requests: list[httpx.Request] = []
        self.runs: dict[str, Run] = {}
        self.jobs: dict[str, Job] = {}
        self.cells: list[dict[str, Any]] = []
        #: Outputs in nbformat by cell.
        self.outputs: dict[int, list[dict[str, Any]]] = {}
        self.log: list[str] = []
        self.files: dict[str, bytes] = {}
        self.notebook = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
        #: JSON Schema of each parameter; None to take anything.
        self.properties: dict[str, Any] | None = None
        #: Names of the parameters that have no default.
        self.required: list[str] = []
        #: Changes of a new run, one for each look at it.
        self.plan: list[Step] = []
        #: Kind and data of the events of a run, in order; ``None`` drops the connection there.
        self.script: list[tuple[str, dict[str, Any]] | None] = []
        #: The stream of all runs' events.
        self.event_stream = FakeEventStream()
        #: Errors to answer or to raise in place of the next answers.
        self.trouble: deque[BatchError | Exception] = deque()
        self._ids = IdSource()
        self._steps: dict[str, deque[Step]] = {}
        self._keys: dict[str, str] = {}
        #: Recorded by every run.
        self.results: dict[str, Any] = {}
        #: Answers to SQL, by its text: columns (name, type) and rows.
        self.answers: dict[str, tuple[list[tuple[str, str]], list[list[Any]]]] = {}
        self._sweeps = FakeOwnerSweeps(self, _answer)
        self._told_results = FakeOwnerResults(self, _answer, self._pick)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        response = self._respond(request)
        response.headers["X-Jupyter-Batch"] = "0"
        return response

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.trouble:
            trouble = self.trouble.popleft()
            if not isinstance(trouble, BatchError):
                raise trouble
            return _refusal(trouble)
        if request.headers.get("Authorization") != f"token {self.token}":
            return _answer({"code": "unauthenticated", "message": "log in"}, 401)
        path = request.url.path.partition("/batch/")[2]
        for method, pattern, handler in self._routes():
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                try:
                    return handler(request, *match.groups())
                except BatchError as error:
                    return _refusal(error)
        return _answer({"code": "not_found", "message": f"no {request.method} {path}"}, 404)

    def add_run(self, **fields: Any) -> Run:
        """Puts a run on record, one second younger than the one before."""
        created = _EPOCH + timedelta(seconds=len(self.runs))
        named: dict[str, Any] = {
            "id": self._ids.new(created),
            "name": "report",
            "trigger": TriggerKind.API,
            "scheduled_for": created,
            "created_at": created,
            "created_by": "alice",
            "notebook": NotebookRef(path="report.ipynb", sha256="0" * 64),
        }
        run = Run(**{**named, **fields})
        self.runs[run.id] = run
        return run

    def plan_for(self, run_id: str) -> None:
        """Plans the changes of a run."""
        self._steps[run_id] = deque(self.plan)

    def step(self, run_id: str) -> Run:
        """Applies the next planned change to a run, and returns it."""
        run = self._run(run_id)
        if self._steps.get(run_id):
            run = self.runs[run_id] = replace(run, **self._steps[run_id].popleft())
        return run

    def check(self, parameters: dict[str, Any]) -> None:
        """Raises InvalidParameters unless they fit ``properties``."""
        if self.properties is not None:
            check_parameters(self._parameters(), parameters)

    def bodies(self, method: str, path: str) -> list[Any]:
        """Returns the JSON that has been sent to an address."""
        return [
            json.loads(request.content)
            for request in self.requests
            if request.method == method and request.url.path.endswith(f"/batch/{path}")
        ]

    def _routes(self) -> list[tuple[str, str, Callable[..., httpx.Response]]]:
        run, job = r"runs/(\w+)", r"jobs/(\w+)"
        return [
            ("GET", "health", self._health),
            ("GET", "runs", self._list_runs),
            ("POST", "runs", self._submit),
            ("DELETE", "runs", self._delete_runs),
            ("GET", run, self._get_run),
            ("DELETE", run, self._delete_run),
            ("POST", f"{run}/cancel", self._cancel),
            ("POST", f"{run}/retry", self._retry),
            ("GET", f"{run}/events", self._events),
            ("GET", f"{run}/notebook", lambda _, id: httpx.Response(200, content=self.notebook)),
            ("GET", f"{run}/cells", lambda _, id: _answer({"items": self.cells})),
            ("GET", f"{run}/outputs", self._outputs),
            ("GET", f"{run}/logs", self._logs),
            ("GET", "events", self._all_events),
            ("GET", "notebooks/parameters", lambda _: _answer(self._parameters())),
            ("GET", rf"{run}/artifacts/(.+)", self._artifact),
            ("GET", "jobs", self._list_jobs),
            ("POST", "jobs", self._create_job),
            ("GET", job, lambda _, id: _answer(self._job(id))),
            ("PATCH", job, self._change_job),
            ("DELETE", job, self._delete_job),
            ("POST", f"{job}/runs", self._trigger),
            ("POST", f"{job}/pause", self._pause),
            ("POST", f"{job}/resume", self._pause),
            ("GET", f"{job}/upcoming", self._upcoming),
            ("POST", f"{job}/backfill", self._backfill),
            *self._told_results.routes(),
            *self._sweeps.routes(),
        ]

    def _health(self, request: httpx.Request) -> httpx.Response:
        owner = {"pid": 1, "kind": self.owner_kind, "started_at": _EPOCH}
        return _answer({"version": "0", "owner": owner, "root_dir": self.root_dir})

    def _submit(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        key = request.headers.get("Idempotency-Key", "")
        if key in self._keys:
            return _answer(self.runs[self._keys[key]], 201)
        path = self.named(body["notebook"])
        return self._accept(body, key, notebook=path, name=body.get("name") or path)

    def named(self, notebook: str) -> str:
        """Returns the path of a notebook, relative to its root if it lies there."""
        return named_from(self.root_dir, notebook, stored_root=self.root_dir)

    def _accept(
        self, body: dict[str, Any], key: str, *, notebook: str, name: str, job_id: str | None = None
    ) -> httpx.Response:
        parameters = body.get("parameters") or {}
        self.check(parameters)
        ref = NotebookRef(path=notebook, sha256="0" * 64)
        run = self.add_run(name=name, notebook=ref, parameters=parameters, job_id=job_id)
        self.plan_for(run.id)
        if key:
            self._keys[key] = run.id
        return _answer(run, 201)

    def _run(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        return self.runs[run_id]

    def _get_run(self, request: httpx.Request, run_id: str) -> httpx.Response:
        return _answer(self.step(run_id))

    def _list_runs(self, request: httpx.Request) -> httpx.Response:
        page, cursor = self._pick(request)
        return _answer({"items": page, "next_cursor": cursor})

    def _pick(self, request: httpx.Request) -> tuple[list[Run], str | None]:
        asked = request.url.params
        runs = sorted(self.runs.values(), key=lambda run: run.id, reverse=True)
        states = [s for value in asked.get_list("state") for s in value.split(",")]
        kept = [
            run
            for run in runs
            if (not states or str(run.state) in states)
            and asked.get("job_id") in (None, run.job_id)
            and asked.get("sweep_id") in (None, run.sweep.id if run.sweep else "")
            and asked.get("q", "") in f"{run.name} {run.id} {run.notebook.path}"
            and (not asked.get("cursor") or run.id < asked["cursor"])
        ]
        page = kept[: int(asked.get("limit", 50))]
        return page, page[-1].id if len(kept) > len(page) else None

    def _delete_run(self, request: httpx.Request, run_id: str) -> httpx.Response:
        if not self._run(run_id).state.is_terminal:
            raise Conflict("the run is not over", run_id=run_id)
        del self.runs[run_id]
        return httpx.Response(204)

    def _delete_runs(self, request: httpx.Request) -> httpx.Response:
        ids = json.loads(request.content)["ids"]
        for run_id in ids:
            self._delete_run(request, run_id)
        return _answer({"deleted": len(ids)})

    def _cancel(self, request: httpx.Request, run_id: str) -> httpx.Response:
        run = self._run(run_id)
        if run.state.is_terminal:
            raise Conflict(f"the run is over: it is {run.state}", run_id=run_id)
        self._steps.pop(run_id, None)
        self.runs[run_id] = replace(run, state=RunState.CANCELLED, reason="cancelled by alice")
        return _answer(self.runs[run_id])

    def _retry(self, request: httpx.Request, run_id: str) -> httpx.Response:
        self.runs[run_id] = replace(self._run(run_id), state=RunState.QUEUED)
        self.plan_for(run_id)
        return _answer(self.runs[run_id])

    def _events(self, request: httpx.Request, run_id: str) -> httpx.Response:
        self._run(run_id)
        after = int(request.headers.get("Last-Event-ID") or 0)
        return httpx.Response(200, stream=_Stream(self._event_stream(run_id, after)))

    def _event_stream(self, run_id: str, after: int) -> Iterator[bytes]:
        yield b": hello\n\n"
        number = 0
        for position, item in enumerate(self.script):
            if item is None:
                # Once only: the next one gets past it.
                del self.script[position]
                raise httpx.ReadError("the connection was dropped")
            number += 1
            if number <= after:
                continue
            kind, data = item
            at = (_EPOCH + timedelta(seconds=number)).isoformat()
            event = {"run_id": run_id, "event_id": number, "at": at, "kind": kind, "data": data}
            text = json.dumps(event, ensure_ascii=False)
            yield f"id: {number}\nevent: {kind}\ndata: {text}\n\n".encode()

    def _all_events(self, request: httpx.Request) -> httpx.Response:
        known = request.headers.get("Last-Event-ID")
        return httpx.Response(
            200, stream=_Stream(self.event_stream.stream(int(known) if known else None))
        )

    def _outputs(self, request: httpx.Request, run_id: str) -> httpx.Response:
        asked = request.url.params.get("cell")
        items = [
            {"cell_index": index, "output": output}
            for index, outputs in sorted(self.outputs.items())
            for output in outputs
            if asked in (None, str(index))
        ]
        return _answer({"items": items})

    def _parameters(self) -> ParameterSchema:
        schema = {
            "type": "object",
            "properties": self.properties or {},
            "required": self.required,
            "additionalProperties": False,
        }
        return ParameterSchema(schema=schema, has_parameters_cell=True, language="python")

    def _logs(self, request: httpx.Request, run_id: str) -> httpx.Response:
        after = int(request.url.params.get("after", 0))
        lines = [{"line_no": i + 1, "text": text} for i, text in enumerate(self.log)]
        return _answer({"items": lines[after:], "next_after": None})

    def _artifact(self, request: httpx.Request, run_id: str, path: str) -> httpx.Response:
        if path not in self.files:
            raise NotFound(f"the run has no artifact {path!r}")
        return httpx.Response(200, content=self.files[path])

    def _job(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise NotFound(f"there is no job {job_id}", job_id=job_id)
        return self.jobs[job_id]

    def _list_jobs(self, request: httpx.Request) -> httpx.Response:
        q = request.url.params.get("q", "")
        return _answer({"items": [job for job in self.jobs.values() if q in job.name]})

    def _create_job(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if any(job.name == body["name"] for job in self.jobs.values()):
            raise Conflict(f"there is a job {body['name']!r} already", field="name")
        made = {"created_by": "alice", "created_at": _EPOCH, "updated_at": _EPOCH}
        made["notebook"] = self.named(body.pop("notebook"))
        job = msgspec.convert({"id": self._ids.new(_EPOCH), **made, **body}, Job)
        self.jobs[job.id] = job
        return _answer(job, 201)

    def _change_job(self, request: httpx.Request, job_id: str) -> httpx.Response:
        changed = {**msgspec.to_builtins(self._job(job_id)), **json.loads(request.content)}
        self.jobs[job_id] = msgspec.convert(changed, Job)
        return _answer(self.jobs[job_id])

    def _delete_job(self, request: httpx.Request, job_id: str) -> httpx.Response:
        del self.jobs[self._job(job_id).id]
        return httpx.Response(204)

    def _pause(self, request: httpx.Request, job_id: str) -> httpx.Response:
        paused = request.url.path.endswith("/pause")
        reason = None
        if paused:
            given = json.loads(request.content).get("reason")
            reason = "paused by alice" + (f": {given}" if given else "")
        self.jobs[job_id] = replace(self._job(job_id), paused=paused, paused_reason=reason)
        return _answer(self.jobs[job_id])

    def _upcoming(self, request: httpx.Request, job_id: str) -> httpx.Response:
        triggers = self._job(job_id).triggers
        count = int(request.url.params.get("count", 5))
        instants = [i for t in triggers for i in upcoming(t, _EPOCH, count)]
        return _answer({"sentence": "; ".join(map(sentence, triggers)), "instants": instants})

    def _backfill(self, request: httpx.Request, job_id: str) -> httpx.Response:
        told = json.loads(request.content)
        since, until = (datetime.fromisoformat(told[name]) for name in ("from", "to"))
        asked = BackfillRequest(since=since, until=until)
        parts = [Stretch(trigger, asked) for trigger in self._job(job_id).triggers]
        report = BackfillReport(
            id="b",
            made=sum(part.count() for part in parts),
            succeeded_before=0,
            unfinished_before=0,
            spans=tuple(part.span for part in parts),
        )
        return _answer(report)

    def _trigger(self, request: httpx.Request, job_id: str) -> httpx.Response:
        job = self._job(job_id)
        body = json.loads(request.content)
        return self._accept(body, "", notebook=job.notebook, name=job.name, job_id=job.id)


class _Stream(httpx.SyncByteStream):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Ends what makes the pieces."""
        if isinstance(self._pieces, Generator):
            self._pieces.close()


def _answer(value: Any, status: int = 200) -> httpx.Response:
    headers = {"Content-Type": "application/json", "X-Jupyter-Batch": "0"}
    return httpx.Response(status, content=msgspec.json.encode(value), headers=headers)


def _refusal(error: BatchError) -> httpx.Response:
    body = {"code": error.code, "message": error.message, "details": error.details}
    return _answer(body, _STATUS.get(error.code, 400))
