"""Files of the data folder."""

from __future__ import annotations

import os
from pathlib import Path


def folder_size(folder: Path) -> int:
    """Returns the bytes of all files below a folder."""
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # It was removed meanwhile.
    return size


def sync_file(path: Path) -> None:
    """Syncs a file and its folder, so that they survive a loss of power."""
    for place in (path, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
