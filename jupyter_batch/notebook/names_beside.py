"""Lists what lies beside a notebook, for advice about files that were not sent with it."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from jupyter_batch.notebook.safe_read import OutsideRoot, inside

_MOST_NAMES, _MOST_CHARACTERS = 1000, 100_000
_MOST_LEVELS = 3
_IGNORED = frozenset({"__pycache__"})


def names_beside(path: str, root: str) -> tuple[str, ...]:
    """Returns names of files beside a notebook, nearest first; see ports.Notebooks."""
    try:
        folder = inside(Path(root).resolve(), Path(root, path).parent)
    except (OutsideRoot, OSError, RuntimeError, ValueError):
        return ()
    names: list[str] = []
    left = _MOST_CHARACTERS
    folders = deque([(folder, "", 1)])
    while folders:
        place, prefix, level = folders.popleft()
        for entry in _entries(place):
            is_folder = entry.is_dir(follow_symlinks=False)
            name = f"{prefix}{entry.name}{'/' if is_folder else ''}"
            left -= len(name)
            if len(names) == _MOST_NAMES or left < 0:
                return tuple(names)
            names.append(name)
            if is_folder and level < _MOST_LEVELS:
                folders.append((Path(entry.path), name, level + 1))
    return tuple(names)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if _is_named(entry.name)]
    except OSError:
        return []
    return sorted(found, key=lambda entry: entry.name)


def _is_named(name: str) -> bool:
    # Text of other encodings is not printable.
    return name.isprintable() and not name.startswith(".") and name not in _IGNORED
