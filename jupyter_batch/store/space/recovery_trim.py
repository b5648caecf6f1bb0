"""Removes rows of a segment that the records database does not confirm.

A segment is written before the records database (recorder.py). After a crash in between it may
have outputs of a cell that is not on record; they come again when the attempt is read again, and
must not stand there alone where it cannot be.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from jupyter_batch.store.duckdb.database import Connection, transaction
from jupyter_batch.store.duckdb.rows import fetch_all
from jupyter_batch.store.duckdb.sql import load_queries

_log = logging.getLogger(__name__)
_SQL = load_queries("trim")
_FRAMES = ("outputs", "documents", "artifacts")


def trim(connection: Connection, segment: str, run_nos: Sequence[int] | None = None) -> int:
    """Trims a segment (attached under that name); returns of how many attempts something went.

    ``run_nos`` are the only runs that may be ahead; None for all in the segment, and then
    attempts of which the records have nothing go as a whole.
    """
    some = run_nos is not None
    query = _SQL["reached"].format(
        segment=segment,
        where=_SQL["runs"] if some else "TRUE",
        where_progress=_SQL["runs_of_progress"] if some else "TRUE",
    )
    given: dict[str, Any] = {"unknown": 0 if some else -1}
    if run_nos is not None:
        given["run_nos"] = list(run_nos)
    ahead = fetch_all(connection, query, given)
    if not ahead:
        return 0
    with transaction(connection):
        for row in ahead:
            where: dict[str, Any] = {"run_no": row.run_no, "attempt_no": row.attempt_no}
            for table in _FRAMES:
                drop = _SQL["drop_frames"].format(segment=segment, table=table)
                connection.execute(drop, where | {"last_seq": row.last_seq})
            connection.execute(
                _SQL["drop_log"].format(segment=segment), where | {"last_line": row.last_line}
            )
            connection.execute(
                _SQL["drop_progress"].format(segment=segment),
                where | {"last_seq": row.last_seq, "last_line": row.last_line},
            )
    _log.info(
        "%s had more of %d attempts than is on record; it will be read again", segment, len(ahead)
    )
    return len(ahead)
