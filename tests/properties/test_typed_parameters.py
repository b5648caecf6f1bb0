"""Parameters as they are typed in a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.cli.parameters import as_wanted, guess


@given(st.text())
def test_a_text_is_either_a_value_of_json_or_itself(text):
    value = guess(text)
    assert not isinstance(value, str) or value == text


@given(st.text())
def test_a_string_parameter_is_always_what_was_typed(text):
    assert as_wanted(text, {"type": "string"}) == text
