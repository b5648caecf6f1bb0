"""Joins a folder and an untrusted path, so that the result stays in the folder."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_batch.domain.paths import path_problem
from jupyter_batch.errors import UnsafePath


def join_inside(folder: str | os.PathLike[str], path: str) -> Path:
    """Returns the real path of a path below a folder, with all links followed.

    Raises UnsafePath for what ``path_problem`` refuses, and where a link leads out of the
    folder. The folder itself may be a link, and nothing needs to exist. Every place that
    writes to, or reads from, a path that is not its own calls this one.
    """
    problem = path_problem(path)
    if problem is not None:
        raise UnsafePath(f"{path!r} is no path of a file below a folder: {problem}", path=path)
    root = os.path.realpath(folder)
    # Not Path.resolve, which raises for links in a circle.
    real = os.path.realpath(os.path.join(root, path))
    if os.path.commonpath((root, real)) != root or real == root:
        raise UnsafePath(f"{path!r} leads out of {folder} by a link", path=path)
    return Path(real)
