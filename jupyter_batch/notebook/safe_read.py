"""Reads regular files below a root folder, and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from jupyter_batch.errors import InvalidInput


class OutsideRoot(Exception):
    """The path leads outside the root folder."""


def inside(root: Path, path: Path) -> Path:
    """Returns the path with all links followed; raises OutsideRoot, FileNotFoundError, OSError."""
    real = path.resolve(strict=True)
    if not real.is_relative_to(root):
        raise OutsideRoot
    return real


def read_regular(real: Path, *, limit: int) -> bytes | None:
    """Returns the bytes of a file whose links have been followed; None: more than ``limit``.

    Raises OSError, and InvalidInput for what is no regular file: reading a pipe could wait
    for ever.
    """
    # NOFOLLOW: nobody has put a link in its place meanwhile. NONBLOCK: a pipe opens at once.
    handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb", buffering=0) as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise InvalidInput(f"{real.name!r} is no regular file")
        if about.st_size > limit:
            return None
        content = file.readall()
    return content if len(content) <= limit else None
