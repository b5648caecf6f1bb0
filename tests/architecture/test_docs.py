"""The documentation builds without a warning, and no code block in it goes unchecked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if "_build" not in path.parts and "generated" not in path.parts
]
#: Fences that are executed by tests/e2e/test_documentation.py.
_EXECUTED = {"console", "python"}
_REASON = re.compile(r"<!-- not executed: .{10,} -->$")


def test_the_documentation_builds_without_a_warning(tmp_path: Path):
    folders = ["-d", str(tmp_path / "doctrees"), str(DOCS), str(tmp_path / "html")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", *folders],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rest = (tmp_path / "html" / "reference" / "rest.html").read_text(encoding="utf-8")
    assert "batch/runs/{run_id}/cells" in rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_each_code_block_is_executed_or_says_why_not(page: Path):
    lines = page.read_text(encoding="utf-8").splitlines()
    unexplained = []
    inside = False
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        inside = not inside
        language = line.strip("`").strip()
        if not inside or language.startswith("{") or language in _EXECUTED:
            continue
        if not number or not _REASON.match(lines[number - 1]):
            unexplained.append((number + 1, language))
    assert unexplained == []


def test_each_decision_has_context_decision_and_cost():
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert len(pages) >= 35
    for number, page in enumerate(pages, 1):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {number:04d}. "), page
        assert [h for h in ("Context", "Decision", "Cost") if f"\n## {h}\n" not in text] == [], page
