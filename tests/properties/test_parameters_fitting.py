"""Our reading of schemas agrees with jsonschema's wherever both speak."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_batch.domain.parameters.parameters import ParameterSchema, check_parameters
from jupyter_batch.domain.parameters.schema_check import fits, misfits
from jupyter_batch.domain.parameters.schema_text import describe_schema, shown, why_not_json
from jupyter_batch.errors import InvalidParameters

_WORDS = st.sampled_from(["a", "b", "c", ""])
_SCALARS = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.5, -1.25]) | _WORDS
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=8,
)
_KINDS = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
_LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    _KINDS.map(lambda kind: {"type": kind}),
    st.lists(_KINDS, min_size=1, max_size=3, unique=True).map(lambda kinds: {"type": kinds}),
    st.lists(_SCALARS, min_size=1, max_size=3).map(lambda values: {"enum": values}),
)
SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: {"type": "array", "items": one}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda some: {"type": "array", "prefixItems": some, "minItems": len(some),
                          "maxItems": len(some)}
        ),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(_WORDS, inner, max_size=2)},
            optional={"additionalProperties": inner | st.just(False),
                      "required": st.lists(_WORDS, max_size=2, unique=True)},
        ),
    ),
    max_leaves=6,
)  # fmt: skip


@given(schema=SCHEMAS, value=VALUES)
def test_it_agrees_with_jsonschema(schema, value):
    assert fits(schema, value) == Draft202012Validator(schema).is_valid(value)


@given(schema=SCHEMAS, value=VALUES)
def test_every_misfit_names_a_place_and_can_be_said_in_words(schema, value):
    for path, allowed, there in misfits(schema, value):
        found = value
        for part in path:
            found = found[part]
        assert found is there
        assert describe_schema(allowed)
        assert shown(there)


@given(schema=SCHEMAS, value=VALUES)
def test_a_run_is_refused_exactly_when_a_value_does_not_fit(schema, value):
    assume(why_not_json(value) is None)
    whole = ParameterSchema(
        schema={"properties": {"x": schema}, "additionalProperties": False},
        has_parameters_cell=True,
    )
    if fits(schema, value):
        check_parameters(whole, {"x": value})
        return
    with pytest.raises(InvalidParameters, match="'x'") as caught:
        check_parameters(whole, {"x": value})
    assert caught.value.details["field"].startswith("parameters.x")
