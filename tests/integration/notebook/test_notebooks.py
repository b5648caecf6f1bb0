"""The port put together, small and large."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError, InvalidNotebook
from jupyter_batch.notebook.apart import LARGE_BYTES, apart
from jupyter_batch.notebook.notebooks import DiskNotebooks
from jupyter_batch.notebook.outline import outline_apart
from jupyter_batch.notebook.parts import from_pieces, to_pieces
from jupyter_batch.ports import ExecutedParts, OutputRecord


def book(source: str, padding: int = 0) -> bytes:
    output = {"output_type": "stream", "name": "stdout", "text": "x" * padding}
    cell = {
        "cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]}, "source": source,
        "outputs": [output], "execution_count": None,
    }  # fmt: skip
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    ).encode()


@pytest.fixture
def notebooks(tmp_path):
    return DiskNotebooks(Settings(data_dir=str(tmp_path), root_dir=str(tmp_path)))


async def test_freezing_checks_the_notebook(notebooks, tmp_path):
    (tmp_path / "good.ipynb").write_bytes(book("a = 1"))
    (tmp_path / "bad.ipynb").write_bytes(b"not json")
    (tmp_path / "wrong.ipynb").write_bytes(book("a = = 1"))
    assert (await notebooks.freeze("good.ipynb", ())).content == book("a = 1")
    with pytest.raises(InvalidNotebook, match="not JSON"):
        await notebooks.freeze("bad.ipynb", ())
    with pytest.raises(InvalidNotebook, match="line 1"):
        await notebooks.freeze("wrong.ipynb", ())
    with pytest.raises(InvalidNotebook):
        await notebooks.freeze("label", (), b"{}")


async def test_a_schema_is_inferred_once_per_content(notebooks):
    first = await notebooks.schema(book("a = 1"))
    assert first.schema["properties"]["a"]["default"] == 1
    assert await notebooks.schema(book("a = 1")) is first
    assert await notebooks.schema(book("a = 2")) is not first


async def test_a_large_notebook_gives_the_same_schema_from_another_process(notebooks):
    small = await notebooks.schema(book("a = 1"))
    assert await notebooks.schema(book("a = 1", padding=LARGE_BYTES)) == small


async def test_an_error_comes_back_from_another_process_as_it_is():
    with pytest.raises(InvalidNotebook, match="old format 3") as caught:
        await apart(outline_apart, b'{"nbformat": 3}', is_large=True)
    assert caught.value.details == {"field": "notebook", "nbformat": 3}


async def test_a_fault_in_another_process_is_told():
    with pytest.raises(BatchError, match="builtins:repr failed"):
        await apart(repr, b"text is no bytes", is_large=True)


async def test_a_page_is_made(notebooks):
    assert b"print(42)" not in await notebooks.html(book("x"))
    assert b"Content-Security-Policy" in await notebooks.html(book("x"))


async def test_parts_survive_the_way_to_another_process():
    parts = executed(b"frozen", "\u00e9 \U0001f600")
    assert from_pieces(b"".join(to_pieces(parts))) == parts
    whole = replace(parts, skeleton="{}")
    assert from_pieces(b"".join(to_pieces(whole))).skeleton == "{}"


async def test_a_large_notebook_is_assembled_as_a_small_one_is(notebooks):
    small = json.loads(await notebooks.assemble(executed(book("a = 1"), "x")))
    large = json.loads(await notebooks.assemble(executed(book("a = 1"), "x" * LARGE_BYTES)))
    assert small["cells"][0]["outputs"][0]["text"] == ["x"]
    assert large["cells"][0]["outputs"][0]["text"] == ["x" * LARGE_BYTES]
    del small["cells"][0]["outputs"], large["cells"][0]["outputs"]
    assert small == large


def executed(content: bytes, text: str) -> ExecutedParts:
    output = {"output_type": "stream", "name": "stdout", "text": text}
    record = OutputRecord(
        attempt_no=1, cell_index=0, output_no=0, output_type="stream", body=json.dumps(output)
    )
    cell = CellRecord(
        cell_index=0, cell_type="code", source="a = 1", state=CellState.SUCCEEDED,
        started_at=datetime(2026, 1, 1, tzinfo=UTC), finished_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    frozen = FrozenNotebook(path="a.ipynb", content=content, sha256="0")
    return ExecutedParts(
        frozen=frozen, skeleton=None, metadata=None, cells=(cell,), outputs=(record,)
    )
