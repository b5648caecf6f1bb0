"""Notebooks and secrets in memory."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import AsyncIterator, Sequence
from typing import Any

from jupyter_batch.domain.imported_notebook import ImportedNotebook, split_notebook
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice, SliceJoiner
from jupyter_batch.domain.parameters.parameters import ParameterSchema
from jupyter_batch.errors import InvalidInput, InvalidNotebook, NotFound
from jupyter_batch.ports import ExecutedParts


class FakeNotebooks:
    """Notebooks by path; each takes the parameters that ``properties`` describes."""

    def __init__(self, properties: dict[str, Any] | None = None) -> None:
        self.files: dict[str, bytes] = {"nb.ipynb": b'{"cells": []}'}
        self.properties = properties if properties is not None else {"alpha": {"type": "number"}}
        self.kernel: str | None = "python3"
        self.beside: tuple[str, ...] = ()
        self.language = "python"

    async def freeze(
        self, path: str, files: Sequence[str], content: bytes | None = None, *, root: str = ""
    ) -> FrozenNotebook:
        """Returns what is stored under the path; one of a root of its own has that before it."""
        if path.startswith(("/", "..")):
            raise InvalidInput("outside the root", field="notebook")
        if content is None:
            content = self.files.get(posixpath.join(root, path), self.files.get(path))
        if content is None:
            raise NotFound(f"there is no notebook {path}", field="notebook")
        return FrozenNotebook(
            path=path, content=content, sha256=hashlib.sha256(content).hexdigest()
        )

    async def names_beside(self, path: str, *, root: str) -> tuple[str, ...]:
        """Returns the names that the test has set."""
        return self.beside

    async def schema(self, content: bytes) -> ParameterSchema:
        """Returns the schema that the test has set."""
        try:
            json.loads(content)
        except ValueError as error:
            raise InvalidNotebook("not JSON", field="notebook") from error
        return ParameterSchema(
            schema={
                "type": "object",
                "properties": self.properties,
                "additionalProperties": False,
            },
            has_parameters_cell=True,
            language=self.language,
            kernel=self.kernel,
        )

    async def split_notebook(self, content: bytes) -> ImportedNotebook:
        """Returns the parts."""
        return split_notebook(content)

    async def assemble(
        self, parts: ExecutedParts, outputs: AsyncIterator[OutputSlice]
    ) -> AsyncIterator[bytes]:
        """Yields the parts as a list of cells with their outputs."""
        joiner = SliceJoiner()
        joined = [(piece.cell_index, joiner.take(piece)) async for piece in outputs]
        cells = [
            {
                "source": cell.source,
                "state": str(cell.state),
                "outputs": [
                    json.loads(body)
                    for cell_index, body in joined
                    if cell_index == cell.cell_index and body is not None
                ],
            }
            for cell in parts.cells
        ]
        yield json.dumps({"cells": cells, "error_cell": parts.error_cell}).encode()

    async def html(self, notebook: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Wraps the notebook in a page."""
        yield b"<html>"
        async for piece in notebook:
            yield piece
        yield b"</html>"


class FakeSecrets:
    """Secrets from a dictionary."""

    def __init__(self, values: dict[str, str] | None = None) -> None:
        self.values = values or {}

    async def get(self, names: Sequence[str], *, user: str) -> dict[str, str]:
        """Returns the values; raises InvalidInput for an unknown name."""
        for name in names:
            if name not in self.values:
                raise InvalidInput(f"there is no secret {name!r}", field="environment.secrets")
        return {name: self.values[name] for name in names}

    async def weaknesses(self, *, user: str) -> dict[str, str]:
        """Returns none."""
        return {}

    async def names(self, *, user: str) -> tuple[str, ...]:
        """Returns the names that there are."""
        return tuple(sorted(self.values))
