"""Accepts SQL that reads the documented views, and refuses everything else.

DuckDB's own parser gives the syntax tree; everything in the tree is compared with
allow-lists. Anything else is refused, even if it is harmless: a new kind of node in a
later DuckDB can do no harm before it has been reviewed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set
from typing import Any

import duckdb

from jupyter_batch.errors import InvalidQuery
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.query.allowed_functions import FUNCTIONS, OPERATORS, TABLE_FUNCTIONS

_SQL = load_queries("views")
VIEWS = ("runs", "attempts", "cells", "outputs", "parameters", "results", "events")
MAX_LENGTH = 100_000

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_EXPRESSIONS = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "LAMBDA",
        "OPERATOR",
        "POSITIONAL_REFERENCE",
        "STAR",
        "SUBQUERY",
        "TYPE",
        "WINDOW",
    }
)
#: Nodes of queries, tables and their modifiers.
_NODES = frozenset(
    {
        "SELECT_NODE",
        "SET_OPERATION_NODE",
        "RECURSIVE_CTE_NODE",
        "BASE_TABLE",
        "EMPTY",
        "EXPRESSION_LIST",
        "JOIN",
        "PIVOT",
        "SHOW_REF",
        "SUBQUERY",
        "TABLE_FUNCTION",
        "DISTINCT_MODIFIER",
        "LIMIT_MODIFIER",
        "LIMIT_PERCENT_MODIFIER",
        "ORDER_MODIFIER",
        # Of one column in an order.
        "ASCENDING",
        "DESCENDING",
        "ORDER_DEFAULT",
    }
)
#: range and its like are fine as tables; as values they are lists of any length.
_FUNCTIONS = FUNCTIONS | OPERATORS | {"unnest"}
_HINT = f"SQL here reads the views {', '.join(VIEWS)}, with SELECT"


def check(connection: Connection, text: str) -> Checked:
    """Returns the checked single statement of a text; raises InvalidQuery."""
    if len(text) > MAX_LENGTH:
        raise refusal(f"the statement is longer than {MAX_LENGTH:,} characters")
    try:
        statements = connection.extract_statements(text)
    except duckdb.Error as error:
        raise wrong(error) from error
    if not statements:
        raise refusal("there is no statement")
    if len(statements) > 1:
        raise refusal(f"there are {len(statements)} statements, and only one is taken")
    statement = statements[0]
    if (kind := _kind(statement)) != "SELECT":
        raise refusal(f"{kind} is not allowed")
    rows = connection.execute(_SQL["parse"], {"query": text}).fetchall()
    try:
        parsed = json.loads("".join(map(str, rows[0])))
        nodes: list[Any] = parsed.get("statements") or []
        if parsed.get("error") or len(nodes) != 1:
            raise refusal(str(parsed.get("error_message") or "it cannot be read"))
        walk = _Walk()
        walk.node(nodes[0], frozenset())
    except RecursionError as error:
        raise refusal("it is nested too deeply") from error
    return Checked(statement, frozenset(walk.views))


def _kind(statement: duckdb.Statement) -> str:
    try:
        return str(statement.type.name)
    except ValueError:  # duckdb's Python API has no name for it
        return "this kind of statement"


class Checked:
    """A statement that passed the check."""

    def __init__(self, statement: duckdb.Statement, views: Set[str]) -> None:
        self.statement = statement
        #: The views that it reads.
        self.views = views


class _Walk:
    """Checks a syntax tree; ``scope`` has the names of enclosing WITH queries."""

    def __init__(self) -> None:
        self.views: set[str] = set()

    def node(self, node: Any, scope: frozenset[str]) -> None:
        """Checks a node and all below it."""
        if isinstance(node, list):
            for item in node:
                self.node(item, scope)
        elif isinstance(node, dict):
            self._check_kind(node)
            scope = self._with_names(node, scope)
            self._check_names(node, scope)
            for name, item in node.items():
                if node.get("type") == "TABLE_FUNCTION" and name == "function":
                    self._check_function(item, TABLE_FUNCTIONS)
                    self.node(list(item.values()), scope)
                elif name not in ("cte_map", "literal"):
                    self.node(item, scope)

    def _check_kind(self, node: dict[str, Any]) -> None:
        kind, group = node.get("type"), node.get("class")
        if group is not None:
            if group == "PARAMETER":
                raise refusal("parameters ($1, ?) are not taken: write the values")
            if group not in _EXPRESSIONS:
                raise refusal(f"{group} is not allowed")
        elif isinstance(kind, str) and kind not in _NODES:
            raise refusal(f"{kind.removesuffix('_QUERY_NODE')} is not allowed")

    def _with_names(self, node: dict[str, Any], scope: frozenset[str]) -> frozenset[str]:
        """Checks the queries that WITH names, and returns the scope with their names.

        One may read those before it, and itself where it is recursive: any other name is the
        catalog's.
        """
        for entry in (node.get("cte_map") or {}).get("map") or ():
            name, query = str(entry["key"]).lower(), entry["value"]
            if not _IDENTIFIER.fullmatch(name) or name.startswith(("duckdb_", "pg_", "sqlite_")):
                raise refusal(f"{name!r} is no name that WITH may give here")
            is_recursive = (query.get("query_node") or {}).get("type") == "RECURSIVE_CTE_NODE"
            self.node(query, scope | {name} if is_recursive else scope)
            scope = scope | {name}
        return scope

    def _check_names(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            self._check_table(node, scope)
        elif kind == "SHOW_REF":
            if node.get("query") is None or node.get("table_name"):
                raise refusal("SHOW is not allowed; DESCRIBE and SUMMARIZE of a view are")
        elif "function_name" in node:
            self._check_function(node, _FUNCTIONS)

    def _check_table(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        path = [str(part) for part in node["qualified_name"]["path"]]
        shown = ".".join(path)
        if node.get("schema_name") or node.get("catalog_name") or len(path) != 1:
            raise refusal(f"{shown} is not allowed")
        name = path[0].lower()
        if name != str(node.get("table_name", "")).lower() or node.get("at_clause"):
            raise refusal(f"{shown} is not allowed")
        if name in scope:
            return
        if name not in VIEWS:
            raise refusal(f"there is no view {path[0]!r}")
        self.views.add(name)

    def _check_function(self, node: dict[str, Any], allowed: frozenset[str]) -> None:
        name = str(node["function_name"]).lower()
        path = (node.get("qualified_name") or {}).get("path", [name])
        if node.get("schema") or node.get("catalog") or len(path) != 1:
            raise refusal(f"{'.'.join(map(str, path))}: call functions by their plain names")
        if str(path[0]).lower() != name or name not in allowed:
            place = " in the place of a table" if allowed is TABLE_FUNCTIONS else ""
            raise refusal(f"the function {path[0]} is not allowed{place}")


def refusal(text: str) -> InvalidQuery:
    """Returns the error for refused SQL, with the reason and what is allowed."""
    return InvalidQuery(f"{text}. {_HINT}", field="query")


def wrong(error: BaseException) -> InvalidQuery:
    """Returns the error for SQL that DuckDB cannot parse or evaluate."""
    text = str(error).strip().split("\n\nPossible solutions")[0]
    return InvalidQuery(text, field="query")
