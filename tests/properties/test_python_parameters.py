"""A parameter that papermill writes into a notebook is read again as its value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from papermill.translators import translate_parameters

from jupyter_batch.runner.parameters import check_python

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES)
def test_whatever_papermill_writes_for_python_is_the_value_again(value):
    check_python(translate_parameters("python3", "python", {"name": value}), {"name": value})
