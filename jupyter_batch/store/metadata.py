"""Idempotency keys and metadata in the records database."""

from __future__ import annotations

from jupyter_batch.store.duckdb.column_values import clean_text
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.sql import load_queries

_JOBS = load_queries("jobs")
_META = load_queries("meta")


def find_key(connection: Connection, created_by: str, kind: str, key: str) -> str | None:
    """Returns the id of the object that a key created, or None."""
    row = connection.execute(
        _JOBS["find_key"],
        {"created_by": clean_text(created_by), "kind": kind, "key": clean_text(key)},
    ).fetchone()
    return None if row is None else str(row[0])


def insert_key(connection: Connection, created_by: str, kind: str, key: str, made: str) -> None:
    """Stores a key. Call it in the transaction that creates the object."""
    connection.execute(
        _JOBS["insert_key"],
        {"created_by": clean_text(created_by), "kind": kind, "key": clean_text(key), "id": made},
    )


def get_meta(connection: Connection, key: str) -> str | None:
    """Returns a metadata value, or None."""
    row = connection.execute(_META["get"], {"key": key}).fetchone()
    return None if row is None else str(row[0])


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Writes a metadata value. Call it in a transaction."""
    connection.execute(_META["delete"], {"key": key})
    connection.execute(_META["insert"], {"key": key, "value": value})
