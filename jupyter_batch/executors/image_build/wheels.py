"""Downloads the wheels for an image, so that its build needs no network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jupyter_batch.domain.value import Value
from jupyter_batch.errors import ExecutorError

#: Wheels that were got for the same requirements are taken again for so long.
_FRESH_SECONDS = 24 * 3600
_OLD_PLATFORMS = ((17, "manylinux2014"), (12, "manylinux2010"), (5, "manylinux1"))
_MUSL_MINORS = range(1, 6)


class Target(Value, frozen=True, kw_only=True):
    """The Python that the wheels are for."""

    #: Such as ``3.11``.
    python: str
    #: As ``platform.machine()`` says it: ``x86_64``, ``aarch64``.
    machine: str
    #: Such as ``2.36``; empty for musl.
    glibc: str

    def platforms(self) -> list[str]:
        """Returns the platform tags that it accepts, best first."""
        if not self.glibc:
            return [f"musllinux_1_{minor}_{self.machine}" for minor in reversed(_MUSL_MINORS)]
        minor = int(self.glibc.split(".")[1])
        tags = [f"manylinux_2_{n}_{self.machine}" for n in range(minor, 4, -1)]
        tags += [f"{name}_{self.machine}" for n, name in _OLD_PLATFORMS if n <= minor]
        return [*tags, f"linux_{self.machine}"]

    @property
    def is_here(self) -> bool:
        """Returns whether wheels that are built on this machine run there."""
        own_glibc = platform.libc_ver()[1] if platform.libc_ver()[0] == "glibc" else ""
        return (
            sys.platform == "linux"
            and platform.machine() == self.machine
            and self.python == f"{sys.version_info.major}.{sys.version_info.minor}"
            and bool(own_glibc) == bool(self.glibc)
        )


def cache_folder() -> Path:
    """Returns the cache folder."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "jupyter-batch"


def get_wheels(
    requirements: Sequence[str],
    target: Target,
    report: Callable[[str], None],
    *,
    cache: Path | None = None,
) -> Path:
    """Returns a folder with the wheels of the requirements and all that they need.

    ``requirements`` are lines as in a requirements file. Blocks; raises ExecutorError with
    what pip said.
    """
    asked = [sorted(requirements), target.python, target.machine, target.glibc]
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]
    folder = (cache or cache_folder() / "wheels") / key
    # One from a time to come was made before the clock was set back: nobody knows when.
    if folder.is_dir() and 0 <= time.time() - folder.stat().st_mtime < _FRESH_SECONDS:
        report(f"taking {len(list(folder.iterdir()))} wheels from the cache")
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="get-") as temporary:
        new = Path(temporary) / "wheels"
        new.mkdir()
        listed = Path(temporary) / "requirements.txt"
        listed.write_text("\n".join(requirements) + "\n")
        _download(listed, new, target, Path(temporary), report)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    return folder


def _download(
    listed: Path, new: Path, target: Target, temporary: Path, report: Callable[[str], None]
) -> None:
    pip = [*_pip(temporary), "--disable-pip-version-check"]
    options = ["--only-binary=:all:", "--python-version", target.python, "--implementation", "cp"]
    options += [f"--platform={tag}" for tag in target.platforms()]
    report(f"downloading wheels for Python {target.python} on {target.machine}")
    failure = _run([*pip, "download", "-d", str(new), "-r", str(listed), *options], report)
    if failure and target.is_here:
        report("some packages have no wheels: building them here")
        failure = _run([*pip, "wheel", "-w", str(new), "-r", str(listed)], report)
    if failure:
        raise ExecutorError(f"the packages for the image cannot be got: {failure}")


def _pip(temporary: Path) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    # An environment made without pip: the standard library brings one along.
    made = temporary / "pip"
    failure = _run([sys.executable, "-m", "venv", str(made)], lambda _: None)
    if failure:
        raise ExecutorError(f"neither pip nor uv is here to get packages with: {failure}")
    return [str(made / "bin" / "python"), "-m", "pip"]


def _run(command: list[str], report: Callable[[str], None]) -> str:
    """Returns an empty text, or why the command failed."""
    last: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in _lines(process):
            last = [*last, line][-20:]
            if line.startswith(("Collecting ", "Building wheel")):
                report(line.split(" (")[0].replace("Collecting", "getting"))
    if process.returncode == 0:
        return ""
    errors = [line for line in last if line.startswith("ERROR")]
    return " ".join(errors or last[-3:]) or f"{command[0]} ended with {process.returncode}"


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line.strip()
