"""Finds a notebook of this machine, and packs it where the server cannot read it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_batch.client.arguments.options import upload
from jupyter_batch.client.arguments.shape_check import path_text
from jupyter_batch.errors import InvalidInput, InvalidNotebook, NotFound


def local_notebook(path: str | os.PathLike[str]) -> Path:
    """Returns the absolute path of a notebook of this machine; raises NotFound, InvalidNotebook."""
    found = Path(os.path.abspath(Path(os.path.expanduser(path_text(path)))))
    if found.is_file():
        return found
    if found.is_dir():
        raise InvalidNotebook(f"{path} is a folder, not a notebook", field="notebook")
    hint = ""
    if found.suffix == "" and found.with_suffix(".ipynb").is_file():
        hint = f"; did you mean {found.with_suffix('.ipynb').name}?"
    raise NotFound(f"there is no notebook {path}{hint}", field="notebook")


def sent_along(path: Path, patterns: list[str]) -> dict[str, Any]:
    """Returns the fields that carry a notebook, and the files beside it, in the request."""
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidNotebook(f"{path} is not a notebook: {error}", field="notebook") from error
    return {
        "notebook": path.name,
        "content": content,
        "uploads": [
            upload(name, path.parent.joinpath(name).read_bytes())
            for name in matching(path.parent, patterns)
        ],
    }


def matching(folder: Path, patterns: list[str]) -> list[str]:
    """Returns the files below a folder that match any of the patterns, with ``/``, in order.

    A pattern that names a folder takes all below it. Raises InvalidInput for a pattern that
    leads upwards or matches nothing.
    """
    found: set[str] = set()
    for index, pattern in enumerate(patterns):
        field = f"files.{index}"
        parts = PurePosixPath(pattern)
        if not pattern or parts.is_absolute() or ".." in parts.parts:
            raise InvalidInput(
                f"{pattern!r}: files are named relative to the notebook's folder, never upwards",
                field=field,
            )
        names = {name for match in folder.glob(pattern) for name in _files(folder, match)}
        if not names:
            raise InvalidInput(f"no file matches {pattern!r} in {folder}", field=field)
        found |= names
    return sorted(found)


def _files(folder: Path, match: Path) -> list[str]:
    every = match.rglob("*") if match.is_dir() else [match]
    return [file.relative_to(folder).as_posix() for file in every if file.is_file()]
