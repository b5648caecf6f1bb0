"""Carries the parts of an executed notebook to another process, piece by piece."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Iterator
from typing import IO

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.ports import ExecutedParts

_LENGTH = struct.Struct(">Q")


async def to_pieces(
    parts: ExecutedParts, outputs: AsyncIterator[OutputSlice]
) -> AsyncIterator[bytes]:
    """Yields the parts and all outputs in pieces, none much larger than a slice."""
    # What is frozen is only looked at where there is no skeleton; files never are.
    content = b"" if parts.skeleton is not None else parts.frozen.content
    frozen = replace(parts.frozen, content=content, files=())
    yield _piece(msgspec.msgpack.encode(replace(parts, frozen=frozen)))
    async for output in outputs:
        yield _piece(msgspec.msgpack.encode(output))


def from_pieces(source: IO[bytes]) -> tuple[ExecutedParts, Iterator[OutputSlice]]:
    """Returns the parts that were made into pieces, and the outputs as they are read."""
    pieces = _pieces(source)
    parts = msgspec.msgpack.decode(next(pieces), type=ExecutedParts)
    decoder = msgspec.msgpack.Decoder(OutputSlice)
    return parts, (decoder.decode(piece) for piece in pieces)


def assemble_stream(source: IO[bytes], target: IO[bytes]) -> None:
    """Does the same as ``assemble``, of joined pieces, in another process."""
    from jupyter_batch.notebook.assemble import assemble

    for piece in assemble(*from_pieces(source)):
        target.write(piece)


def _piece(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while head := source.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(head)
        yield source.read(length)
