"""One name means one thing, docstrings are sentences, and no module needs itself."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import grimp
import pytest

from tests.architecture.test_house import PYTHON

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_batch"
PANEL = ROOT / "labextension-config" / "src"

#: Nouns of the product, and parts that each layer or each executor has of its own. A module with
#: one of these names is about the same thing wherever it stands.
SHARED_NOUNS = {
    *("artifacts", "backup", "cell", "events", "imports", "job", "jobs", "notebooks", "outputs"),
    *("owner", "parameters", "records", "requests", "results", "retention", "run", "runs"),
    *("schedules", "secrets", "store", "sweep", "sweeps", "triggers", "grids", "paths"),
    *("errors", "executor", "following"),
}
#: Fakes stand in ``testing`` under the name of what they stand in for.
_FAKES = PACKAGE / "testing"
#: Values of the domain, and what a caller has in hand of them. The client's are what people see,
#: so they have the plain name as well.
SHARED_CLASSES = {
    *("Artifact", "Job", "JobList", "Run", "RunList", "Sweep", "SweepList", "Trigger"),
}

#: A docstring that begins so is a clause without a sentence around it.
_BARE_CLAUSE = re.compile(
    r"(?:What|Whatever|Whether|Who|Whoever|Where|Wherever|When|How|Why|Which|That|If)\b"
)
#: Words that this project once used for what has a name in the field.
_RETIRED = {
    *("apart", "doomed", "door", "doors", "foresight", "gave", "luck", "passing", "said", "told"),
}


def test_a_module_name_means_one_thing():
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        if not path.name.startswith("__") and _FAKES not in path.parents:
            places[path.stem].append(str(path.relative_to(PACKAGE)))
    shared = {
        name: sorted(found)
        for name, found in places.items()
        if len(found) > 1 and name not in SHARED_NOUNS
    }
    assert shared == {}


def test_a_public_class_name_means_one_thing():
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(PACKAGE)))
    shared = {
        name: found
        for name, found in places.items()
        if len(found) > 1 and name not in SHARED_CLASSES
    }
    assert shared == {}


def test_no_python_module_needs_itself_at_run_time():
    graph = grimp.build_graph("jupyter_batch", cache_dir=None, exclude_type_checking_imports=True)
    needs = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert list(_cycles(needs)) == []


def test_no_module_of_the_panel_needs_itself_at_run_time():
    files = [*PANEL.rglob("*.ts"), *PANEL.rglob("*.tsx")]
    needs = {str(path.relative_to(PANEL)): set(_panel_imports(path)) for path in files}
    assert list(_cycles(needs)) == []


def _panel_imports(path: Path) -> Iterator[str]:
    """Yields the modules of the panel that a module imports for more than their types."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"^(?:import|export) (?!type\b)[^;]*?from '(\.[^']*)'", text, re.M):
        place = (path.parent / target).resolve()
        for one in (place.with_suffix(".ts"), place.with_suffix(".tsx"), place / "index.ts"):
            if one.exists():
                yield str(one.relative_to(PANEL))


def _cycles(needs: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Yields the groups of modules that need each other (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(one: str) -> Iterator[list[str]]:
        order[one] = low[one] = len(order)
        stack.append(one)
        for other in sorted(needs.get(one, ())):
            if other not in order:
                yield from visit(other)
                low[one] = min(low[one], low[other])
            elif other in stack:
                low[one] = min(low[one], order[other])
        if low[one] == order[one]:
            group = stack[stack.index(one) :]
            del stack[stack.index(one) :]
            if len(group) > 1:
                yield sorted(group)

    for one in sorted(needs):
        if one not in order:
            yield from visit(one)


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
