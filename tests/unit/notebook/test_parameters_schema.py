"""From a notebook to the schema of its parameters."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from jupyter_batch.domain.parameters.parameters import ParameterSchema
from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.inspect_notebook import Outline, outline
from jupyter_batch.notebook.parameters import infer_schema, infer_schema_bytes


def notebook(*cells: dict[str, Any], **metadata: object) -> bytes:
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    ).encode()


def code(source: str | list[str], *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": "a", "metadata": {"tags": list(tags)}, "source": source,
        "outputs": [], "execution_count": None,
    }  # fmt: skip


def test_the_first_tagged_cell_is_read():
    content = notebook(
        code("a = 1"), code(["b = 2\n", "c: int"], "parameters"), code("d = 3", "parameters")
    )
    found = infer_schema(outline(content))
    assert found.has_parameters_cell
    assert list(found.schema["properties"]) == ["b", "c"]
    assert found.schema["required"] == ["c"]
    assert found.schema["additionalProperties"] is False


def test_without_a_parameters_cell_nothing_is_taken():
    found = infer_schema(outline(notebook(code("a = 1"))))
    assert not found.has_parameters_cell
    assert found.schema["properties"] == {}
    assert found.schema["additionalProperties"] is False


def test_the_kernel_and_the_language_are_told():
    content = notebook(kernelspec={"name": "ir"}, language_info={"name": "R"})
    found = infer_schema(outline(content))
    assert (found.language, found.kernel) == ("R", "ir")


def test_a_notebook_that_does_not_say_its_language_is_read_as_python_where_it_can_be():
    assert (
        "a"
        in infer_schema(
            Outline(kernel="conda-env", parameters_index=0, parameters_source="a = 1")
        ).schema["properties"]
    )
    assert infer_schema(
        Outline(kernel="whatever", parameters_index=0, parameters_source="a <- 1 b")
    ).schema["additionalProperties"]


def test_a_syntax_error_is_an_invalid_notebook_with_cell_and_line():
    with pytest.raises(InvalidNotebook, match=r"cell 1.* in line 2.*b = = 2") as caught:
        infer_schema(outline(notebook(code("x"), code("a = 1\nb = = 2", "parameters"))))
    assert caught.value.details["cell_index"] == 1
    assert caught.value.details["line"] == 2


def test_a_schema_survives_the_way_through_another_process():
    given = outline(notebook(code("a = 1  # one", "parameters")))
    back = msgspec.json.decode(infer_schema_bytes(msgspec.json.encode(given)), type=ParameterSchema)
    assert back == infer_schema(given)
