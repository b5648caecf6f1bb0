"""What is made of notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.parameters import ParameterSchema
from jupyter_batch.ports.stores import OutputRecord


class ExecutedParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the executed notebook of an attempt is assembled from, whole or not."""

    frozen: FrozenNotebook
    #: Text of the ``skeleton`` document; None where the attempt did not get that far.
    skeleton: str | None
    #: Text of the ``metadata`` document; None where the runner did not get to its end.
    metadata: str | None
    cells: tuple[CellRecord, ...]
    outputs: tuple[OutputRecord, ...]
    #: Cell that papermill's error markers go to; None for no markers.
    error_cell: int | None = None


class Notebooks(Protocol):
    """Notebooks on the server's disk below its root, and what is made of them."""

    async def freeze(
        self, path: str, files: Sequence[str], content: bytes | None = None
    ) -> FrozenNotebook:
        """Reads the notebook and the files that match the patterns beside it.

        With ``content`` the notebook is that, and nothing is read for it. Raises InvalidInput
        (outside the root), NotFound, InvalidNotebook, TooLarge.
        """

    async def schema(self, content: bytes) -> ParameterSchema:
        """Infers the parameters; raises InvalidNotebook."""

    async def assemble(self, parts: ExecutedParts) -> bytes:
        """Returns the executed notebook, valid nbformat, as papermill would have written it."""

    async def html(self, notebook: bytes) -> bytes:
        """Renders a notebook as one HTML page that loads nothing from elsewhere."""
