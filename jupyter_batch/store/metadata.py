"""Small things in the records database: idempotency keys and facts about the store."""

from __future__ import annotations

from jupyter_batch.store.duckdb.column_values import clean_text
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.sql import load_queries

_JOBS = load_queries("jobs")
_META = load_queries("meta")


def find_key(connection: Connection, created_by: str, kind: str, key: str) -> str | None:
    """Returns the id of what a key has made, or None."""
    row = connection.execute(
        _JOBS["find_key"],
        {"created_by": clean_text(created_by), "kind": kind, "key": clean_text(key)},
    ).fetchone()
    return None if row is None else str(row[0])


def insert_key(connection: Connection, created_by: str, kind: str, key: str, made: str) -> None:
    """Remembers a key; belongs into the transaction that makes the thing."""
    connection.execute(
        _JOBS["insert_key"],
        {"created_by": clean_text(created_by), "kind": kind, "key": clean_text(key), "id": made},
    )


def get_meta(connection: Connection, key: str) -> str | None:
    """Returns a fact about the store, or None."""
    row = connection.execute(_META["get"], {"key": key}).fetchone()
    return None if row is None else str(row[0])


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Writes a fact about the store; belongs into a transaction."""
    connection.execute(_META["delete"], {"key": key})
    connection.execute(_META["insert"], {"key": key, "value": value})
