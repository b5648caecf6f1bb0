"""Notebooks on the server's disk: the implementation of the port ``Notebooks``."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from jupyter_batch.domain.imported_notebook import ImportedNotebook
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.domain.parameters.parameters import ParameterSchema
from jupyter_batch.domain.settings import Settings
from jupyter_batch.notebook.html_export import render, render_stream
from jupyter_batch.notebook.imported_parts import decode_parts, split_encoded
from jupyter_batch.notebook.inspect_notebook import Outline, outline_bytes
from jupyter_batch.notebook.names_beside import names_beside
from jupyter_batch.notebook.parameters import infer_schema_bytes
from jupyter_batch.notebook.parts import assemble_stream, to_pieces
from jupyter_batch.notebook.source import NotebookFreezer
from jupyter_batch.notebook.subprocess_worker import (
    LARGE_BYTES,
    chained,
    run_in_worker,
    stream_in_worker,
    taken,
)
from jupyter_batch.ports import ExecutedParts

_CACHED = 256
#: A cell with more code than this is read in a process of its own.
_LARGE_CELL = 256 * 1024


class DiskNotebooks:
    """Reads notebooks below a root folder; all work is done outside of the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        #: By the hash of the notebook; the same content has the same parameters.
        self._schemas: OrderedDict[str, ParameterSchema] = OrderedDict()

    async def freeze(
        self, path: str, files: Sequence[str], content: bytes | None = None, *, root: str = ""
    ) -> FrozenNotebook:
        """Reads the notebook and the files that match the patterns; see ports.Notebooks.

        Also raises InvalidNotebook for a parameters cell with a syntax error.
        """
        source = NotebookFreezer(
            Path(root or self._settings.root_dir),
            max_bytes=self._settings.max_bundle_bytes,
            is_own=root in ("", self._settings.root_dir),
        )
        frozen = await asyncio.to_thread(source.freeze, path, tuple(files), content)
        await self._schema(frozen.sha256, frozen.content)
        return frozen

    async def names_beside(self, path: str, *, root: str) -> tuple[str, ...]:
        """Returns names of files that lie beside a notebook; see ports.Notebooks."""
        return await asyncio.to_thread(names_beside, path, root) if root else ()

    async def schema(self, content: bytes) -> ParameterSchema:
        """Infers the parameters, once per content; raises InvalidNotebook."""
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        return await self._schema(digest, content)

    async def split_notebook(self, content: bytes) -> ImportedNotebook:
        """Returns the parts of a notebook that was executed elsewhere; raises InvalidNotebook."""
        return await asyncio.to_thread(decode_parts, await run_in_worker(split_encoded, content))

    async def assemble(
        self, parts: ExecutedParts, outputs: AsyncIterator[OutputSlice]
    ) -> AsyncIterator[bytes]:
        """Yields the executed notebook as papermill would have written it."""
        room = LARGE_BYTES - len(parts.skeleton or parts.frozen.content)
        first, all_there = await taken(outputs, lambda piece: len(piece.body), room)
        if all_there and room >= 0:
            yield await asyncio.to_thread(_assemble, parts, first)
            return
        pieces = to_pieces(parts, chained(first, outputs))
        async for piece in stream_in_worker(assemble_stream, pieces):
            yield piece

    async def html(self, notebook: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yields a notebook as one page that loads and runs nothing."""
        first, all_there = await taken(notebook, len, LARGE_BYTES)
        if all_there:
            yield await asyncio.to_thread(render, b"".join(first))
            return
        async for piece in stream_in_worker(render_stream, chained(first, notebook)):
            yield piece

    async def _schema(self, digest: str, content: bytes) -> ParameterSchema:
        known = self._schemas.get(digest)
        if known is None:
            found = await run_in_worker(outline_bytes, content)
            cell = len(msgspec.json.decode(found, type=Outline).parameters_source)
            read = await run_in_worker(infer_schema_bytes, found, is_large=cell > _LARGE_CELL)
            known = msgspec.json.decode(read, type=ParameterSchema)
            self._schemas[digest] = known
            while len(self._schemas) > _CACHED:
                self._schemas.popitem(last=False)
        self._schemas.move_to_end(digest)
        return known


def _assemble(parts: ExecutedParts, outputs: Sequence[OutputSlice]) -> bytes:
    from jupyter_batch.notebook.assemble import assemble

    return b"".join(assemble(parts, outputs))
