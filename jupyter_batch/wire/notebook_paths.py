"""Paths that callers give."""

from __future__ import annotations

from jupyter_batch.domain.paths import path_problem
from jupyter_batch.errors import InvalidInput


def check_upload_path(path: str, *, field: str) -> None:
    """Raises InvalidInput unless the path stays below the folder that it is relative to."""
    problem = path_problem(path)
    if problem is not None:
        raise InvalidInput(
            f"{path!r} is no path below the notebook's folder: {problem}; use names and '/', "
            "without '..'",
            field=field,
        )
