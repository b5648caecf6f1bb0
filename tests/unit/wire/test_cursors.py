"""Cursors lead back to the id that they were made of."""

from __future__ import annotations

from jupyter_batch.wire.cursors import cursor_of


def test_the_end_has_no_cursor():
    assert cursor_of(None) is None
