"""Macros in parameters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_batch.domain.macros import (
    MACROS,
    MacroContext,
    allowed_macros,
    check_macros,
    has_macros,
    render,
)
from jupyter_batch.errors import InvalidParameters

CONTEXT = MacroContext(
    run_id="r1",
    scheduled_for=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    previous_success_at=datetime(2026, 2, 28, 12, tzinfo=UTC),
    job_name="nightly",
    timezone="Europe/Amsterdam",
)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ run.id }}", "r1"),
        ("{{run.id}}", "r1"),
        ("{{ run.scheduled_for }}", "2026-03-01T23:30:00Z"),
        ("{{ run.scheduled_for | date }}", "2026-03-02"),
        ("{{run.scheduled_for|date}}", "2026-03-02"),
        ("{{ run.previous_success_at }}", "2026-02-28T12:00:00Z"),
        ("{{ run.previous_success_at | date }}", "2026-02-28"),
        ("{{ job.name }}", "nightly"),
        ("out/{{ job.name }}/{{ run.id }}.csv", "out/nightly/r1.csv"),
        ("no macro, } and { and }}", "no macro, } and { and }}"),
        ('{{ "{{" }} a }}', "{{ a }}"),
        ("{{ '}}' }}", "}}"),
        ('{{ "{{ run.id }}" }}', "{{ run.id }}"),
    ],
)
def test_macros_are_replaced(text: str, rendered: str):
    check_macros({"x": text})
    assert render({"x": text}, CONTEXT) == {"x": rendered}


def test_a_date_is_the_local_one_of_the_trigger():
    utc = MacroContext(run_id="r", scheduled_for=CONTEXT.scheduled_for, job_name="j")
    assert render("{{ run.scheduled_for | date }}", utc) == "2026-03-01"


def test_what_does_not_exist_yet_is_empty():
    first = MacroContext(run_id="r", scheduled_for=CONTEXT.scheduled_for, job_name="j")
    text = "{{ run.previous_success_at }}{{ run.previous_success_at | date }}"
    assert render(text, first) == ""


def test_macros_are_replaced_deep_inside_and_other_values_stay():
    value = {"a": [1, "{{ run.id }}", {"{{ run.id }}": None}], "b": 2.5, "c": True}
    assert render(value, CONTEXT) == {
        "a": [1, "r1", {"{{ run.id }}": None}],
        "b": 2.5,
        "c": True,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ run.idd }}", "did you mean 'run.id'?"),
        ("{{ Run.ID }}", "did you mean 'run.id'?"),
        ("{{ scheduled_for }}", "did you mean 'run.scheduled_for'?"),
        ("{{ now }}", "there are: run.id, run.scheduled_for"),
        ("{{ }}", "there is no macro ''"),
        ("{{ run.scheduled_for | dat }}", "did you mean 'date'?"),
        ("{{ run.scheduled_for | }}", "there is no filter ''"),
        ("{{ run.scheduled_for | date | date }}", "there is no filter"),
        ("{{ run.id | date }}", "run.id is no instant"),
        ("{{ run.id }", "is not closed"),
        ("{{ run.id {{ run.id }}", "is not closed"),
        ("{{ run.__class__ }}", "there is no macro"),
    ],
)
def test_an_unknown_macro_is_refused_with_its_place(text: str, words: str):
    with pytest.raises(InvalidParameters) as caught:
        check_macros({"a": ["fine", {"b": text}]})
    assert words in caught.value.message
    assert caught.value.details["field"] == "parameters.a.1.b"
    assert "run.scheduled_for | date" in caught.value.details["allowed"]
    with pytest.raises(InvalidParameters):
        render(text, CONTEXT)


def test_every_allowed_form_is_allowed():
    for form in allowed_macros():
        check_macros(f"{{{{ {form} }}}}")
    assert set(MACROS) <= set(allowed_macros())


def test_values_are_not_read_for_macros_a_second_time():
    context = MacroContext(run_id="r", scheduled_for=CONTEXT.scheduled_for, job_name="{{ run.id }}")
    assert render("{{ job.name }}", context) == "{{ run.id }}"


def test_whether_there_are_macros_is_known():
    assert has_macros({"a": ["{{ run.id }}"]})
    assert not has_macros({"a": ["{ run.id }"], "{{": 1})
