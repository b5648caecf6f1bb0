"""Sends the files that the notebook wrote to its output folder."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from itertools import chain
from typing import Iterable, Iterator, List, Set, Tuple

from .frame_writer import FrameWriter, to_bytes
from .masked_file import MaskedFile
from .masking import Masker
from .paths import path_problem, readable

_SLICE = 256 * 1024
#: The most artifacts that one attempt may have.
_MOST = 10_000
#: The number of left-out artifacts that are named one by one.
_NAMED = 20


def send_artifacts(
    folder: str,
    frames: FrameWriter,
    max_bytes: int,
    masker: Masker,
    others: Iterable[Tuple[str, str]] = (),
) -> List[str]:
    """Writes the frames of all files, by name, with secrets masked in their names and texts.

    ``others`` are files from elsewhere, each with its path as an artifact; those of the folder
    go first. Returns a sentence for each that is left out, and for each that has a secret in it.
    """
    left, count = max_bytes, 0
    omitted: List[str] = []
    notes: List[str] = []
    names: Set[str] = set()
    beside = ((path, shown, "") for path, shown in others)
    for path, name, why in chain(_Folder(folder).files(folder), beside):
        shown = _unused(masker.text(to_bytes(name).decode()), names)
        why = why or path_problem(shown) or ""
        if count >= _MOST:
            why = why or f"an attempt has at most {_MOST} artifacts"
        if why:
            omitted.append(f"the artifact {readable(shown)} is left out: {why}")
            continue
        size = os.stat(path).st_size
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
        count += 1
        if masked.was_masked:
            notes.append(f"a secret in the artifact {shown} is masked")
        if masked.has_secret:
            notes.append(
                f"the artifact {shown} has the value of a secret in it; it is no text, and kept "
                "as it is"
            )
    if len(omitted) > _NAMED:
        omitted[_NAMED:] = [f"{len(omitted) - _NAMED} more artifacts are left out"]
    return omitted + notes


def _unused(name: str, names: Set[str]) -> str:
    """Returns a name that no other file has: masked, two may be the same."""
    stem, ending = os.path.splitext(name)
    number = 1
    while name in names:
        number += 1
        name = f"{stem}-{number}{ending}"
    names.add(name)
    return name


class _Folder:
    """The output folder. Links that stay inside it are followed."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)

    def files(
        self, folder: str, below: str = "", above: Tuple[str, ...] = ()
    ) -> Iterator[Tuple[str, str, str]]:
        """Yields path, name, and the reason against it ("" for none), of all except folders."""
        above = (*above, os.path.realpath(folder))
        for name in sorted(os.listdir(folder)):
            path, shown = os.path.join(folder, name), f"{below}{name}"
            target = os.path.realpath(path)
            why = self._why_not(path, target, above)
            if not why and os.path.isdir(target):
                yield from self.files(path, f"{shown}/", above)
            else:
                yield path, shown, why

    def _why_not(self, path: str, target: str, above: Tuple[str, ...]) -> str:
        if os.path.islink(path):
            named = f"it is a link to {readable(os.readlink(path))}"
            if target != self._root and not target.startswith(self._root + os.sep):
                return f"{named}, outside of the folder"
            if target in above:
                return f"{named}, which it lies in"
            if not os.path.exists(target):
                return f"{named}, which is not there"
        mode = os.lstat(target).st_mode
        return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "it is no plain file"


def _send(file: MaskedFile, shown: str, left: int, frames: FrameWriter) -> int:
    """Sends one file up to its present end; returns the size that was sent."""
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
