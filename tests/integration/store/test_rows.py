"""Rows that are collected and written with one statement."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.store.duckdb.rows import (
    Rows,
    fetch_all,
    fetch_column,
    fetch_one,
    fetch_value,
    insert_row,
)
from jupyter_batch.testing import make_frozen, make_run

NOON = datetime(2026, 1, 15, 12)  # noqa: DTZ001 as it is stored


@pytest.fixture
def connection():
    with duckdb.connect(":memory:") as opened:
        opened.execute(
            "CREATE TABLE things (no BIGINT, name VARCHAR, happened_at TIMESTAMP, share DOUBLE, body BLOB)"
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
        [(1, "it's $no", NOON, 0.5, b"x"), (2, "it's $no", NOON, 0.5, b"x")],
    ],
)
def test_rows_are_written_as_they_were_collected(connection, things):
    rows = Rows("things")
    for no, name, at, share, body in things:
        rows.add(no=no, name=name, happened_at=at, share=share, body=body)
    rows.write(connection)
    assert connection.execute("SELECT * FROM things ORDER BY no").fetchall() == things


def test_all_rows_have_the_columns_of_the_first(connection):
    rows = Rows("things")
    rows.add(no=1, name="a")
    for other in ({"no": 2}, {"no": 2, "name": "b", "share": 1.0}):
        with pytest.raises(ValueError, match="other columns"):
            rows.add(**other)


def test_rows_are_written_and_read_by_the_names_of_columns(connection):
    rows = Rows("things")
    for no in (1, 2):
        rows.add(body=b"x", name=f"n{no}", no=no)
    rows.write(connection)
    insert_row(connection, "things", {"share": 0.5, "no": 3})
    first, second, third = fetch_all(connection, "SELECT * FROM things ORDER BY no")
    assert (first.no, first.name, first.happened_at, first.body) == (1, "n1", None, b"x")
    assert (second.name, third.share, third.name) == ("n2", 0.5, None)
    assert fetch_one(connection, "SELECT no FROM things WHERE no = $no", {"no": 2}).no == 2
    assert fetch_one(connection, "SELECT no FROM things WHERE no > 9") is None
    assert fetch_column(connection, "SELECT no FROM things ORDER BY no") == [1, 2, 3]
    assert fetch_value(connection, "SELECT max(no) FROM things") == 3
    with pytest.raises(TypeError, match="not by position"):
        first[0]
    with pytest.raises(TypeError, match="not by position"):
        _, *_ = first


async def test_a_list_of_runs_has_only_the_first_artifacts(store):
    artifacts = tuple(
        Artifact(path=f"{n:03}", size_bytes=n, sha256="", media_type="text/plain")
        for n in range(50)
    )
    run, few = make_run(artifacts=artifacts), make_run(artifacts=artifacts[:3])
    for added in (run, few):
        await store.runs.add(added, make_frozen())
    second, first = (await store.runs.list(RunQuery())).items
    assert (first.artifacts, first.artifact_count) == (artifacts[:20], 50)
    assert second == few
    assert await store.runs.get(run.id) == run
    # What is written of a run does not depend on what a list has of it.
    await store.runs.update(run.id, lambda r: replace(r, priority=5), at=run.created_at)
    assert (await store.runs.get(run.id)).artifacts == artifacts
