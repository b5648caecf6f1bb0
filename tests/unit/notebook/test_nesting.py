"""Notebooks that are nested too deeply are refused with a reason, or read without that part."""

from __future__ import annotations

import json

import pytest

from jupyter_batch.domain.imported_notebook import split_notebook
from jupyter_batch.domain.nesting import MAX_NESTING
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.assemble import assemble
from jupyter_batch.notebook.html_export import render
from jupyter_batch.notebook.inspect_notebook import outline
from jupyter_batch.ports import ExecutedParts


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def notebook(*, metadata: str = "{}", cell: str = "{}", output: str = "null") -> bytes:
    shown = f'{{"output_type": "display_data", "metadata": {{}}, "data": {{"text/plain": "x", "a/json": {output}}}}}'
    code = (
        f'{{"cell_type": "code", "source": "1", "execution_count": 1, "id": "a", '
        f'"metadata": {cell}, "outputs": [{shown}]}}'
    )
    return f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {metadata}, "cells": [{code}]}}'.encode()


@pytest.mark.parametrize("levels", [MAX_NESTING, 500, 900, 5000])
@pytest.mark.parametrize("place", ["metadata", "cell", "output"])
@pytest.mark.parametrize("read", [outline, split_notebook])
def test_it_is_refused_with_a_reason(read, place: str, levels: int):
    deep = nested(levels) if place == "output" else f'{{"x": {nested(levels)}}}'
    with pytest.raises(InvalidNotebook, match="deep"):
        read(notebook(**{place: deep}))


def test_what_is_not_that_deep_is_read_written_and_shown():
    content = notebook(output=nested(200), cell=f'{{"x": {nested(200)}}}')
    outline(content)
    taken = split_notebook(content)
    frozen = FrozenNotebook(path="n.ipynb", content=taken.source, sha256="")
    slices = [
        OutputSlice(cell_index=op.cell, output_no=op.no, output_type="x", body=op.body)
        for op in taken.outputs
    ]
    parts = ExecutedParts(frozen=frozen, skeleton=taken.skeleton, metadata=taken.metadata, cells=())
    whole = b"".join(assemble(parts, slices))
    (cell,) = json.loads(whole)["cells"]
    assert json.dumps(cell["outputs"][0]["data"]["a/json"]) == nested(200)
    assert b"<main" in render(whole)


def test_an_output_on_record_that_is_deeper_is_named_in_its_place():
    taken = split_notebook(notebook())
    frozen = FrozenNotebook(path="n.ipynb", content=taken.source, sha256="")
    body = f'{{"output_type": "display_data", "metadata": {{}}, "data": {{"a": {nested(900)}}}}}'
    piece = OutputSlice(cell_index=0, output_no=0, output_type="x", body=body)
    parts = ExecutedParts(frozen=frozen, skeleton=taken.skeleton, metadata=taken.metadata, cells=())
    (cell,) = json.loads(b"".join(assemble(parts, [piece])))["cells"]
    assert "levels deep" in "".join(cell["outputs"][0]["text"])


def test_a_page_of_what_is_too_deep_is_refused_with_a_reason():
    with pytest.raises(InvalidNotebook):
        render(notebook(output=nested(5000)))
