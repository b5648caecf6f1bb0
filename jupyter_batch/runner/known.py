"""Drops papermill's warning about unknown parameters that the notebook does set."""

from __future__ import annotations

import ast
import json
import logging
import re
from typing import Any, Optional, Set

_WARNING = "Passed unknown parameter: "


class KnownParameters(logging.Filter):
    """Drops papermill's warning about a name that the notebook's parameters cell sets.

    Papermill reads that cell line by line, and overlooks a name that stands among others, that has
    an annotation only, or whose line is not as plain as it expects. The notebook is read when there
    is a warning.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._source: Optional[str] = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether a line goes to the log."""
        message = record.getMessage()
        if not message.startswith(_WARNING):
            return True
        if self._source is None:
            self._source = _parameters_source(self._path)
        return not sets(self._source, message[len(_WARNING) :])


def sets(source: str, name: str) -> bool:
    """Returns whether code gives a name a value, or an annotation."""
    signs = "<-"
    try:
        if name in _bound(ast.parse(source)):
            return True
    except (SyntaxError, ValueError, RecursionError):
        # Another language, or IPython's own syntax.
        signs = "<-|=(?!=)|:"
    return re.search(rf"(?m)^\s*{re.escape(name)}\s*(?:{signs})", source) is not None


def _bound(tree: ast.Module) -> Set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _parameters_source(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            cells = json.load(file)["cells"]
        return "\n".join(_text(cell["source"]) for cell in cells if _is_parameters(cell))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _is_parameters(cell: Any) -> bool:
    return "parameters" in cell.get("metadata", {}).get("tags", ())


def _text(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)
