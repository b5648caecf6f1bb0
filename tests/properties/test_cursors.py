"""Cursors lead back, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jupyter_batch.domain.ids import IdSource
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.cursors import after_of, cursor_of

_IDS = IdSource()


@given(st.integers(0, 2**32))
def test_a_cursor_leads_back_to_its_id(seconds: int):
    run_id = IdSource().new(datetime.fromtimestamp(seconds, UTC))
    cursor = cursor_of(run_id)
    assert cursor is not None
    assert run_id not in cursor
    assert after_of(cursor) == run_id


@given(st.integers(0, 45), st.sampled_from("AZaz09-_"))
def test_a_cursor_that_was_tampered_with_is_refused(place: int, letter: str):
    cursor = cursor_of(_IDS.new(datetime(2026, 1, 1, tzinfo=UTC)))
    assert cursor is not None
    changed = cursor[:place] + letter + cursor[place + 1 :]
    assume(changed != cursor)
    with pytest.raises(InvalidInput):
        after_of(changed)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(text: str):
    with pytest.raises(InvalidInput):
        after_of(text)
