"""Importing the package is light, and so is what a script needs of it."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("papermill", "docker", "duckdb", "tornado", "nbformat", "apscheduler", "IPython")


def loaded(code: str) -> list[str]:
    """Returns the modules that are there after some code in a process of its own."""
    code += "\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def heavy(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} & set(HEAVY)


def test_the_import_alone_loads_nothing_else():
    modules = loaded("import jupyter_batch")
    assert heavy(modules) == set()
    assert [name for name in modules if name.startswith("jupyter_batch.")] == []
    assert "httpx" not in modules


def test_the_python_api_needs_nothing_of_the_server():
    modules = loaded(
        "import jupyter_batch as jb\n"
        "client = jb.Client(url='http://127.0.0.1:9/')\n"
        "jb.run, jb.submit, jb.schedule, jb.sweep, jb.get, client.runs, client.jobs, client.sweeps"
    )
    assert "jupyter_batch.client.client" in modules
    assert heavy(modules) == set()
    parts = {name.split(".")[1] for name in modules if name.startswith("jupyter_batch.")}
    assert parts <= {"client", "containment", "domain", "errors", "wire"}
