"""The port for notebooks: freeze, infer parameters, assemble, render."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.imported_notebook import ImportedNotebook
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.domain.parameters.parameters import ParameterSchema


class ExecutedParts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts, beside its outputs, from which the executed notebook is assembled."""

    frozen: FrozenNotebook
    #: Text of the ``skeleton`` document; None where the attempt did not get that far.
    skeleton: str | None
    #: Text of the ``metadata`` document; None where the runner did not get to its end.
    metadata: str | None
    cells: tuple[CellRecord, ...]
    #: Cell that papermill's error markers go to; None for no markers.
    error_cell: int | None = None


class Notebooks(Protocol):
    """Notebooks on the server's disk below its root, and operations on them."""

    async def freeze(
        self, path: str, files: Sequence[str], content: bytes | None = None, *, root: str = ""
    ) -> FrozenNotebook:
        """Reads the notebook and the files that match the patterns beside it.

        The path is named from ``root``, and nothing outside of that is read; empty for the root
        of the settings.

        With ``content`` the notebook is that, and nothing is read for it. Raises InvalidInput
        (outside the root), NotFound, InvalidNotebook, TooLarge.
        """

    async def names_beside(self, path: str, *, root: str) -> tuple[str, ...]:
        """Returns names of files that lie beside a notebook; those of folders end with ``/``.

        The files of folders follow with their paths. There are none where the root is empty or
        the folder cannot be read, and not more than a bundle can carry.
        """

    async def schema(self, content: bytes) -> ParameterSchema:
        """Infers the parameters; raises InvalidNotebook."""

    async def split_notebook(self, content: bytes) -> ImportedNotebook:
        """Returns the parts of a notebook that was executed elsewhere; raises InvalidNotebook."""

    def assemble(
        self, parts: ExecutedParts, outputs: AsyncIterator[OutputSlice]
    ) -> AsyncIterator[bytes]:
        """Yields the executed notebook, valid nbformat, as papermill would have written it.

        Raises InvalidNotebook, at once if at all.
        """

    def html(self, notebook: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yields a notebook rendered as one HTML page that loads nothing from elsewhere."""
