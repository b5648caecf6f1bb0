"""The public API is typed; ``make test`` and tests/panel/test_wheel.py let mypy check its use."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

import jupyter_batch

USE = Path(__file__).with_name("public_api.py")


def test_the_package_says_that_it_is_typed():
    assert files("jupyter_batch").joinpath("py.typed").is_file()


def test_every_public_name_is_used_there():
    used = {
        node.attr
        for node in ast.walk(ast.parse(USE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "jb"
    }
    assert set(jupyter_batch.__all__) - {"__version__"} - used == set()
