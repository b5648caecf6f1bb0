"""Macros in any text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.domain.macros import MacroContext, check_macros, render
from jupyter_batch.errors import InvalidParameters

CONTEXT = MacroContext(
    run_id="r1",
    scheduled_for=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    previous_success_at=datetime(2026, 2, 28, 12, tzinfo=UTC),
    job_name="nightly",
    timezone="Europe/Amsterdam",
)


@given(st.text("{}| 'r\"un.id", max_size=40))
def test_what_passes_the_check_can_be_rendered(text: str):
    try:
        check_macros(text)
    except InvalidParameters:
        return
    assert isinstance(render(text, CONTEXT), str)


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_braces_stays(text: str):
    assert render(text, CONTEXT) == text
