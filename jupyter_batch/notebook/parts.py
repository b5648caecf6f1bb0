"""Carries the parts of an executed notebook to another process, piece by piece."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from jupyter_batch.notebook.apart import LARGE_BYTES
from jupyter_batch.ports import ExecutedParts, OutputRecord

_LENGTH = struct.Struct(">Q")


def is_large(parts: ExecutedParts) -> bool:
    """Whether assembling would hold up the event loop from a thread."""
    outputs = sum(len(output.body) for output in parts.outputs)
    return outputs + len(parts.skeleton or parts.frozen.content) > LARGE_BYTES


def to_pieces(parts: ExecutedParts) -> Iterator[bytes]:
    """Yields the parts in pieces, none much larger than the largest output."""
    # What is frozen is only looked at where there is no skeleton; files never are.
    content = b"" if parts.skeleton is not None else parts.frozen.content
    frozen = replace(parts.frozen, content=content, files=())
    yield from _piece(msgspec.msgpack.encode(replace(parts, frozen=frozen, outputs=())))
    for output in parts.outputs:
        yield from _piece(msgspec.msgpack.encode(output))


def from_pieces(data: bytes) -> ExecutedParts:
    """Returns the parts that were made into pieces."""
    first, *outputs = _split(data)
    parts = msgspec.msgpack.decode(first, type=ExecutedParts)
    decoder = msgspec.msgpack.Decoder(OutputRecord)
    return replace(parts, outputs=tuple(decoder.decode(output) for output in outputs))


def assemble_apart(data: bytes) -> bytes:
    """Does ``assemble`` of joined pieces, in another process."""
    from jupyter_batch.notebook.assemble import assemble

    return assemble(from_pieces(data))


def _piece(data: bytes) -> Iterator[bytes]:
    yield _LENGTH.pack(len(data))
    yield data


def _split(data: bytes) -> Iterator[memoryview]:
    view, start = memoryview(data), 0
    while start < len(data):
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size + length
        yield view[start - length : start]
