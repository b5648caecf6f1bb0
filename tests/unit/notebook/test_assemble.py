"""The executed notebook from its parts, whole or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import nbformat
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.assemble import assemble
from jupyter_batch.ports import ExecutedParts

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PENDING = {"exception": None, "start_time": None, "status": "pending"}


def _book(*sources: str, minor: int = 5) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            **({"id": f"c{number}"} if minor >= 5 else {}),
            "metadata": {"papermill": dict(PENDING), "tags": ["t"]},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": {"papermill": {}}, "cells": cells}


def _record(index: int, **more: Any) -> CellRecord:
    told = {"state": CellState.SUCCEEDED, "started_at": AT, "finished_at": AT, **more}
    return CellRecord(cell_index=index, cell_type="code", source="", **told)


def _output(cell: int, no: int, **body: Any) -> OutputSlice:
    return OutputSlice(
        cell_index=cell, output_no=no, output_type=body["output_type"], body=json.dumps(body)
    )


Given = tuple[ExecutedParts, Sequence[OutputSlice]]


def _parts(book: dict[str, Any] | bytes, outputs: Sequence[OutputSlice] = (), **more: Any) -> Given:
    content = book if isinstance(book, bytes) else json.dumps(book).encode()
    frozen = FrozenNotebook(
        path="n.ipynb", content=content, sha256=hashlib.sha256(content).hexdigest()
    )
    told: dict[str, Any] = {"skeleton": content.decode("utf-8", "replace"), "metadata": None}
    return ExecutedParts(frozen=frozen, **{**told, "cells": (), **more}), outputs


def _written(given: Given) -> str:
    return b"".join(assemble(*given)).decode()


def _assembled(given: Given) -> Any:
    notebook = nbformat.reads(_written(given), as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_outputs_counts_and_metadata_come_to_their_cells():
    told = {"metadata": {"title": "x"}, "cells": [{"tags": ["a"]}, {"tags": ["b"]}]}
    notebook = _assembled(
        _parts(
            _book("1", "2"),
            metadata=json.dumps(told),
            cells=(_record(0, execution_count=1), _record(1, execution_count=2)),
            outputs=(
                _output(0, 0, output_type="stream", name="stdout", text="a\n"),
                _output(0, 1, output_type="stream", name="stdout", text="b\n"),
                _output(1, 0, output_type="display_data", data={"text/plain": "é"}, metadata={}),
            ),
        )
    )
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert [output.text for output in notebook.cells[0].outputs] == ["a\n", "b\n"]
    assert notebook.cells[1].outputs[0].data == {"text/plain": "é"}
    assert [cell.metadata.tags for cell in notebook.cells] == [["a"], ["b"]]
    assert notebook.metadata.title == "x"


def test_after_a_kill_the_cell_at_hand_is_running_and_the_rest_pending():
    done = {"papermill": {"status": "completed"}, "tags": ["t"]}
    notebook = _assembled(
        _parts(
            _book("1", "2", "3"),
            cells=(
                _record(0, execution_count=1, metadata=done),
                _record(1, state=CellState.FAILED, finished_at=None),
                _record(2, state=CellState.NOT_RUN, started_at=None, finished_at=None),
            ),
            outputs=(_output(1, 0, output_type="stream", name="stdout", text="partial"),),
        )
    )
    told = [cell.metadata.papermill for cell in notebook.cells]
    assert [cell["status"] for cell in told] == ["completed", "running", "pending"]
    assert told[1]["start_time"] == "2026-01-02T03:04:05+00:00"
    assert notebook.cells[1].metadata.tags == ["t"]
    assert notebook.cells[1].outputs[0].text == "partial"


def test_error_markers_point_at_the_cell():
    notebook = _assembled(
        _parts(_book("1", "1/0"), cells=(_record(1, execution_count=7),), error_cell=1)
    )
    first, _, anchor, failed = notebook.cells
    assert "In [7]" in first.source
    assert 'id="papermill-error-cell"' in anchor.source
    assert failed.source == "1/0"
    assert first.metadata.tags == anchor.metadata.tags == ["papermill-error-cell-tag"]


@pytest.mark.parametrize("minor", range(6))
def test_without_a_skeleton_the_frozen_notebook_stands_without_outputs(minor: int):
    book = _book("1", minor=minor)
    book["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "old"}]
    book["cells"][0]["execution_count"] = 4
    notebook = _assembled(_parts(book, skeleton=None))
    assert notebook.cells[0].outputs == []
    assert notebook.cells[0].execution_count is None
    assert notebook.nbformat_minor == 5


def test_what_was_never_a_notebook_is_refused():
    with pytest.raises(InvalidNotebook):
        _written(_parts(b"{}", skeleton=None))
    with pytest.raises(InvalidNotebook):
        _written(_parts(b"\xff", skeleton=None))


def test_records_beyond_the_notebook_are_left_out():
    outputs = (_output(9, 0, output_type="stream", name="stdout", text="x"),)
    notebook = _assembled(_parts(_book("1"), cells=(_record(9),), outputs=outputs, error_cell=9))
    assert len(notebook.cells) == 1


def test_lone_surrogates_do_not_break_the_file():
    body = r'{"output_type":"stream","name":"stdout","text":"a\ud800b"}'
    record = OutputSlice(cell_index=0, output_no=0, output_type="stream", body=body)
    notebook = _assembled(_parts(_book("1"), outputs=(record,)))
    assert notebook.cells[0].outputs[0].text == "a\ufffdb"


def test_what_is_written_in_pieces_is_what_nbformat_writes():
    book = _book("a = 1\nb = 'é'", "2", "3")
    book["metadata"] |= {"orig_nbformat": 3, "z": [1.5, None, True], "a": {}}
    book["cells"][2]["metadata"]["trusted"] = True
    book["cells"].append(
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "![x](attachment:i.png)",
         "attachments": {"i.png": {"image/png": "eA==", "text/plain": "a\nb"}}}
    )  # fmt: skip
    outputs = (
        _output(0, 0, output_type="stream", name="stdout", text="line ☃\n" * 100_000),
        _output(
            1, 0, output_type="display_data", metadata={"m": 1},
            data={"text/html": "<b>\n</b>", "image/png": "eA==\n", "application/json": [1, {}]},
        ),
        _output(2, 0, output_type="error", ename="E", evalue="\u2028", traceback=["a\nb", ""]),
    )  # fmt: skip
    written = _written(_parts(book, outputs))
    assert written == nbformat.writes(nbformat.reads(written, as_version=4))
    assert "orig_nbformat" not in written
    assert "trusted" not in written


def test_an_output_that_has_not_come_whole_is_left_out():
    (whole,) = [_output(0, 1, output_type="stream", name="stdout", text="whole")]
    torn = OutputSlice(cell_index=0, output_no=0, output_type="stream", body="{", more=True)
    for outputs in ((torn, whole), (whole, replace(torn, output_no=2))):
        notebook = _assembled(_parts(_book("1"), outputs=outputs))
        assert [output.text for output in notebook.cells[0].outputs] == ["whole"]
