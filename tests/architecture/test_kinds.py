"""The kinds of executors are declared in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_batch"
PANEL = ROOT / "labextension-config" / "src"


def test_only_the_registry_lists_the_kinds_of_executors():
    listing = [*_listing(EXECUTOR_KINDS), *_panel_listing(EXECUTOR_KINDS)]
    assert listing == ["jupyter_batch/domain/executor_kinds.py"]


def test_each_kind_of_executor_has_a_folder_and_no_folder_is_unknown():
    folders = {
        path.parent.name for path in (PACKAGE / "executors").glob("*/executor.py") if path.exists()
    }
    assert folders == {*EXECUTOR_KINDS}


def _listing(names: Iterable[str]) -> Iterator[str]:
    """Yields the Python modules that name more than one kind in what they do, or in one text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if _lists(texts, {*names}):
            yield str(path.relative_to(ROOT))


def _panel_listing(names: Iterable[str]) -> Iterator[str]:
    for path in sorted([*PANEL.rglob("*.ts"), *PANEL.rglob("*.tsx")]):
        texts = re.findall(r"'([^'\n]*)'", path.read_text(encoding="utf-8"))
        if path.name != "schema.ts" and _lists(texts, {*names}):
            yield str(path.relative_to(ROOT))


def _lists(texts: list[str], names: set[str]) -> bool:
    if len(names.intersection(texts)) > 1:
        return True
    return any(len(names.intersection(re.findall(r"\w+", text))) > 1 for text in texts)
