"""Every command and every example of the README does what it says."""

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
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ jupyter ")
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example notebooks, as after a clone."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    config = folder / "config"
    config.mkdir()
    settings = {"BatchExtension": {"on_demand_idle_seconds": 20.0}}
    (config / "jupyter_server_config.json").write_text(json.dumps(settings))
    return folder


def in_place(place: Path, command: list[str] | str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_BATCH_DATA": str(place / "data"),
        "JUPYTER_CONFIG_DIR": str(place / "config"),
    }
    shell = isinstance(command, str)
    return subprocess.run(
        command, shell=shell, cwd=place, env=env, capture_output=True, text=True, timeout=300
    )


def test_the_readme_has_a_tour():
    assert len(COMMANDS) == 5
    assert len(PYTHON) == 1


@pytest.mark.docker
def test_every_command_of_the_tour_works_in_order(place: Path):
    for command in COMMANDS:
        done = in_place(place, command)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
    assert (place / "walks.ipynb").exists()
    assert (place / "walks.html").exists()
    assert (place / "results" / "walks.svg").exists()
    jobs = json.loads(in_place(place, "jupyter batch jobs --json").stdout)
    assert "walks" in [job["name"] for job in (jobs["items"] if isinstance(jobs, dict) else jobs)]


@pytest.mark.docker
def test_the_python_examples_work(place: Path):
    for example in PYTHON:
        done = in_place(place, [sys.executable, "-c", example])
        assert done.returncode == 0, done.stderr
        assert "succeeded" in done.stdout


@pytest.mark.docker
def test_the_demo_shows_a_record_and_the_executed_notebook(tmp_path: Path):
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir(parents=True)
    shutil.copytree(ROOT / "notebooks", clone / "notebooks")
    shutil.copy(ROOT / ".ci" / "demo.sh", clone / ".ci")
    (clone / ".venv").symlink_to(Path(sys.prefix))
    done = in_place(clone, ["bash", ".ci/demo.sh"])
    assert done.returncode == 0, done.stderr
    assert "succeeded" in done.stdout
    assert "walks.svg" in done.stdout
    executed = json.loads((clone / "demo-output" / "quickstart.ipynb").read_text())
    assert any(cell.get("outputs") for cell in executed["cells"])
