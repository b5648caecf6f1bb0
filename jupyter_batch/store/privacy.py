"""Makes the data folder private to its user."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_to_its_user(folder: Path) -> None:
    """Removes the permissions of other users from a data folder, which may have existed before.

    DuckDB makes its files as the umask says, and write-ahead logs again and again: only the folder
    keeps others out for certain. One that is somebody else's, or shared on purpose (the sticky
    bit, a home folder), is left as it is; then at least the files that there are become private.
    """
    info = folder.stat()
    for path in (folder / "outputs", *folder.glob("records*.duckdb*"), *folder.glob("outputs/*")):
        _restrict(path)
    if not info.st_mode & _OTHERS:
        return
    is_shared = info.st_mode & stat.S_ISVTX or Path.home().is_relative_to(folder)
    if info.st_uid == os.geteuid() and not is_shared:
        _restrict(folder)
        _log.info("%s could be read by others: now it is for its user only", folder)
    else:
        _log.warning(
            "others on this machine may read what is written to %s: choose a data folder of "
            "your own (JUPYTER_BATCH_DATA)",
            folder,
        )


def _restrict(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
    except OSError:
        _log.debug("the rights of %s stay as they are", path, exc_info=True)
