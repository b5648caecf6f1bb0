"""Saves what may be large to a file; it is never whole in memory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from jupyter_batch.client.transport.http_client import Connection, Params

#: What is smaller needs no file on the way.
_SMALL = 4 * 1024 * 1024


def save(connection: Connection, path: str, params: Params, target: Path) -> Path:
    """Writes the body of an answer to a file, whose folder is made; returns where.

    What was there before stays until the whole answer has come.
    """
    with tempfile.SpooledTemporaryFile(max_size=_SMALL) as come:
        connection.download(path, params, come)
        come.seek(0)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(come, file)
    return target
