"""The queries beside the code."""

from __future__ import annotations

import pytest

from jupyter_batch.store.duckdb.sql import load_migrations, load_queries, parse_queries


def test_blocks_are_found_by_name_without_their_comments():
    text = "-- About the file.\n\n-- name: one\n-- Why.\nSELECT 1\n\n-- name: two\nSELECT '--'\n"
    assert parse_queries(text) == {"one": "SELECT 1", "two": "SELECT '--'"}


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="one"):
        parse_queries("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n")


@pytest.mark.parametrize("name", ["jobs", "runs", "records", "meta", "segments", "outputs"])
def test_every_file_has_queries(name):
    queries = load_queries(name)
    assert queries
    assert all(queries.values())


@pytest.mark.parametrize("kind", ["records", "outputs"])
def test_migrations_are_numbered_without_gaps(kind):
    numbers = [number for number, _ in load_migrations(kind)]
    assert numbers == list(range(1, len(numbers) + 1))
