"""Packs the bundle of a runner into a tar stream; runner/README.md describes its form."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.ports import Bundle
from jupyter_batch.runner.compression import COMPRESS_SETTING
from jupyter_batch.runner.signing import KEY_SETTING

_BLOCK = tarfile.BLOCKSIZE
_SLICE = 1024 * 1024
#: Of a file that is read out of an attempt.
MAX_KEPT_BYTES = 64 * 1024 * 1024


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file or, without content, a folder of a tar stream."""

    name: str
    #: Slices of bytes, so that nothing large is copied, or the path of a file to read.
    content: tuple[bytes, ...] | Path | None = None
    mode: int = 0o644
    uid: int = 0
    gid: int = 0

    @property
    def size(self) -> int:
        """Returns the size of the content in bytes."""
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return sum(map(len, self.content or ()))

    def slices(self) -> Iterator[bytes]:
        """Yields the content, never more than a mebibyte of a file at once."""
        if isinstance(self.content, Path):
            with self.content.open("rb") as file:
                while piece := file.read(_SLICE):
                    yield piece
            return
        for content in self.content or ():
            if len(content) <= _SLICE:
                yield content
            else:
                yield from (content[at : at + _SLICE] for at in range(0, len(content), _SLICE))


def pack(
    bundle: Bundle, key: bytes | None = None, *, compress_frames: bool = False
) -> tuple[bytes, ...]:
    """Returns the bundle as the slices of one uncompressed tar stream, the settings first.

    With ``key`` the runner is to sign its frames, and may compress them.
    """
    settings = {**bundle.settings, "secrets": bundle.secrets}
    if key is not None:
        settings[KEY_SETTING] = key.hex()
        settings[COMPRESS_SETTING] = compress_frames
    members = [Member(name="bundle.json", content=(msgspec.json.encode(settings),), mode=0o600)]
    members += [Member(name=f"files/{f.path}", content=(f.content,)) for f in bundle.files]
    members.append(Member(name="notebook.ipynb", content=(bundle.notebook,)))
    return tuple(tar_stream(members))


def tar_stream(members: Iterable[Member]) -> Iterator[bytes]:
    """Yields a tar stream of the members; the same members give the same bytes."""
    for member in members:
        info = tarfile.TarInfo(member.name)
        info.mode, info.uid, info.gid = member.mode, member.uid, member.gid
        if member.content is None:
            info.type = tarfile.DIRTYPE
        info.size = member.size
        yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        yield from member.slices()
        yield bytes(-info.size % _BLOCK)
    yield bytes(2 * _BLOCK)


def first_file(pieces: Iterable[bytes], max_bytes: int) -> bytes | None:
    """Returns the content of the first member of a tar stream; None where it is no plain file,
    or a larger one."""
    with tarfile.open(fileobj=io.BufferedReader(_Pieces(pieces)), mode="r|") as archive:
        member = archive.next()
        if member is None or not member.isreg() or member.size > max_bytes:
            return None
        content = archive.extractfile(member)
        return None if content is None else content.read()


class _Pieces(io.RawIOBase):
    """A file over the pieces of an iterable."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
