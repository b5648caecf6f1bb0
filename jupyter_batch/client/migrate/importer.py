"""Brings what jupyter-scheduler has left to a server of ours."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_batch.client.job import Job
from jupyter_batch.client.migrate.jupyter_scheduler import (
    Definition,
    OldRun,
    OldScheduler,
    value_of,
)
from jupyter_batch.containment import join_inside
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.errors import (
    BatchError,
    Conflict,
    InvalidParameters,
    InvalidSchedule,
    UnsafePath,
)

if TYPE_CHECKING:
    from jupyter_batch.client.client import Client

_STATES = {"COMPLETED": "succeeded", "FAILED": "failed", "STOPPED": "cancelled"}
_EMPTY: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
#: A job that has not ended, and was touched so lately, may still run.
_MAY_RUN = timedelta(days=1)
#: Formats that every run of ours can be had in.
_HAVE = {"ipynb", "html"}


class ImportedJob(msgspec.Struct, frozen=True, kw_only=True):
    """The result of importing one job definition."""

    definition_id: str
    name: str
    #: ``brought``, ``before`` (by an earlier import) or ``left_out``.
    outcome: str
    job_id: str | None = None
    paused: bool = False
    #: What could not be brought, or is different now, and why; sentences.
    notes: tuple[str, ...] = ()


class ImportedRun(msgspec.Struct, frozen=True, kw_only=True):
    """The result of importing one job of jupyter-scheduler, which is a run here."""

    old_id: str
    name: str
    outcome: str
    run_id: str | None = None
    state: str | None = None
    notes: tuple[str, ...] = ()


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """The results of an import."""

    jobs: tuple[ImportedJob, ...]
    runs: tuple[ImportedRun, ...]


class Importer:
    """Brings definitions, schedules, parameters and the history with its outputs."""

    def __init__(
        self,
        client: Client,
        old: OldScheduler,
        folder: Path,
        *,
        paused: bool = False,
        options: Mapping[str, Any] | None = None,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._old = old
        #: Where the notebooks of jobs go; jupyter-scheduler does not know where they came from.
        self._folder = folder
        self._paused = paused
        self._options = dict(options or {})
        self._on_progress = on_progress

    def run(self) -> ImportReport:
        """Brings all that can be brought; doing it again brings only what is new."""
        known = {
            found[1]: job
            for job in self._client.jobs.list()
            if (found := re.search(r"definition (\S+) of jupyter-scheduler", job.description))
        }
        jobs = []
        for definition in self._old.definitions():
            self._on_progress(f"job {definition.name}")
            jobs.append(self._definition(definition, known.get(definition.id)))
        by_definition = {job.definition_id: job.job_id for job in jobs}
        runs = []
        for old in self._old.runs():
            self._on_progress(f"run of {old.created_at:%Y-%m-%d %H:%M} of {old.name}")
            runs.append(self._run(old, by_definition.get(old.definition_id or "")))
        return ImportReport(jobs=tuple(jobs), runs=tuple(runs))

    def _definition(self, definition: Definition, before: Job | None) -> ImportedJob:
        about: dict[str, Any] = {"definition_id": definition.id, "name": definition.name}
        if before is not None:
            return ImportedJob(**about, outcome="before", job_id=before.id, paused=before.paused)
        notes: list[str] = []
        try:
            source = self._old.notebook(definition)
            if source is None:
                why = f"its notebook {definition.file} is not in {self._old.staging}"
                return ImportedJob(**about, outcome="left_out", notes=(why,))
            job = self._make(definition, source, notes)
            why_paused = self._why_paused(definition, notes)
            if why_paused and job.triggers:
                job.pause(why_paused)
        except BatchError as error:
            return ImportedJob(**about, outcome="left_out", notes=(error.message, *notes))
        except OSError as error:
            why = f"its notebook could not be copied: {error.strerror or error}"
            return ImportedJob(**about, outcome="left_out", notes=(why,))
        return ImportedJob(
            **about | {"name": job.name},
            outcome="brought",
            job_id=job.id,
            paused=job.paused,
            notes=tuple(notes),
        )

    def _why_paused(self, definition: Definition, notes: list[str]) -> str | None:
        if not definition.active:
            return "it was paused in jupyter-scheduler"
        if any(note.startswith("parameter ") for note in notes):
            return "a parameter could not be brought from jupyter-scheduler"
        return "brought from jupyter-scheduler to be looked at first" if self._paused else None

    def _make(self, definition: Definition, source: Path, notes: list[str]) -> Job:
        parameters = {}
        for name, code in definition.parameters.items():
            try:
                parameters[name] = value_of(code, name)
            except InvalidParameters as error:
                notes.append(f"{error.message}; it was left out")
        path = _copied(definition, source, self._folder, notes)
        if parameters and _declare(path, parameters):
            notes.append(
                "its notebook had no cell tagged parameters: one with its parameters was added to "
                f"the copy {path}"
            )
        notes += _left_behind(definition)
        options: dict[str, Any] = {**self._options}
        if definition.cron:
            options |= {"cron": definition.cron, "timezone": definition.timezone or "UTC"}
        return self._create(definition, path, parameters, options, notes)

    def _create(
        self,
        definition: Definition,
        path: Path,
        parameters: dict[str, Any],
        options: dict[str, Any],
        notes: list[str],
    ) -> Job:
        """Makes the job, without what its notebook or our schedules do not take."""
        names = iter((definition.name, f"{definition.name} ({definition.id[:8]})"))
        name = next(names)
        while True:
            try:
                return self._client.jobs.create(
                    path, parameters, description=_description(definition), name=name, **options
                )
            except Conflict:
                name = next(names, "")
                if not name:
                    raise
            except InvalidSchedule as error:
                if "cron" not in options:
                    raise
                notes.append(f"schedule {options['cron']!r} was left out: {error.message}")
                options = {k: v for k, v in options.items() if k not in ("cron", "timezone")}
            except InvalidParameters as error:
                field = str(error.details.get("field", "")).removeprefix("parameters.")
                if field not in parameters:
                    raise
                notes.append(f"parameter {field} was left out: {error.message}")
                parameters = {k: v for k, v in parameters.items() if k != field}

    def _run(self, old: OldRun, job_id: str | None) -> ImportedRun:
        about: dict[str, Any] = {"old_id": old.id, "name": old.name}
        state = _STATES.get(old.status, "lost")
        age = datetime.now(UTC) - (old.finished_at or old.created_at)
        if state == "lost" and age < _MAY_RUN:
            why = f"it is {old.status or 'not over'}; import again when it is over"
            return ImportedRun(**about, outcome="left_out", notes=(why,))
        notes = []
        content = msgspec.json.encode(_EMPTY)
        try:
            path = self._old.executed(old)
            if path is None:
                why = f"its files are not in {self._old.staging}: brought without its notebook"
                notes.append(why)
            else:
                content = path.read_bytes()
                json.loads(content)
            run = self._client.import_run(
                _body(old, state, job_id, content), key=f"jupyter-scheduler {old.id}"
            )
        except BatchError as error:
            return ImportedRun(**about, outcome="left_out", notes=(error.message,))
        except (OSError, ValueError) as error:
            why = f"its notebook cannot be read: {error}"
            return ImportedRun(**about, outcome="left_out", notes=(why,))
        return ImportedRun(
            **about, outcome="brought", run_id=run.id, state=run.state, notes=tuple(notes)
        )


def _body(old: OldRun, state: str, job_id: str | None, content: bytes) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for name, code in old.parameters.items():
        parameters[name] = code
        with contextlib.suppress(InvalidParameters):
            parameters[name] = value_of(code, name)
    return {
        "name": old.name[:200],
        "notebook": old.file,
        "content": msgspec.Raw(content),
        "state": state,
        "reason": _reason(old, state),
        "trigger": "schedule" if old.definition_id else "manual",
        "job_id": job_id,
        "parameters": parameters,
        "created_at": old.created_at,
        "started_at": old.started_at,
        "finished_at": old.finished_at,
    }


def _reason(old: OldRun, state: str) -> str | None:
    lines = plain_text(old.message or "").strip().splitlines()
    if lines:
        return lines[-1].strip()
    told = {
        "failed": "it failed in jupyter-scheduler",
        "cancelled": "it was stopped in jupyter-scheduler",
        "lost": f"jupyter-scheduler left it {old.status or 'without a state'}",
    }
    return told.get(state)


def _description(definition: Definition) -> str:
    tags = f"; tags: {', '.join(definition.tags)}" if definition.tags else ""
    return f"definition {definition.id} of jupyter-scheduler{tags}"


def _left_behind(definition: Definition) -> Iterator[str]:
    if definition.environment:
        yield (
            f"environment {definition.environment!r} of jupyter-scheduler is a kernel's on its "
            "machine: runs take the default image, unless the job names another"
        )
    if definition.emails:
        yield "its e-mail notifications were left out: there are none here"
    others = [name for name in definition.output_formats if name not in _HAVE]
    if others:
        yield f"output formats {', '.join(others)} were left out: a run is had as ipynb and html"


def _copied(definition: Definition, source: Path, folder: Path, notes: list[str]) -> Path:
    """Copies a notebook and the files packaged with it to a folder of its own."""
    name = re.sub(r"[^\w.-]+", "-", definition.name).strip("-.") or definition.id
    target = join_inside(folder, name)
    if target.exists():
        target = join_inside(folder, f"{name}-{definition.id[:8]}")
    copied = join_inside(target, definition.file)
    target.mkdir(parents=True, exist_ok=True)
    for relative in definition.packaged_files:
        try:
            path, copy = join_inside(source.parent, relative), join_inside(target, relative)
        except UnsafePath as error:
            notes.append(f"a file packaged with it was left out: {error.message}")
            continue
        if path.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    copied.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, copied))


def _declare(path: Path, parameters: Mapping[str, Any]) -> bool:
    """Adds a cell tagged ``parameters`` where there is none; says whether it did."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = notebook["cells"]
        if any("parameters" in cell.get("metadata", {}).get("tags", ()) for cell in cells):
            return False
        cell: dict[str, Any] = {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "source": "\n".join(f"{name} = {value!r}" for name, value in parameters.items()),
        }
        if notebook.get("nbformat_minor", 0) >= 5:
            cell["id"] = "parameters"
        cells.insert(0, cell)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False  # The server says what is wrong with it.
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return True
