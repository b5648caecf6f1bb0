"""Finds the files that a notebook writes to its working folder instead of the output folder."""

from __future__ import annotations

import os
import stat
import time
from typing import Iterator, List, Tuple

from .paths import readable

_IGNORED = frozenset({"__pycache__"})
#: The search stops after this many entries, so that it stays fast in large folders.
_MOST_ENTRIES = 20_000
_NAMED = 5


class StrayFiles:
    """The working folder as it is before the notebook runs."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._began_at = time.time_ns()

    def written(self) -> List[Tuple[str, str]]:
        """Returns path and shown name of the plain files that are new or changed since."""
        found = []
        for number, path in enumerate(_paths(self._folder)):
            if number >= _MOST_ENTRIES:
                break
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_ctime_ns >= self._began_at:
                found.append((path, os.path.relpath(path, self._folder).replace(os.sep, "/")))
        return found


def stray_files_message(names: List[str]) -> str:
    """Returns a sentence about files that are not kept."""
    named = ", ".join(map(readable, names[:_NAMED]))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    one = len(names) == 1
    return (
        f"{named}{more} {'was' if one else 'were'} written beside the notebook and "
        f"{'is' if one else 'are'} not kept: kept are files in the folder that "
        "JUPYTER_BATCH_OUTPUT names, or all with --keep-files"
    )


def _paths(folder: str) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _paths(entry.path)
        else:
            yield entry.path
