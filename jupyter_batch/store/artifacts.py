"""Reads the bytes of artifacts, a few MiB at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator

from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_all, fetch_column
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.run_locator import RunLocator

_SQL = load_queries("outputs")
_WINDOW = 4 * 1024 * 1024


async def read_artifact(
    places: RunLocator, run_id: str, attempt_no: int, path: str
) -> AsyncIterator[bytes]:
    """Yields the bytes of a complete artifact; if it was sent twice, those of the later one."""
    for first, last in await places.read(run_id, _windows, attempt_no, path):
        content = await places.read(run_id, _bytes, attempt_no, path, first, last)
        if content:
            yield content


def _windows(
    cursor: Connection, segment: str, run_no: int, attempt_no: int, path: str
) -> list[tuple[int, int]]:
    rows = fetch_all(
        cursor,
        _SQL["select_artifact_slices"].format(segment=segment),
        {"run_no": run_no, "attempt_no": attempt_no, "path": path},
    )
    ends = [number for number, row in enumerate(rows) if not row.more]
    if not ends:
        return []
    start = ends[-2] + 1 if len(ends) > 1 else 0
    windows: list[tuple[int, int]] = []
    size = 0
    for row in rows[start : ends[-1] + 1]:
        if not windows or size >= _WINDOW:
            windows.append((row.seq, row.seq))
            size = 0
        windows[-1] = (windows[-1][0], row.seq)
        size += row.size
    return windows


def _bytes(
    cursor: Connection,
    segment: str,
    run_no: int,
    attempt_no: int,
    path: str,
    first: int,
    last: int,
) -> bytes:
    parts = fetch_column(
        cursor,
        _SQL["select_artifact_bytes"].format(segment=segment),
        {
            "run_no": run_no,
            "attempt_no": attempt_no,
            "path": path,
            "first": first,
            "last": last,
        },
    )
    return b"".join(parts)
