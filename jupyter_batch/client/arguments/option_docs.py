"""Writes the options of a call into its docstring, one by one, as its signature has them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

#: The entries of all documented options, by name, without indentation.
_entries: dict[str, str] = {}
_ENTRY = re.compile(r"(?m)^(?=\w+ : )")
_PACKED = re.compile(r"(?m)^( *)\*\*options : .*\n(?:\1 +.*\n)+")


def document_options(*kinds: type) -> None:
    """Notes the entries in the Attributes sections of classes of options."""
    for kind in kinds:
        section = (inspect.getdoc(kind) or "").partition("Attributes\n----------\n")[2]
        for entry in _ENTRY.split(section):
            if entry:
                _entries[entry.partition(" : ")[0]] = entry.rstrip()


def with_options(docstring: str | None, names: list[str]) -> str | None:
    """Returns a docstring with an entry for each option in the place of ``**options``."""
    if docstring is None:  # python -OO
        return None
    texts = [_entries[name] for name in names if name in _entries]

    def listed(match: re.Match[str]) -> str:
        lines = "\n".join(texts).split("\n")
        return "".join(f"{match[1]}{line}\n" if line else "\n" for line in lines)

    return _PACKED.sub(listed, docstring, count=1) if texts else docstring


def documented_by(source: Callable[..., Any]) -> Callable[[F], F]:
    """Returns a decorator that gives a function the docstring of the one that it forwards to."""

    def documented(function: F) -> F:
        function.__doc__ = inspect.getdoc(source)
        return function

    return documented
