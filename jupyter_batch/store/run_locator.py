"""Reads data from the segment of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from jupyter_batch.errors import NotFound
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.readers import Readers
from jupyter_batch.store.duckdb.rows import fetch_one
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.segments import Segments

T = TypeVar("T")
P = ParamSpec("P")

_SQL = load_queries("runs")


class RunLocator:
    """Finds the segment of a run."""

    def __init__(self, readers: Readers, segments: Segments) -> None:
        self._readers = readers
        self._segments = segments

    async def read(
        self,
        run_id: str,
        read: Callable[Concatenate[Connection, str, int, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Returns what ``read(cursor, segment, run_no, ...)`` returns; raises NotFound."""

        def work(cursor: Connection) -> T:
            row = fetch_one(cursor, _SQL["locate"], {"id": run_id})
            if row is None:
                raise NotFound(f"there is no run {run_id}", run_id=run_id)
            with self._segments.lease(row.segment_id) as segment:
                return read(cursor, segment, row.run_no, *args, **kwargs)

        return await self._readers.run(work)
