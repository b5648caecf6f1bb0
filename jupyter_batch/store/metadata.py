"""Idempotency keys and metadata in the records database."""

from __future__ import annotations

from jupyter_batch.store.duckdb.column_values import clean_text
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_value, insert_row
from jupyter_batch.store.duckdb.sql import load_queries

_JOBS = load_queries("jobs")
_META = load_queries("meta")


def find_key(connection: Connection, created_by: str, kind: str, key: str) -> str | None:
    """Returns the id of the object that a key created, or None."""
    made = fetch_value(
        connection,
        _JOBS["find_key"],
        {"created_by": clean_text(created_by), "kind": kind, "key": clean_text(key)},
    )
    return None if made is None else str(made)


def insert_key(connection: Connection, created_by: str, kind: str, key: str, made: str) -> None:
    """Stores a key. Call it in the transaction that creates the object."""
    insert_row(
        connection,
        "records.idempotency_keys",
        {"created_by": clean_text(created_by), "kind": kind, "key": clean_text(key), "id": made},
    )


def get_meta(connection: Connection, key: str) -> str | None:
    """Returns a metadata value, or None."""
    value = fetch_value(connection, _META["get"], {"key": key})
    return None if value is None else str(value)


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Writes a metadata value. Call it in a transaction."""
    connection.execute(_META["delete"], {"key": key})
    insert_row(connection, "records.meta", {"key": key, "value": value})
