"""Reads what jupyter-scheduler has left: its database and its staging area.

The columns are those of jupyter-scheduler 2.12; older databases lack some, which are then None.
"""

from __future__ import annotations

import ast
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.containment import join_inside
from jupyter_batch.errors import InvalidInput, InvalidParameters

STAGING = "scheduler_staging_area"
_TABLES = {"jobs", "job_definitions"}


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A job definition."""

    id: str
    name: str
    file: str
    parameters: dict[str, str]
    cron: str | None
    timezone: str | None
    active: bool
    tags: tuple[str, ...]
    environment: str
    emails: bool
    output_formats: tuple[str, ...]
    packaged_files: tuple[str, ...]


class OldRun(msgspec.Struct, frozen=True, kw_only=True):
    """A job, which we call a run."""

    id: str
    name: str
    file: str
    definition_id: str | None
    parameters: dict[str, str]
    status: str
    message: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class OldScheduler:
    """One database with its files."""

    def __init__(self, database: Path, staging: Path | None = None) -> None:
        self._database = database
        self.staging = staging or database.parent / STAGING
        self._tables = self._read()

    def definitions(self) -> Iterator[Definition]:
        """Yields the job definitions, oldest first."""
        for row in self._tables["job_definitions"]:
            yield Definition(
                id=row["job_definition_id"],
                name=row.get("name") or row["input_filename"],
                file=row["input_filename"],
                parameters=_mapping(row.get("parameters")),
                cron=row.get("schedule"),
                timezone=row.get("timezone"),
                active=row.get("active") is None or bool(row["active"]),
                tags=_texts(row.get("tags")),
                environment=row.get("runtime_environment_name") or "",
                emails=bool(row.get("email_notifications")),
                output_formats=_texts(row.get("output_formats")),
                packaged_files=_texts(row.get("packaged_files")),
            )

    def runs(self) -> Iterator[OldRun]:
        """Yields the jobs, oldest first."""
        for row in self._tables["jobs"]:
            created = _instant(row.get("create_time")) or _instant(row.get("update_time"))
            if created is None:
                created = datetime.fromtimestamp(0, UTC)
            started = _instant(row.get("start_time"))
            yield OldRun(
                id=row["job_id"],
                name=row.get("name") or row["input_filename"],
                file=row["input_filename"],
                definition_id=row.get("job_definition_id"),
                parameters=_mapping(row.get("parameters")),
                status=row.get("status") or "",
                message=row.get("status_message"),
                created_at=created,
                started_at=started,
                finished_at=_instant(row.get("end_time")) or _instant(row.get("update_time")),
            )

    def notebook(self, definition: Definition) -> Path | None:
        """Returns the copy of a definition's notebook, or None where it is gone.

        Raises UnsafePath where the database names a file outside of the staging area.
        """
        path = join_inside(self.staging, f"{definition.id}/{definition.file}")
        return path if path.is_file() else None

    def executed(self, run: OldRun) -> Path | None:
        """Returns the executed notebook of a job, or what it was to execute, or None.

        Raises UnsafePath where the database names a file outside of the staging area.
        """
        folder = join_inside(self.staging, run.id)
        stem = Path(run.file).stem
        # Its name has the time in the zone of the server that wrote it.
        written = sorted(p for p in folder.glob("*.ipynb") if p.name.startswith(f"{stem}-"))
        if written:
            return join_inside(folder, written[-1].name)
        path = join_inside(folder, run.file)
        return path if path.is_file() else None

    def _read(self) -> dict[str, list[dict[str, Any]]]:
        if not self._database.is_file():
            raise InvalidInput(f"there is no file {self._database}", field="file")
        try:
            uri = f"{self._database.resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                names = "SELECT name FROM sqlite_master WHERE type = 'table'"
                known = {row["name"] for row in connection.execute(names)}
                if not known >= _TABLES:
                    raise InvalidInput(
                        f"{self._database} is no database of jupyter-scheduler: it has no tables "
                        "jobs and job_definitions",
                        field="file",
                    )
                return {
                    table: [
                        dict(row)
                        for row in connection.execute(f"SELECT * FROM {table} ORDER BY create_time")
                    ]
                    for table in sorted(_TABLES)
                }
        except sqlite3.Error as error:
            raise InvalidInput(
                f"{self._database} cannot be read as a database of jupyter-scheduler: {error}",
                field="file",
            ) from error


def value_of(code: str, name: str) -> Any:
    """Returns the value that a parameter's code stands for; raises InvalidParameters for others.

    jupyter-scheduler pastes parameters into code; only a literal is a value.
    """
    try:
        value = ast.literal_eval(code.strip())
        json.dumps(value, allow_nan=False)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise InvalidParameters(
            f"parameter {name} is code, not a value: {code}", field=f"parameters.{name}"
        ) from error
    return value


def _mapping(text: str | None) -> dict[str, str]:
    value = _json(text)
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _texts(text: str | None) -> tuple[str, ...]:
    value = _json(text)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _instant(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
