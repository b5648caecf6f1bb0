"""Comments and docstrings name files, modules and names that exist."""

from __future__ import annotations

import ast
import builtins
import functools
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_house import ROOT, SOURCES, TRACKED

#: Names that look like files of ours.
_FILE = re.compile(
    r"(?<![\w/.{*\\-])((?:[\w.-]+/)*[\w.-]*\w\.(?:py|md|sql|tsx?|sh|toml|ya?ml|json))(?![\w/(])"
)
#: Paths in pages, which may have a star.
_PATH = re.compile(
    r"(?<![\w/.-])((?:jupyter_batch|tests|labextension-config|\.ci)/[\w./*-]*[\w/*])(?![\w<])"
)
_MODULE = re.compile(r"\b((?:jupyter_batch|tests)(?:\.\w+)+)")
_CODE = re.compile(r"``([A-Za-z_][\w.]*)(?:\([^`\n]*\))?``")
#: What is no file of the repository, and why it is named.
NOT_OURS = {
    "Store.sql": "a part of a port",
    "msgspec.json": "a module of a library",
    "openapi.json": "the server makes it",
    "sb.glue": "a function of scrapbook",
    "pm.record": "a function that papermill once had",
}


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


@functools.cache
def _parts_of(path: Path) -> tuple[list[tuple[int, str]], set[str]]:
    """Returns the comments and docstrings of a file with their lines, and the words of its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        notes = list(re.finditer(r"/\*.*?\*/|(?<!:)//[^\n]*", text, re.DOTALL))
        return [(text.count("\n", 0, m.start()) + 1, m[0]) for m in notes], set()
    found = [(one.lineno, str(one.value)) for one in _docstrings(ast.parse(text))]
    lines = {line for line, _ in found}
    words: set[str] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found.append((token.start[0], token.string))
        elif token.type != tokenize.STRING or token.start[0] not in lines:
            words.update(re.findall(r"\w+", token.string))
    return found, words


def _notes() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        if path.exists():
            for line, text in _parts_of(path)[0]:
                yield f"{path.relative_to(ROOT)}:{line}", text


def test_a_file_that_a_comment_names_exists():
    parts = [name.split("/") for name in TRACKED if (ROOT / name).exists()]
    known = {"/".join(part[start:]) for part in parts for start in range(len(part))}
    missing = [
        f"{place}: {name}"
        for place, text in _notes()
        for name in _FILE.findall(text)
        if name not in known and name not in NOT_OURS
    ]
    assert missing == []


def test_a_path_that_a_page_names_exists():
    missing = [
        f"{name}: {path}"
        for name in TRACKED
        if name.endswith(".md") and (ROOT / name).exists()
        for path in _PATH.findall((ROOT / name).read_text(encoding="utf-8"))
        if not any(ROOT.glob(path.rstrip("/")))
    ]
    assert missing == []


def test_a_module_that_a_comment_names_exists():
    missing = [
        f"{place}: {name}"
        for place, text in _notes()
        for name in _MODULE.findall(text)
        if not _is_there(name)
    ]
    assert missing == []


def _is_there(name: str) -> bool:
    """Returns whether there is such a module, or such a name in the module before it."""
    place = ROOT / name.replace(".", "/")
    if place.is_dir() or place.with_suffix(".py").exists():
        return True
    path = (
        place.parent / "__init__.py" if place.parent.is_dir() else place.parent.with_suffix(".py")
    )
    return path.exists() and place.name in _parts_of(path)[1]


def test_a_name_that_a_docstring_quotes_is_in_the_code():
    known = {*dir(builtins), *sys.stdlib_module_names}
    for path in SOURCES:
        if path.exists():
            code = path.read_text(encoding="utf-8") if path.suffix != ".py" else ""
            known |= _parts_of(path)[1] | set(re.findall(r"\w+", code))
    known |= {word for path in ROOT.glob("jupyter_batch/store/**/*.sql") for word in _words(path)}
    missing = [
        f"{place}: {name}"
        for place, text in _notes()
        for name in _CODE.findall(text)
        if name not in NOT_OURS and not known.issuperset(name.strip(".").split("."))
    ]
    assert missing == []


def _words(path: Path) -> list[str]:
    return re.findall(r"\w+", path.read_text(encoding="utf-8"))
