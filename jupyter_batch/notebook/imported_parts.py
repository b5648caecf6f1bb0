"""Carries the parts of a notebook that was executed elsewhere from another process."""

from __future__ import annotations

import msgspec

from jupyter_batch.domain.cell import CellError, CellRecord
from jupyter_batch.domain.frames import OutputOp
from jupyter_batch.domain.imported_notebook import ImportedNotebook, split_notebook


class _Encoded(msgspec.Struct, frozen=True, kw_only=True):
    """The parts, with each cell and each output encoded on its own."""

    source: bytes
    skeleton: str
    metadata: str
    cells: list[bytes]
    outputs: list[bytes]
    error: CellError | None


def split_encoded(content: bytes) -> bytes:
    """Returns the encoded parts of a notebook; raises InvalidNotebook."""
    parts = split_notebook(content)
    encode = msgspec.msgpack.Encoder().encode
    return encode(
        _Encoded(
            source=parts.source,
            skeleton=parts.skeleton,
            metadata=parts.metadata,
            cells=[encode(cell) for cell in parts.cells],
            outputs=[encode(output) for output in parts.outputs],
            error=parts.error,
        )
    )


def decode_parts(encoded: bytes) -> ImportedNotebook:
    """Returns the parts. It blocks, but never for long at a time: for a thread."""
    found = msgspec.msgpack.decode(encoded, type=_Encoded)
    cell = msgspec.msgpack.Decoder(CellRecord).decode
    output = msgspec.msgpack.Decoder(OutputOp).decode
    return ImportedNotebook(
        source=found.source,
        skeleton=found.skeleton,
        metadata=found.metadata,
        cells=tuple(cell(piece) for piece in found.cells),
        outputs=tuple(output(piece) for piece in found.outputs),
        error=found.error,
    )
