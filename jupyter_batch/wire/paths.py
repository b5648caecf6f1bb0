"""Paths that callers give."""

from __future__ import annotations

from jupyter_batch.errors import InvalidInput


def check_upload_path(path: str, *, field: str) -> None:
    """Raises InvalidInput unless the path stays below the folder that it is relative to."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise InvalidInput(
            f"{path!r} is no path below the notebook's folder: use names and '/', without '..'",
            field=field,
        )
    if any(ord(character) < 32 for character in path):
        raise InvalidInput("a path has no control characters", field=field)
