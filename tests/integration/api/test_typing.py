"""The public API is typed, and type checkers of its users see that."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jupyter_batch

ROOT = Path(__file__).parents[3]
USE = Path(__file__).with_name("public_api.py")


def test_the_package_says_that_it_is_typed():
    assert files("jupyter_batch").joinpath("py.typed").is_file()


def test_mypy_strict_agrees_with_what_the_public_api_promises():
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unreachable", str(USE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_public_name_is_used_there():
    used = {
        node.attr
        for node in ast.walk(ast.parse(USE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "jb"
    }
    assert set(jupyter_batch.__all__) - {"__version__"} - used == set()
