"""Every command and every Python example of the documentation does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)


def _blocks(page: Path) -> list[tuple[str, str]]:
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


PAGES = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if "_build" not in path.parts and "generated" not in path.parts and _blocks(path)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example notebooks, as after a clone."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    return folder


def _run(place: Path, command: list[str] | str) -> None:
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_BATCH_DATA": str(place / "data"),
    }
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.docker
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_all_blocks_of_a_page_work_in_order(place: Path, page: Path):
    for language, block in _blocks(page):
        if language == "python":
            _run(place, [sys.executable, "-c", block])
            continue
        lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        assert lines, block
        for line in lines:
            _run(place, line)


@pytest.mark.docker
def test_the_tutorial_leaves_what_it_says(place: Path):
    for file in ("walks.ipynb", "walks.html", "results/walks.svg"):
        assert (place / file).exists(), file
    executed = json.loads((place / "walks.ipynb").read_text(encoding="utf-8"))
    assert any(cell.get("outputs") for cell in executed["cells"])
