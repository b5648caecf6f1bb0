"""Makes a base image from Debian's packages, where no image registry can be reached."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from jupyter_batch.errors import ExecutorError

#: Python of each release that can be a base.
SUITES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
_FALLBACK = "bookworm"
_PACKAGES = "python3-minimal,python3-venv,ca-certificates"
_SECONDS = 900


def suite_for(python: str) -> str:
    """Returns the release with that Python, or bookworm where none has it."""
    return SUITES.get(python, _FALLBACK)


def obstacle() -> str | None:
    """Returns the reason why a base cannot be made here, or None."""
    if shutil.which("mmdebstrap") is None:
        return "mmdebstrap is missing (`apt-get install mmdebstrap`)"
    if os.geteuid() != 0:
        return "it takes root"
    return None


def make_base(suite: str, report: Callable[[str], None]) -> Path:
    """Returns a tar file with a root file system, which the caller removes. Blocks."""
    why_not = obstacle()
    if why_not:
        raise ExecutorError(f"no base image can be made from Debian's packages: {why_not}")
    report(f"making a base image from Debian's packages ({suite}); this takes about half a minute")
    handle, name = tempfile.mkstemp(prefix="jupyter-batch-base-", suffix=".tar")
    os.close(handle)
    command = ["mmdebstrap", "--variant=minbase", f"--include={_PACKAGES}"]
    for kind in ("doc", "man", "info", "locale", "lintian"):
        command.append(f"--dpkgopt=path-exclude=/usr/share/{kind}/*")
    command += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", suite, name]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        Path(name).unlink()
        raise ExecutorError(f"mmdebstrap did not get to its end: {error}") from error
    if done.returncode != 0:
        Path(name).unlink()
        raise ExecutorError(f"mmdebstrap failed: {done.stderr.strip()[-600:]}")
    return Path(name)
