from __future__ import annotations

import ast
import io
import sys
import zipfile
from pathlib import Path

import jupyter_batch.runner
from jupyter_batch.runner.pack import zipapp_bytes

FOLDER = Path(jupyter_batch.runner.__file__).parent
#: What papermill brings.
BROUGHT = {"papermill", "nbclient", "jupyter_client", "jupyter_core", "zmq"}


def test_the_same_sources_give_the_same_bytes():
    assert zipapp_bytes() == zipapp_bytes()


def test_all_modules_but_the_packing_are_in_it():
    names = zipfile.ZipFile(io.BytesIO(zipapp_bytes())).namelist()
    modules = {path.name for path in FOLDER.glob("*.py")} - {
        "pack.py",
        "__main__.py",
        "package_shim.py",
    }
    shim = {name for name in names if name.startswith("shim/")}
    assert {name for name in names if name.endswith(".py")} - shim == {
        "__main__.py",
        *(f"jb_runner/{name}" for name in modules),
    }


def test_the_runner_imports_nothing_but_the_standard_library_and_what_papermill_brings():
    imported = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add((node.module or "").partition(".")[0])
    assert imported - set(sys.stdlib_module_names) <= BROUGHT


def test_the_runner_is_written_for_python_3_9():
    for path in FOLDER.glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
