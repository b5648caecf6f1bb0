"""Rows of the store are written and read by the names of their columns."""

from __future__ import annotations

import ast
import re
from pathlib import Path

STORE = Path(__file__).parents[2] / "jupyter_batch" / "store"
#: The one module that has rows as tuples.
ROWS = STORE / "duckdb" / "rows.py"
#: Queries of users have any columns.
FREE = STORE / "query"
_FETCH = {"fetchall", "fetchone", "fetchmany"}


def test_only_one_module_reads_rows_by_position():
    found = [
        f"{path.relative_to(STORE)}:{node.lineno}"
        for path in STORE.rglob("*.py")
        if path != ROWS and FREE not in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in _FETCH
    ]
    assert found == []


def test_an_insert_names_its_columns():
    found = [
        f"{path.relative_to(STORE)}: {match.group()}"
        for path in STORE.rglob("*")
        if path.suffix in {".sql", ".py"} and path != ROWS
        for match in re.finditer(r"INSERT INTO \S+(?!\S)(?! BY NAME| \()", path.read_text("utf-8"))
    ]
    assert found == []
