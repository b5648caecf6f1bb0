"""Values and schemas: the panel's check runs the same cases (tests/model/check.test.ts)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain.parameters.schema_check import fits
from jupyter_batch.domain.parameters.schema_text import describe_schema

CASES = json.loads(
    (Path(__file__).parents[2] / "cases" / "parameters.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["schema"]))
def test_a_schema_takes_what_it_should(case: dict[str, Any]) -> None:
    assert [value for value in case["fits"] if not fits(case["schema"], value)] == []
    assert [value for value in case["not"] if fits(case["schema"], value)] == []
    assert describe_schema(case["schema"])


def test_a_float_is_no_integer_even_where_it_is_whole() -> None:
    # JavaScript cannot tell 1.0 from 1: this case is Python's alone.
    assert not fits({"type": "integer"}, 1.0)


def test_a_schema_may_be_true_or_false() -> None:
    assert fits({"type": "array", "items": True}, [1])
    assert describe_schema({"type": "array", "items": True}) == "a list"
    assert not fits({"type": "array", "items": False}, [1])
