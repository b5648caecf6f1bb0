"""Loads SQL from the files beside this module; every query has a name and a comment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_MARK = "-- name: "


def parse_queries(text: str) -> dict[str, str]:
    """Returns the named blocks of a file; raises ValueError for a duplicate name."""
    queries: dict[str, str] = {}
    for block in ("\n" + text).split("\n" + _MARK)[1:]:
        name, _, body = block.partition("\n")
        if name.strip() in queries:
            raise ValueError(f"two queries are named {name.strip()!r}")
        lines = [line for line in body.splitlines() if not line.startswith("--")]
        queries[name.strip()] = "\n".join(lines).strip()
    return queries


@cache
def load_queries(name: str) -> Mapping[str, str]:
    """Returns the queries of ``queries/<name>.sql`` by their names."""
    text = files("jupyter_batch.store").joinpath("queries", f"{name}.sql").read_text("utf-8")
    return MappingProxyType(parse_queries(text))


@cache
def load_migrations(kind: str) -> tuple[tuple[int, str], ...]:
    """Returns number and script of each migration of ``records`` or ``outputs``, in order."""
    folder = files("jupyter_batch.store").joinpath("migrations", kind)
    scripts = [
        (int(entry.name.split("_", 1)[0]), entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    ]
    return tuple(sorted(scripts))
