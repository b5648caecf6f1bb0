"""Jobs in DuckDB."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.queries import JobQuery, Page
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.store.duckdb.column_values import clean_text
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.records_file import RecordsFile
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_one, insert_row
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.duckdb.writer import Writer
from jupyter_batch.store.job_rows import (
    decode_job,
    decode_pinned,
    decode_trigger,
    encode_job,
    encode_pinned,
    encode_trigger,
)
from jupyter_batch.store.metadata import find_key, insert_key
from jupyter_batch.store.reserve import Reserve

_log = logging.getLogger(__name__)
_SQL = load_queries("jobs")


class DuckJobs:
    """Implements ports.JobStore."""

    def __init__(
        self, records: RecordsFile, writer: Writer, readers: Readers, reserve: Reserve
    ) -> None:
        self._reserve = reserve
        self._file = records
        self._connection = records.connection
        self._writer = writer
        self._readers = readers

    async def add(
        self,
        job: Job,
        *,
        triggers: Sequence[TriggerState] = (),
        pinned: FrozenNotebook | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        return await self._writer.call(lambda: self._add(job, triggers, pinned, idempotency_key))

    async def get(self, job_id: str) -> Job | None:
        return await self._readers.run(_first, {"with_id": {"id": job_id}})

    async def find(self, name: str) -> Job | None:
        return await self._readers.run(_first, {"with_name": {"name": clean_text(name)}})

    async def list(self, query: JobQuery) -> Page[Job]:
        conditions: dict[str, dict[str, Any]] = {}
        if query.after is not None:
            conditions["after"] = {"after": query.after}
        if query.q:
            conditions["text"] = {"q": clean_text(query.q)}
        return await self._readers.run(_page, conditions, query.limit)

    async def update(
        self,
        job_id: str,
        change: Callable[[Job], Job],
        *,
        triggers: Sequence[TriggerState] | None = None,
        pinned: FrozenNotebook | None = None,
    ) -> Job:
        return await self._writer.call(lambda: self._update(job_id, change, triggers, pinned))

    async def delete(self, job_id: str) -> None:
        await self._writer.call(lambda: self._reserve.with_room(lambda: self._delete(job_id)))

    async def pinned(self, job_id: str) -> FrozenNotebook | None:
        return await self._readers.run(_pinned, job_id)

    async def triggers(self) -> tuple[TriggerState, ...]:
        return await self._readers.run(_triggers)

    def _add(
        self,
        job: Job,
        triggers: Sequence[TriggerState],
        pinned: FrozenNotebook | None,
        key: str | None,
    ) -> Job:
        connection = self._connection
        with self._file.transaction():
            if key is not None and (made := find_key(connection, job.created_by, "job", key)):
                first = _first(connection, {"with_id": {"id": made}})
                if first is not None:
                    return first
            self._refuse_name(job.name)
            insert_row(connection, "records.jobs", encode_job(job))
            self._put_related(job.id, triggers, pinned)
            if key is not None:
                insert_key(connection, job.created_by, "job", key, job.id)
        return job

    def _update(
        self,
        job_id: str,
        change: Callable[[Job], Job],
        triggers: Sequence[TriggerState] | None,
        pinned: FrozenNotebook | None,
    ) -> Job:
        connection = self._connection
        with self._file.transaction():
            before = _first(connection, {"with_id": {"id": job_id}})
            if before is None:
                raise NotFound(f"there is no job {job_id}", job_id=job_id)
            after = change(before)
            if after.name != before.name:
                self._refuse_name(after.name)
            old, new = encode_job(before), encode_job(after)
            changed = {name: value for name, value in new.items() if old[name] != value}
            if changed:
                changes = ", ".join(f"{name} = ${name}" for name in changed)
                # The id is no column that changes, so its parameter is free for the row.
                connection.execute(_SQL["update"].format(changes=changes), changed | {"id": job_id})
            self._put_related(job_id, triggers, pinned)
        return after

    def _put_related(
        self,
        job_id: str,
        triggers: Sequence[TriggerState] | None,
        pinned: FrozenNotebook | None,
    ) -> None:
        """Writes what a job has in other tables; None leaves it as it is."""
        connection = self._connection
        if triggers is not None:
            connection.execute(_SQL["delete_triggers"], {"job_id": job_id})
            for state in triggers:
                insert_row(connection, "records.triggers", encode_trigger(state))
        if pinned is not None:
            connection.execute(_SQL["delete_pinned"], {"job_id": job_id})
            insert_row(connection, "records.pinned", encode_pinned(job_id, pinned))

    def _delete(self, job_id: str) -> None:
        connection = self._connection
        with self._file.transaction():
            if _first(connection, {"with_id": {"id": job_id}}) is None:
                raise NotFound(f"there is no job {job_id}", job_id=job_id)
            connection.execute(_SQL["delete"], {"id": job_id})
            connection.execute(_SQL["delete_keys"], {"id": job_id})
            connection.execute(_SQL["delete_triggers"], {"job_id": job_id})
            connection.execute(_SQL["delete_pinned"], {"job_id": job_id})

    def _refuse_name(self, name: str) -> None:
        if _first(self._connection, {"with_name": {"name": clean_text(name)}}) is not None:
            raise Conflict(f"there is a job named {name!r} already", field="name")


Conditions = Mapping[str, Mapping[str, Any]]


def _rows(connection: Connection, conditions: Conditions, limit: int) -> list[Any]:
    where = " AND ".join(_SQL[name] for name in conditions) or "TRUE"
    parameters: dict[str, Any] = {"limit": limit}
    for given in conditions.values():
        parameters.update(given)
    return fetch_all(connection, _SQL["select_page"].format(where=where), parameters)


def _first(connection: Connection, conditions: Conditions) -> Job | None:
    rows = _rows(connection, conditions, 1)
    return decode_job(rows[0]) if rows else None


def _page(connection: Connection, conditions: Conditions, limit: int) -> Page[Job]:
    rows = _rows(connection, conditions, limit + 1)
    jobs = []
    for row in rows[:limit]:
        try:
            jobs.append(decode_job(row))
        except (ValueError, TypeError, msgspec.MsgspecError):
            _log.exception("a job cannot be read and is left out: %s", row.id)
    next_after = rows[limit - 1].id if len(rows) > limit else None
    return Page(items=tuple(jobs), next_after=next_after)


def _pinned(connection: Connection, job_id: str) -> FrozenNotebook | None:
    row = fetch_one(connection, _SQL["select_pinned"], {"job_id": job_id})
    return None if row is None else decode_pinned(row)


def _triggers(connection: Connection) -> tuple[TriggerState, ...]:
    return tuple(map(decode_trigger, fetch_all(connection, _SQL["select_triggers"])))
