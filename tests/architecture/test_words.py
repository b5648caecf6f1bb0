"""Docstrings are sentences, and names are words of the field."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_house import PYTHON, ROOT

#: A docstring that begins so is a clause without a sentence around it.
_BARE_CLAUSE = re.compile(
    r"(?:What|Whatever|Whether|Who|Whoever|Where|Wherever|When|How|Why|Which|That|If)\b"
)
#: Words that this project once used for what has a name in the field.
_RETIRED = {
    *("doomed", "door", "doors", "foresight", "luck", "said", "told"),
}


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ) and not node.name.startswith("test_"):
            yield node.name


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()))


def _bare_clauses(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            if _BARE_CLAUSE.match(text):
                yield text.splitlines()[0]


def test_no_docstring_begins_with_a_bare_clause():
    bare = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in PYTHON
        for text in _bare_clauses(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert bare == []


def test_no_name_has_a_retired_word():
    retired = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in PYTHON
        for name in [path.stem, *_names(ast.parse(path.read_text(encoding="utf-8")))]
        if _words(name) & _RETIRED
    ]
    assert retired == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("_told", {"told"}), ("DoorKeeper", {"door", "keeper"}), ("goldsmith", {"goldsmith"})],
)
def test_a_name_is_read_word_by_word(name: str, words: set[str]):
    assert _words(name) == words
