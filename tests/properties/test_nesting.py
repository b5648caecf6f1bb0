"""The depth of JSON text that is found without parsing is the depth that parsing finds."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.domain.nesting import count_real_values, count_values, is_deeper

TEXTS = st.text(st.sampled_from('[]{},:"\\ab\n')) | st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)


def depth(value: Any) -> int:
    """Returns how many lists and objects are around the innermost value."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def marks(value: Any) -> int:
    """Returns how many commas and opening brackets a value has."""
    if isinstance(value, dict):
        return max(len(value), 1) + sum(map(marks, value.values()))
    return max(len(value), 1) + sum(map(marks, value)) if isinstance(value, list) else 0


@given(value=VALUES, limit=st.integers(0, 6), indent=st.none() | st.integers(0, 2))
def test_depth(value: Any, limit: int, indent: int | None):
    text = json.dumps(value, indent=indent).encode()
    assert is_deeper(text, limit) == (depth(value) > limit)


@given(value=VALUES)
def test_count(value: Any):
    text = json.dumps(value).encode()
    found = count_real_values(text, most=10**9)
    assert found == marks(value)
    assert count_values(text, most=10**9) >= found


@given(text=st.binary())
def test_any_bytes_are_told_about(text: bytes):
    count_real_values(text, most=5)
    is_deeper(text, 1)
