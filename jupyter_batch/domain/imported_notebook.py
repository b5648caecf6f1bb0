"""Splits a notebook that was executed elsewhere into the records of a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.cell import CellCount, CellError, CellRecord, CellState
from jupyter_batch.domain.frames import OutputOp
from jupyter_batch.domain.nesting import MAX_NESTING, count_real_values, is_deeper
from jupyter_batch.errors import InvalidNotebook

#: Cells and outputs together; each becomes a record.
MAX_CELLS_AND_OUTPUTS = 100_000
#: Values in the metadata of one cell.
MAX_METADATA_VALUES = 10_000
_INJECTED = "injected-parameters"
#: Keys of the cell metadata that nbclient writes.
_STARTED, _FINISHED = "iopub.execute_input", "shell.execute_reply"


class ImportedNotebook(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an executed notebook."""

    #: The notebook before its execution: no outputs, no injected parameters.
    source: bytes
    #: The documents that a runner sends; see frames.Document.
    skeleton: str
    metadata: str
    cells: tuple[CellRecord, ...]
    outputs: tuple[OutputOp, ...]
    error: CellError | None

    @property
    def counts(self) -> CellCount:
        """Returns the number of executed cells and of all cells."""
        done = sum(cell.state is not CellState.NOT_RUN for cell in self.cells)
        failed = sum(cell.state is CellState.FAILED for cell in self.cells)
        return CellCount(total=len(self.cells), done=done, failed=failed)


def split_notebook(content: bytes) -> ImportedNotebook:
    """Returns the parts; raises InvalidNotebook unless it is a notebook of format 4."""
    if is_deeper(content):
        raise InvalidNotebook(
            f"the notebook is nested more than {MAX_NESTING} levels deep", field="content"
        )
    try:
        notebook = msgspec.json.decode(content, type=dict[str, Any])
        if notebook.get("nbformat") != 4:
            raise InvalidNotebook("only notebooks of format 4 can be imported", field="content")
        cells = [dict(cell) for cell in notebook["cells"]]
        _check_counts(cells)
        return _parts(notebook, cells)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidNotebook(f"the content is not a notebook: {error}", field="content") from error


def _check_counts(cells: list[dict[str, Any]]) -> None:
    found = len(cells) + sum(len(cell.get("outputs") or ()) for cell in cells)
    if found > MAX_CELLS_AND_OUTPUTS:
        raise InvalidNotebook(
            f"the notebook has more than {MAX_CELLS_AND_OUTPUTS:,} cells and outputs",
            field="content",
        )
    for number, cell in enumerate(cells, start=1):
        metadata = msgspec.json.encode(cell.get("metadata"))
        if count_real_values(metadata, most=MAX_METADATA_VALUES) > MAX_METADATA_VALUES:
            raise InvalidNotebook(
                f"the metadata of cell {number} has more than {MAX_METADATA_VALUES:,} values",
                field="content",
            )


def _parts(notebook: Mapping[str, Any], cells: list[dict[str, Any]]) -> ImportedNotebook:
    records: list[CellRecord] = []
    outputs: list[OutputOp] = []
    error: CellError | None = None
    for index, cell in enumerate(cells):
        own = cell.get("outputs") or []
        failure = _failure(index, own)
        records.append(_record(index, cell, own, failure, after_failure=error is not None))
        outputs += [
            OutputOp(
                op="append",
                cell=index,
                no=number,
                type=str(output["output_type"]),
                body=_json(output),
            )
            for number, output in enumerate(own)
        ]
        error = error or failure
    bare = [_bare(cell) for cell in cells]
    before = [cell for cell in bare if _INJECTED not in cell.get("metadata", {}).get("tags", ())]
    metadata = {
        "metadata": notebook.get("metadata", {}),
        "cells": [cell.get("metadata", {}) for cell in cells],
    }
    return ImportedNotebook(
        source=msgspec.json.encode({**notebook, "cells": before}),
        skeleton=_json({**notebook, "cells": bare}),
        metadata=_json(metadata),
        cells=tuple(records),
        outputs=tuple(outputs),
        error=error,
    )


def _record(
    index: int,
    cell: Mapping[str, Any],
    outputs: list[Any],
    failure: CellError | None,
    *,
    after_failure: bool,
) -> CellRecord:
    count = cell.get("execution_count")
    if failure is not None:
        state = CellState.FAILED
    elif after_failure or (cell["cell_type"] == "code" and count is None and not outputs):
        state = CellState.NOT_RUN if _text(cell.get("source", "")) else CellState.SUCCEEDED
    else:
        state = CellState.SUCCEEDED
    metadata = cell.get("metadata") or {}
    times = metadata.get("execution") or {}
    return CellRecord(
        cell_index=index,
        cell_type=str(cell["cell_type"]),
        source=_text(cell.get("source", "")),
        state=state,
        execution_count=count,
        started_at=_instant(times.get(_STARTED)),
        finished_at=_instant(times.get(_FINISHED)),
        metadata=dict(metadata),
        error=failure,
    )


def _failure(index: int, outputs: list[Any]) -> CellError | None:
    for output in outputs:
        if output["output_type"] == "error":
            return CellError(
                cell_index=index,
                ename=str(output.get("ename", "")),
                evalue=str(output.get("evalue", "")),
                traceback=tuple(map(str, output.get("traceback", ()))),
            )
    return None


def _bare(cell: Mapping[str, Any]) -> dict[str, Any]:
    if cell["cell_type"] != "code":
        return dict(cell)
    return {**cell, "outputs": [], "execution_count": None}


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _instant(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
