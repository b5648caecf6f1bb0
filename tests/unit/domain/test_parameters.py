"""The messages for parameters that do not fit."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from jupyter_batch.domain.parameters.parameters import ParameterSchema, check_parameters
from jupyter_batch.errors import InvalidParameters

PROPERTIES = {
    "alpha": {"type": "number", "default": 0.5},
    "n": {"type": "integer", "default": 1},
    "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
    "names": {"type": "array", "items": {"type": "string"}},
    "day": {"type": "string", "format": "date"},
    "maybe": {"type": ["integer", "null"]},
    "either": {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]},
    "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}],
             "minItems": 2, "maxItems": 2},
    "free": {},
}  # fmt: skip


def schema(properties: dict[str, Any] | None = None, **changes: Any) -> ParameterSchema:
    return ParameterSchema(
        schema={
            "type": "object",
            "properties": PROPERTIES if properties is None else properties,
            "required": changes.pop("required", []),
            "additionalProperties": changes.pop("additional", False),
        },
        has_parameters_cell=changes.pop("has_cell", True),
        language=changes.pop("language", "python"),
    )


def refusal(
    parameters: dict[str, Any], against: ParameterSchema | None = None
) -> InvalidParameters:
    with pytest.raises(InvalidParameters) as caught:
        check_parameters(against or schema(), parameters)
    return caught.value


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"alpha": 1},
        {"n": -3, "mode": "b", "names": [], "day": "2026-01-31", "maybe": None},
        {"either": "x", "pair": [1, "a"], "free": {"a": [None]}},
        {"n": 10**30},
    ],
)
def test_what_fits_is_taken(parameters):
    check_parameters(schema(), parameters)


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"alpha": "x"}, "alpha", ["'alpha'", "a number", '"x"']),
        ({"n": 1.5}, "n", ["'n'", "an integer", "1.5"]),
        ({"n": 1.0}, "n", ["an integer", "1.0"]),
        ({"n": True}, "n", ["an integer", "true"]),
        ({"alpha": False}, "alpha", ["a number", "false"]),
        ({"mode": "c"}, "mode", ["'mode'", '"a", "b"', '"c"']),
        ({"names": "a"}, "names", ["a list of texts", '"a"']),
        ({"names": ["a", 2]}, "names.1", ["'names'[1]", "text", "2"]),
        ({"day": "tomorrow"}, "day", ["a date", '"tomorrow"']),
        ({"maybe": "x"}, "maybe", ["an integer or null"]),
        ({"either": 1}, "either", ['one of "x" or null']),
        ({"pair": [1]}, "pair", ["a list of 2: [an integer, text]", "[1]"]),
        ({"alpha": float("nan")}, "alpha", ["'alpha'", "nan", "JSON"]),
        ({"free": [float("inf")]}, "free", ["inf"]),
        ({"free": datetime.date(2026, 1, 1)}, "free", ["a date", "text"]),
        ({"free": "\ud800"}, "free", ["surrogate"]),
        ({"free": 10**2000}, "free", ["1000 digits"]),
        ({"alhpa": 1}, "alhpa", ["did you mean 'alpha'?"]),
        ({"zzz": 1}, "zzz", ["it has: alpha, n"]),
        ({"_hidden": 1}, "_hidden", ["private"]),
        ({"a b": 1}, "a b", ["no name"]),
        ({"class": 1}, "class", ["no name"]),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_allowed_and_what_was_given(
    parameters, field, words
):
    error = refusal(parameters)
    assert error.details["field"] == f"parameters.{field}"
    for word in words:
        assert word in error.message


def test_a_long_value_is_cut_in_the_message():
    assert len(refusal({"n": "x" * 10_000}).message) < 200


def test_a_missing_parameter_is_named_with_its_type():
    error = refusal({}, schema({"x": {"type": "integer"}}, required=["x"]))
    assert error.details["field"] == "parameters.x"
    assert "an integer" in error.message


def test_all_problems_are_told_at_once():
    error = refusal({"alpha": "x", "n": "y"})
    assert [p["field"] for p in error.details["problems"]] == ["parameters.alpha", "parameters.n"]


def test_a_notebook_without_the_cell_says_what_to_do():
    error = refusal({"x": 1}, schema({}, has_cell=False))
    assert "tag the cell" in error.message


def test_a_language_that_papermill_cannot_write_is_named():
    assert "cobol" in refusal({"x": 1}, schema({}, language="cobol")).message


def test_where_the_names_cannot_be_told_any_name_is_taken():
    loose = schema({}, additional={"type": ["string", "number"]}, language="R")
    check_parameters(loose, {"anything": 1})
    assert refusal({"anything": None}, loose).details["field"] == "parameters.anything"
    assert "no name" in refusal({"a b": 1}, loose).message
