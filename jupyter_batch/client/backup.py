"""Fetches a backup from the owner."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from jupyter_batch.client.transport.answers import BROKEN_OFF, decode_answer
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.backup import BackupManifest
from jupyter_batch.errors import BatchError, Conflict, InvalidInput

#: A large store takes its time before the first byte comes.
_SILENCE_SECONDS = 3600.0


def save_backup(
    connection: Connection, path: Path, *, overwrite: bool
) -> tuple[Path, BackupManifest]:
    """Writes a backup; see ``Client.backup``."""
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {folder}", field="file")
    if not is_folder and path.exists() and not overwrite:
        raise Conflict(f"{path} is there already; name another file, or overwrite it", field="file")
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".jupyter-batch-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _fetch(connection, file)
            file.flush()
            os.fsync(file.fileno())
        manifest = _checked(Path(name))
        target = path / f"jupyter-batch-{manifest.made_at:%Y%m%d-%H%M%S}.zip" if is_folder else path
        os.replace(name, target)
        return target, manifest
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _fetch(connection: Connection, file: IO[bytes]) -> None:
    # Finds an owner that answers, or starts one; a stream is not repeated.
    connection.get("runs", {"limit": 1})
    try:
        with connection.stream("backup", silence_seconds=_SILENCE_SECONDS) as response:
            for piece in response.iter_raw():
                file.write(piece)
    except BROKEN_OFF as error:
        raise BatchError(
            f"the backup broke off ({str(error) or type(error).__name__}); try again"
        ) from error


def _checked(path: Path) -> BackupManifest:
    """Reads the backup once, as what is found out at a restore is found out too late."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            content = archive.read("manifest.json")
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BatchError("the backup did not come whole; try again") from error
    if damaged is not None:
        raise BatchError(f"the backup did not come whole ({damaged} is damaged); try again")
    return decode_answer(content, BackupManifest)
