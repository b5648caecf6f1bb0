"""Rows that are collected and written with one statement."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from jupyter_batch.store.rows import Rows

NOON = datetime(2026, 1, 15, 12)  # noqa: DTZ001 as it is stored
QUERY = """
INSERT INTO things
SELECT unnest($no), unnest($name::VARCHAR[]), unnest($at::TIMESTAMP[]), unnest($share), unnest($body)
"""


@pytest.fixture
def connection():
    with duckdb.connect(":memory:") as opened:
        opened.execute(
            "CREATE TABLE things (no BIGINT, name VARCHAR, told_at TIMESTAMP, share DOUBLE, body BLOB)"
        )
        yield opened


@pytest.mark.parametrize(
    "things",
    [
        [],
        [(1, "a", NOON, 0.5, b"x")],
        [(1, None, None, None, None)],
        [(1, "a", NOON, 0.5, b"x"), (2, "a", NOON, 0.5, b"x"), (3, "a", NOON, 0.5, b"x")],
        [(1, None, None, None, None), (2, None, None, None, None)],
        [(1, "a", NOON, 1, b""), (2, "b", None, 0.5, b"x"), (3, "a", NOON, 1, b"")],
        # All alike: still as many as there were.
        [(7, "a", NOON, 0.5, b"x")] * 3,
        [(1, "it's $name", NOON, 0.5, b"x"), (2, "it's $name", NOON, 0.5, b"x")],
    ],
)
def test_rows_are_written_as_they_were_collected(connection, things):
    rows = Rows(QUERY)
    for no, name, at, share, body in things:
        rows.add(no=no, name=name, at=at, share=share, body=body)
    rows.write(connection)
    assert connection.execute("SELECT * FROM things ORDER BY no").fetchall() == things
