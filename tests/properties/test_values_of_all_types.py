"""Parameter values x types, and recorded values x types: plain JSON, or one of our errors."""

from __future__ import annotations

import enum
import json
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_batch.client.arguments.plain_values import plain
from jupyter_batch.errors import BatchError
from jupyter_batch.notebook_api.encoding import encoded

PLAIN = (dict, list, str, int, float, bool, type(None))
NUMPY = [
    np.int8,
    np.uint8,
    np.int32,
    np.int64,
    np.uint64,
    np.float16,
    np.float32,
    np.float64,
    np.longdouble,
    np.complex64,
    np.bool_,
    np.str_,
    np.bytes_,
]


class Own(int):
    pass


class OwnText(str):
    def __str__(self) -> str:
        return "another"


class Names(enum.Enum):
    A = "a"


TEXTS = st.text(st.characters()) | st.text(st.characters(categories=["Cs"]), max_size=2)
ROOTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.binary(max_size=4),
    st.builds(Own, st.integers()),
    st.builds(OwnText, TEXTS),
    st.sampled_from(Names),
    # pandas cannot even show a column with a signalling NaN.
    st.decimals().filter(lambda number: not number.is_snan()),
    st.fractions(),
    st.complex_numbers(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(min_value=timedelta(-(10**5)), max_value=timedelta(10**5)),
    st.uuids(),
    st.sampled_from([pd.NaT, pd.NA, np.datetime64("NaT"), np.timedelta64("NaT"), object(), len]),
    st.builds(lambda kind, n: kind(n), st.sampled_from(NUMPY), st.integers(0, 100)),
    st.builds(
        lambda n, unit: np.datetime64(n, unit),
        st.integers(-(2**62), 2**62),
        st.sampled_from(["ns", "us", "ms", "s"]),
    ),
    st.builds(lambda n: np.timedelta64(n, "s"), st.integers(0, 10**6)),
    st.builds(pd.Timestamp, st.datetimes(pd.Timestamp.min, pd.Timestamp.max)),
)


def columns(values: list[Any]) -> Any:
    """Returns a Series, or the list where pandas makes none of it."""
    try:
        return pd.Series(values)
    except Exception:
        return values


VALUES = st.recursive(
    ROOTS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.lists(inner, max_size=4).map(columns),
        st.lists(st.floats(), max_size=4).map(np.array),
        st.sets(st.integers(), max_size=3),
        st.dictionaries(TEXTS | st.integers() | st.builds(OwnText, TEXTS), inner, max_size=4),
    ),
    max_leaves=12,
)


def is_plain(value: Any) -> bool:
    """Says whether a value and all in it is of Python's own types."""
    if type(value) is dict:
        return all(type(k) is str and is_plain(v) for k, v in value.items())
    if type(value) is list:
        return all(map(is_plain, value))
    return type(value) in PLAIN


@settings(max_examples=600, deadline=None)
@given(value=VALUES)
def test_a_parameter_is_plain_json_or_refused_by_its_field(value: Any):
    refused: BatchError | None = None
    try:
        sent = plain(value, "parameters.x")
    except BatchError as error:
        refused = error
    else:
        assert is_plain(sent)
        assert msgspec.json.decode(msgspec.json.encode(sent)) == sent
    assert refused is None or str(refused.details["field"]).startswith("parameters.x")


@settings(max_examples=600, deadline=None)
@given(value=VALUES)
def test_what_is_recorded_is_json_or_refused_by_its_name(value: Any):
    refused: BatchError | None = None
    try:
        kind, text = encoded("x", value)
    except BatchError as error:
        refused = error
    else:
        assert kind in ("number", "text", "bool", "none", "datetime", "table", "json")
        json.loads(text, parse_constant=lambda name: 1 / 0)
        # As the owner reads it: no halves of characters.
        msgspec.json.decode(text.encode())
    assert refused is None or str(refused.details["field"]).startswith("x")
