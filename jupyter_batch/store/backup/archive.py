"""A backup as a file: a zip with the databases and, last, the manifest.

A zip has its directory at its end and a checksum for each part, so a truncated or
changed file is detected before anything of it is used.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import msgspec

from jupyter_batch.containment import join_inside
from jupyter_batch.domain.backup import FORMAT, BackedUpFile, BackupManifest
from jupyter_batch.domain.paths import path_problem
from jupyter_batch.errors import InvalidInput, UnsafePath
from jupyter_batch.store.duckdb.data_files import sync_file
from jupyter_batch.store.duckdb.sql import load_migrations

MANIFEST = "manifest.json"
RECORDS = "records.duckdb"
_SLICE = 1024 * 1024


class ArchiveWriter:
    """Writes files into a new archive one by one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = zipfile.ZipFile(path, "x", allowZip64=True)
        self.files: list[BackedUpFile] = []

    def add(self, name: str, path: Path) -> None:
        """Adds a file. Outputs are stored as they are, because they are compressed already."""
        kind = zipfile.ZIP_DEFLATED if name == RECORDS else zipfile.ZIP_STORED
        self._zip.write(path, name, compress_type=kind, compresslevel=1)
        self.files.append(BackedUpFile(name=name, size_bytes=path.stat().st_size))

    def finish(self, manifest: BackupManifest) -> None:
        """Writes the manifest. The archive is complete and on disk when this returns."""
        self._zip.writestr(MANIFEST, msgspec.json.encode(manifest))
        self._zip.close()
        sync_file(self._path)


def read_manifest(path: Path) -> BackupManifest:
    """Returns the manifest; raises InvalidInput unless it is a backup of a known version."""
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(MANIFEST)
            known = {info.filename: info.file_size for info in archive.infolist()}
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise _unusable(path, "it is no backup, or it is not whole") from error
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    try:
        if (version := msgspec.json.decode(content, type=_Format).format) != FORMAT:
            raise _newer(path, f"its format is {version}, this one knows {FORMAT}")
        manifest = msgspec.json.decode(content, type=BackupManifest)
    except msgspec.MsgspecError as error:
        raise _unusable(path, f"its table of contents cannot be read: {error}") from error
    for kind, found in (
        ("records", manifest.records_version),
        ("outputs", manifest.outputs_version),
    ):
        newest = load_migrations(kind)[-1][0]
        if found > newest:
            raise _newer(path, f"its {kind} have version {found}, this one knows {newest}")
    for file in manifest.files:
        if known.get(file.name) != file.size_bytes or not _is_ours(file.name):
            raise _unusable(path, f"{file.name} in it is not what its table of contents says")
    return manifest


def unpack(path: Path, manifest: BackupManifest, folder: Path) -> None:
    """Writes the databases below a folder; raises InvalidInput if one was changed."""
    with zipfile.ZipFile(path) as archive:
        for file in manifest.files:
            try:
                target = join_inside(folder, file.name)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with archive.open(file.name) as source, target.open("xb") as copy:
                    shutil.copyfileobj(source, copy, _SLICE)
            except (zipfile.BadZipFile, EOFError) as error:
                raise _unusable(path, f"{file.name} in it is damaged") from error
            except UnsafePath as error:
                raise _unusable(path, error.message) from error
            except FileExistsError as error:
                raise _unusable(path, f"{file.name} is in it twice") from error
            sync_file(target)


class _Format(msgspec.Struct):
    format: int


def _is_ours(name: str) -> bool:
    if path_problem(name) is not None:
        return False
    parts = name.split("/")
    return parts == [RECORDS] or (len(parts) == 2 and parts[0] == "outputs")


def _unusable(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"{path} cannot be restored: {why}; nothing has been changed", field="file", path=str(path)
    )


def _newer(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"{path} was made by a newer jupyter_batch ({why}): update jupyter_batch; nothing has "
        "been changed",
        field="file",
        path=str(path),
    )
