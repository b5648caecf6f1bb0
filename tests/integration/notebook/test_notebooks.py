"""The port put together, small and large."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellRecord, CellState
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError, InvalidNotebook
from jupyter_batch.notebook.inspect_notebook import outline_bytes
from jupyter_batch.notebook.notebooks import DiskNotebooks
from jupyter_batch.notebook.parts import from_pieces, to_pieces
from jupyter_batch.notebook.subprocess_worker import LARGE_BYTES, run_in_worker
from jupyter_batch.ports import ExecutedParts


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
        await run_in_worker(outline_bytes, b'{"nbformat": 3}', is_large=True)
    assert caught.value.details == {"field": "notebook", "nbformat": 3}


async def test_a_fault_in_another_process_is_told():
    with pytest.raises(BatchError, match="builtins:repr failed"):
        await run_in_worker(
            cast("Callable[[bytes], bytes]", repr), b"text is no bytes", is_large=True
        )


@pytest.mark.parametrize("padding", [0, LARGE_BYTES])
async def test_a_page_is_made_whatever_the_size(notebooks, padding):
    page = await joined(notebooks.html(one_by_one(book("print(42)", padding=padding))))
    assert b"Content-Security-Policy" in page
    assert page.count(b"x" * 100) >= padding // 100
    assert page.rstrip().endswith(b"</html>")


async def test_parts_survive_the_way_to_another_process():
    parts, slices = executed(b"frozen"), output("\u00e9 \U0001f600")
    source = io.BytesIO(await joined(to_pieces(parts, one_by_one(*slices))))
    found, told = from_pieces(source)
    assert (found, list(told)) == (parts, slices)
    whole = replace(parts, skeleton="{}")
    source = io.BytesIO(await joined(to_pieces(whole, one_by_one())))
    assert from_pieces(source)[0].skeleton == "{}"


async def test_a_large_notebook_is_assembled_as_a_small_one_is(notebooks):
    parts = executed(book("a = 1"))
    few, many = output("x"), output("x" * LARGE_BYTES)
    small = json.loads(await joined(notebooks.assemble(parts, one_by_one(*few))))
    large = json.loads(await joined(notebooks.assemble(parts, one_by_one(*many))))
    assert len(many) > 10
    assert small["cells"][0]["outputs"][0]["text"] == ["x"]
    assert large["cells"][0]["outputs"][0]["text"] == ["x" * LARGE_BYTES]
    del small["cells"][0]["outputs"], large["cells"][0]["outputs"]
    assert small == large


async def test_what_cannot_be_assembled_is_told_whatever_its_size(notebooks):
    for text in ("x", "x" * LARGE_BYTES):
        with pytest.raises(InvalidNotebook):
            await joined(notebooks.assemble(executed(b"none"), one_by_one(*output(text))))


async def one_by_one(*items):
    for item in items:
        yield item


async def joined(pieces) -> bytes:
    return b"".join([piece async for piece in pieces])


def output(text: str) -> list[OutputSlice]:
    body = json.dumps({"output_type": "stream", "name": "stdout", "text": text})
    size = 240 * 1024
    return [
        OutputSlice(
            cell_index=0, output_no=0, output_type="stream", body=body[start : start + size],
            more=start + size < len(body),
        )
        for start in range(0, len(body), size)
    ]  # fmt: skip


def executed(content: bytes) -> ExecutedParts:
    cell = CellRecord(
        cell_index=0, cell_type="code", source="a = 1", state=CellState.SUCCEEDED,
        started_at=datetime(2026, 1, 1, tzinfo=UTC), finished_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    frozen = FrozenNotebook(path="a.ipynb", content=content, sha256="0")
    return ExecutedParts(frozen=frozen, skeleton=None, metadata=None, cells=(cell,))
