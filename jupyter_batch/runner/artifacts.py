"""Sends the files that the notebook wrote to its output folder."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from typing import Iterator, List, Set

from .masked_file import MaskedFile
from .masking import Masker
from .paths import path_problem
from .writer import FrameWriter, to_bytes

_SLICE = 256 * 1024


def send_artifacts(folder: str, frames: FrameWriter, max_bytes: int, masker: Masker) -> List[str]:
    """Writes the frames of all files, by name, with secrets masked in their names and texts.

    Returns a sentence for each that is left out, and for each that has a secret in it.
    """
    left = max_bytes
    omitted = []
    names: Set[str] = set()
    for path in _files(folder):
        shown = to_bytes(os.path.relpath(path, folder).replace(os.sep, "/")).decode()
        shown = _unused(masker.text(shown), names)
        problem = path_problem(shown)
        if problem is not None:
            omitted.append(f"the artifact {shown!r} is left out: {problem}")
            continue
        size = os.lstat(path).st_size
        if size > left:
            omitted.append(
                f"the artifact {shown} is left out: with its {size} bytes there would be more "
                f"than the {max_bytes} bytes that artifacts may have"
            )
            continue
        try:
            file = open(path, "rb")  # noqa: SIM115
        except OSError as error:
            omitted.append(f"the artifact {shown} is left out: {error.strerror}")
            continue
        with file:
            masked = MaskedFile(file, masker)
            left -= _send(masked, shown, left, frames)
        if masked.was_masked:
            omitted.append(f"a secret in the artifact {shown} is masked")
        if masked.has_secret:
            omitted.append(
                f"the artifact {shown} has the value of a secret in it; it is no text, and kept "
                "as it is"
            )
    return omitted


def _unused(name: str, names: Set[str]) -> str:
    """Returns a name that no other file has: masked, two may be the same."""
    stem, ending = os.path.splitext(name)
    number = 1
    while name in names:
        number += 1
        name = f"{stem}-{number}{ending}"
    names.add(name)
    return name


def _files(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _send(file: MaskedFile, shown: str, left: int, frames: FrameWriter) -> int:
    """Sends one file, as far as it goes when it is still being written to; returns its size."""
    digest = hashlib.sha256()
    size = 0
    piece = file.read(min(_SLICE, left))
    while True:
        following = file.read(min(_SLICE, left - size - len(piece)))
        digest.update(piece)
        size += len(piece)
        data = base64.b64encode(piece).decode("ascii")
        if not following:
            sha256 = digest.hexdigest()
            frames.write("artifact", path=shown, data=data, more=False, size=size, sha256=sha256)
            return size
        frames.write("artifact", path=shown, data=data, more=True)
        piece = following
