"""Assembles the executed notebook of an attempt from its parts, whole or not."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import nbformat as typeless
from nbformat.v4 import nbjson, rwbase
from papermill.execute import ERROR_ANCHOR_MSG, ERROR_MARKER_TAG, ERROR_MESSAGE_TEMPLATE

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.nesting import MAX_NESTING, is_deeper
from jupyter_batch.domain.outputs import OutputSlice, SliceJoiner
from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.ports import ExecutedParts

_log = logging.getLogger(__name__)
#: Its annotations are too few to be checked against.
nbformat: Any = typeless
_rw: Any = rwbase
_PIECE = 256 * 1024
_SURROGATES = re.compile("[\ud800-\udfff]")


def assemble(parts: ExecutedParts, outputs: Iterable[OutputSlice]) -> Iterator[bytes]:
    """Yields the executed notebook as papermill would have written it; valid nbformat.

    Where the attempt was cut short, the notebook is as papermill would have had it at that
    moment: cells that were not reached are pending, the one at hand is running. Raises
    InvalidNotebook where nothing but the frozen notebook is there and that is none.
    """
    yield from _written(_filled(parts, outputs))


def _filled(parts: ExecutedParts, outputs: Iterable[OutputSlice]) -> Any:
    notebook = _skeleton(parts)
    cells = notebook["cells"]
    for record in parts.cells:
        if record.cell_index < len(cells):
            _apply(record, cells[record.cell_index])
    joiner = SliceJoiner()
    for piece in outputs:
        body = joiner.take(piece)
        if body is None:
            continue
        if piece.cell_index < len(cells) and "outputs" in cells[piece.cell_index]:
            cells[piece.cell_index]["outputs"].append(_output(body))
    marked = parts.error_cell
    if parts.metadata is not None:
        told = _read(parts.metadata, "the metadata")
        # Papermill's own marks, where the runner could send them.
        marked = told.get("error_cell", marked)
        notebook["metadata"] = told["metadata"]
        for cell, metadata in zip(cells, told["cells"], strict=False):
            cell["metadata"] = metadata
    if isinstance(marked, int) and 0 <= marked < len(cells):
        _mark(cells, marked)
    return nbformat.from_dict(notebook)


def _read(text: str, what: str) -> Any:
    if is_deeper(text.encode("utf-8", "replace")):
        raise InvalidNotebook(
            f"{what} that the attempt has sent is nested more than {MAX_NESTING} levels deep",
            field="notebook",
        )
    return json.loads(text)


def _output(body: str) -> Any:
    """Returns an output, or a note in place of one that cannot be read or written."""
    try:
        return _read(body, "an output")
    except InvalidNotebook as error:
        return {"output_type": "stream", "name": "stderr", "text": f"[{error.message}]\n"}


def _skeleton(parts: ExecutedParts) -> dict[str, Any]:
    if parts.skeleton is not None:
        skeleton: dict[str, Any] = _read(parts.skeleton, "the notebook")
        return skeleton
    try:
        with warnings.catch_warnings():
            # Of missing or doubled cell ids, which reading mends.
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(parts.frozen.content.decode("utf-8"), as_version=4)
            notebook = nbformat.v4.upgrade(notebook) or notebook
    except (nbformat.ValidationError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InvalidNotebook(f"the file is not a notebook: {error}") from error
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return dict(notebook)


def _apply(record: CellRecord, cell: dict[str, Any]) -> None:
    if record.execution_count is not None:
        cell["execution_count"] = record.execution_count
    if record.metadata:
        cell["metadata"] = dict(record.metadata)
    elif record.started_at is not None and record.finished_at is None:
        told = cell["metadata"].setdefault("papermill", {})
        started = record.started_at.isoformat()
        told.update(status="running", start_time=started, exception=False)
    elif record.state is CellState.FAILED:
        cell["metadata"].setdefault("papermill", {}).update(status="failed", exception=True)


def _mark(cells: list[Any], index: int) -> None:
    """Puts papermill's two markers: at the top, and before the cell that failed."""
    count = cells[index].get("execution_count")
    for at, text in ((index, ERROR_ANCHOR_MSG), (0, ERROR_MESSAGE_TEMPLATE % count)):
        marker = nbformat.v4.new_markdown_cell(text)
        marker.metadata["tags"] = [ERROR_MARKER_TAG]
        cells.insert(at, marker)


def _written(notebook: Any) -> Iterator[bytes]:
    """Yields the bytes that ``nbformat.writes`` would have made, which makes it all at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Mends what can be mended; what cannot is written as papermill writes it.
            nbformat.validate(notebook)
        except nbformat.ValidationError as error:
            _log.warning("an executed notebook is not valid: %s", error)
    encoder = nbjson.BytesEncoder(
        indent=1, sort_keys=True, separators=(",", ": "), ensure_ascii=False
    )
    texts, size = list[str](), 0
    for text in encoder.iterencode(_rw.strip_transient(_rw.split_lines(notebook))):
        if size + len(text) > _PIECE:
            yield from _utf8(texts)
            texts, size = [], 0
        texts.append(text)
        size += len(text)
    yield from _utf8(texts)


def _utf8(texts: list[str]) -> Iterator[bytes]:
    text = texts[0] if len(texts) == 1 else "".join(texts)
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        try:
            yield piece.encode("utf-8")
        except UnicodeEncodeError:
            yield _SURROGATES.sub("\ufffd", piece).encode("utf-8")
