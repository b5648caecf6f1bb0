"""Values as results keep them."""

from __future__ import annotations

import enum
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_batch.errors import InvalidInput, TooLarge
from jupyter_batch.notebook_api.encoding import encoded


@pytest.mark.parametrize(
    ("value", "kind", "plain"),
    [
        (1, "number", 1),
        (0.5, "number", 0.5),
        (float("nan"), "number", "NaN"),
        (float("inf"), "number", "Infinity"),
        (float("-inf"), "number", "-Infinity"),
        (2**70, "number", 2**70),
        (True, "bool", True),
        (None, "none", None),
        ("é", "text", "é"),
        (date(2026, 1, 2), "datetime", "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "datetime", "2026-01-02T00:00:00+00:00"),
        ([1, (2, {"a": float("nan")})], "json", [1, [2, {"a": None}]]),
        ({1: {"b"}}, "json", {"1": ["b"]}),
    ],
)
def test_a_value_has_a_type_and_strict_json(value: Any, kind: str, plain: Any):
    told, text = encoded("x", value)
    assert (told, json.loads(text)) == (kind, plain)


@pytest.mark.parametrize("value", [object(), b"bytes", Decimal(1), [1, [object()]], 1j, print])
def test_what_cannot_be_kept_is_refused_with_its_place(value: Any):
    with pytest.raises(InvalidInput, match="cannot be recorded") as caught:
        encoded("x", value)
    assert str(caught.value.details["field"]).startswith("x")


def test_a_value_that_is_too_large_says_what_to_do():
    with pytest.raises(TooLarge, match="output"):
        encoded("x", "y" * 5_000_000)


def test_what_is_nested_without_end_is_refused():
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InvalidInput, match="nested too deeply"):
        encoded("x", loop)


def test_numpy_becomes_python():
    numpy = pytest.importorskip("numpy")
    assert encoded("x", numpy.float64(0.5)) == ("number", "0.5")
    assert encoded("x", numpy.int32(3)) == ("number", "3")
    assert encoded("x", numpy.bool_(True)) == ("bool", "true")
    assert encoded("x", numpy.array([[1, 2], [3, 4]])) == ("json", "[[1,2],[3,4]]")


def test_a_frame_keeps_its_columns_types_and_index():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"n": [1, 2], "f": [0.5, float("nan")], "t": ["a", None], "at": pandas.Timestamp("2026")},
        index=pandas.Index(["x", "y"], name="key"),
    )
    kind, text = encoded("x", frame)
    table = json.loads(text)
    assert kind == "table"
    assert table["rows"] == 2
    assert [(c["name"], c["values"]) for c in table["columns"]] == [
        ("n", [1, 2]),
        ("f", [0.5, None]),
        ("t", ["a", None]),
        ("at", ["2026-01-01T00:00:00", "2026-01-01T00:00:00"]),
    ]
    assert table["columns"][0]["dtype"] == "int64"
    assert table["index"][0]["values"] == ["x", "y"]
    assert encoded("x", pandas.DataFrame({"a": [1]}))[1].count('"index":null') == 1
    assert encoded("x", pandas.Series([1], name="s"))[0] == "table"
    assert encoded("x", pandas.NA) == ("none", "null")


class _Ridge(str, enum.Enum):  # noqa: UP042
    MODEL = "ridge"


@pytest.mark.parametrize(
    ("value", "kind", "plain"),
    [
        (np.float64(2.5), "number", 2.5),
        (np.longdouble(1.5), "number", 1.5),
        (np.str_("q"), "text", "q"),
        (_Ridge.MODEL, "text", "ridge"),
        (np.datetime64("2026-01-02"), "datetime", "2026-01-02"),
        (np.datetime64("2026-01-02T03:04:05.000000000"), "datetime", "2026-01-02T03:04:05"),
        (np.array(["2026-01-02"], "datetime64[ns]"), "json", ["2026-01-02T00:00:00"]),
        (np.datetime64("NaT"), "none", None),
        (pd.NaT, "none", None),
        ("half \ud800", "text", "half \ufffd"),
        ({"\udfff": ["\ud800"]}, "json", {"\ufffd": ["\ufffd"]}),
    ],
)
def test_values_of_other_libraries_are_what_they_are(value: Any, kind: str, plain: Any):
    assert encoded("x", value) == (kind, json.dumps(plain, separators=(",", ":")))


@pytest.mark.parametrize(
    "value",
    [10**5000, [10**5000], pd.Series([Decimal("sNaN")])],
    ids=["a number", "a list", "a column"],
)
def test_what_cannot_be_written_down_is_refused_by_its_name(value: Any):
    with pytest.raises(InvalidInput) as caught:
        encoded("x", value)
    assert caught.value.details["field"].startswith("x")
