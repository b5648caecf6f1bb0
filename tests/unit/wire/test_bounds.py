"""Bodies are counted before they are read."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from jupyter_batch.errors import InvalidInput, TooLarge
from jupyter_batch.wire.decoding import MAX_BODY_VALUES, MAX_VALUES, decode_bounded
from jupyter_batch.wire.imports import ImportBody
from jupyter_batch.wire.requests import JobBody, RunBody
from jupyter_batch.wire.sweeps import SweepBody


def _body(**fields: object) -> bytes:
    return json.dumps({"notebook": "nb.ipynb", **fields}).encode()


@pytest.mark.parametrize(
    "value",
    [
        b"[" + b"[]," * MAX_VALUES + b"[]]",
        b"{" + b",".join(b'"k%d":0' % n for n in range(MAX_VALUES + 2)) + b"}",
        b"[" + b"{}," * MAX_VALUES + b"{}]",
    ],
    ids=["lists", "names", "objects"],
)
@pytest.mark.parametrize("shape", [RunBody, JobBody])
def test_too_many_values_are_refused_by_their_field_unread(shape, value):
    body = b'{"notebook": "nb.ipynb", "name": "n", "parameters": {"x": ' + value + b"}}"
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as caught:
            decode_bounded(body, shape)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.details["field"] == "parameters"
    # Not one object for each of them.
    assert peak < 4 * len(body)


def test_a_body_of_nothing_but_lists_is_refused_as_a_whole():
    body = b'{"content": [' + b"[]," * MAX_BODY_VALUES + b"[]]}"
    with pytest.raises(TooLarge) as caught:
        decode_bounded(body, RunBody)
    assert caught.value.details["field"] == "body"


def test_text_is_one_value_whatever_it_holds():
    text = 'a,b\\"[{' * MAX_VALUES
    found = decode_bounded(_body(parameters={"table": text}), RunBody)
    assert found.parameters == {"table": text}


def test_notebooks_may_have_more():
    cell = {"cell_type": "code", "outputs": [{"data": [[1, 2]] * MAX_VALUES}]}
    content = {"cells": [cell], "nbformat": 4}
    found = decode_bounded(_body(content=content, parameters={"x": 1}), RunBody)
    assert found.parameters == {"x": 1}
    imported = {"name": "n", "state": "succeeded", "created_at": "2026-01-01T00:00:00Z"}
    decode_bounded(_body(content=content, **imported), ImportBody)


def test_a_sweep_of_ten_thousand_sets_goes_through():
    sets = [{f"p{n}": [n, 0.5] for n in range(10)} for _ in range(10_000)]
    found = decode_bounded(_body(parameter_sets=sets), SweepBody)
    assert len(found.to_domain().parameter_sets) == 10_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"nothing": [' + b"0," * MAX_VALUES + b"0]}",
        b'{"parameters": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"parameters": {"x": ' + b"1" * 200_000 + b"}}",
        b'{"parameters": {"x": "' + b"," * 200_000 + b"}}",
        b"," * 200_000,
        b'"' * 200_001,
    ],
    ids=["unknown", "deep", "digits", "unfinished", "commas", "quotes"],
)
def test_what_is_wrong_in_other_ways_is_told_as_ever(body):
    with pytest.raises((InvalidInput, TooLarge)) as caught:
        decode_bounded(body, RunBody)
    assert caught.value.details["field"]
