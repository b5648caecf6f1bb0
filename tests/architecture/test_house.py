"""The rules of the house: layers, sizes, words."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()
GENERATED = {"labextension-config/src/api/schema.ts"}
SOURCES = [
    ROOT / name
    for name in TRACKED
    if name.endswith((".py", ".ts", ".tsx")) and name not in GENERATED
]
PYTHON = [path for path in SOURCES if path.suffix == ".py" and path.exists()]


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Returns the lines of a function without its docstring, which describes its parameters."""
    first = function.body[0]
    is_docstring = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_imports_go_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_file_is_too_large_to_know():
    large = {
        str(path.relative_to(ROOT)): _lines(path)
        for path in SOURCES
        if path.exists() and _lines(path) > (500 if "tests" in path.parts else 400)
    }
    assert large == {}


def test_no_function_is_longer_than_sixty_lines():
    long = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in PYTHON
        for function in _functions(_tree(path))
        if _code_lines(function) > 60
    ]
    assert long == []


def test_every_public_class_and_function_has_a_docstring():
    bare = []
    for path in PYTHON:
        if "tests" in path.parts:
            continue
        for node in _tree(path).body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and not node.name.startswith("_")
                and ast.get_docstring(node) is None
            ):
                bare.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert bare == []


def test_only_the_docker_executor_imports_docker():
    importers = {
        path.relative_to(ROOT / "jupyter_batch").parts[0]
        for path in PYTHON
        if "jupyter_batch" in path.parts and "tests" not in path.parts
        for node in ast.walk(_tree(path))
        if (
            isinstance(node, ast.Import)
            and any(a.name.split(".")[0] == "docker" for a in node.names)
        )
        or (
            isinstance(node, ast.ImportFrom)
            and not node.level
            and (node.module or "").split(".")[0] == "docker"
        )
    }
    assert importers <= {"executors"}


def test_only_the_clock_reads_the_time():
    readers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("domain", "services")
        for path in (ROOT / "jupyter_batch" / folder).rglob("*.py")
        if path.name != "clock.py"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date", "time"}
    ]
    assert readers == []


@pytest.mark.parametrize("name", [n for n in TRACKED if n.endswith(".ipynb")] or ["none"])
def test_notebooks_in_git_have_no_outputs(name: str):
    if name == "none":
        pytest.fail("there are no notebooks")
    cells = json.loads((ROOT / name).read_text(encoding="utf-8"))["cells"]
    assert [c for c in cells if c.get("outputs") or c.get("execution_count")] == []
