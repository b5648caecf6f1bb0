from __future__ import annotations

from typing import Any

import ipywidgets
import pytest

from jupyter_batch.errors import BatchError, Conflict, NotFound
from jupyter_batch.widgets import RunForm, RunMonitor
from tests.integration.widgets.conftest import all_parts, button, html_of, until

PROPERTIES = {
    "count": {"type": "integer", "default": 3, "description": "how many"},
    "share": {"type": "number", "default": 0.5},
    "title": {"type": "string", "default": "Walks"},
    "text": {"type": "string", "default": "two\nlines"},
    "really": {"type": "boolean", "default": True},
    "color": {"type": "string", "enum": ["red", "green"], "default": "red"},
    "limit": {"type": ["integer", "null"], "default": None},
    "tags": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
    "table": {"type": "object", "default": {"x": 1.5}},
    "huge": {"type": "integer", "default": 2**60},
    "any": {"default": None},
    "mixed": {"type": ["string", "null"], "default": "x"},
    "computed": {"type": "integer", "$comment": "set in the notebook to: len(x)"},
}
CONTROLS = {
    "count": ipywidgets.IntText,
    "share": ipywidgets.FloatText,
    "title": ipywidgets.Text,
    "text": ipywidgets.Textarea,
    "really": ipywidgets.Checkbox,
    "color": ipywidgets.Dropdown,
    "limit": ipywidgets.Text,
    "tags": ipywidgets.Textarea,
    "table": ipywidgets.Textarea,
    "huge": ipywidgets.Text,
}


@pytest.fixture
def make(owner, client, live, notebook):
    owner.properties = dict(PROPERTIES)

    def make(*args, **options) -> RunForm:
        form = RunForm(notebook, *args, client=client, **options)
        assert live.settle()
        return form

    return make


def sent(owner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = owner.bodies("POST", "runs")
    return found


def test_each_parameter_has_the_control_that_fits(make):
    form = make()
    assert list(form.fields) == list(PROPERTIES)
    assert {n: type(form.fields[n].control) for n in CONTROLS} == CONTROLS
    assert all(field.control.description == name for name, field in form.fields.items())
    assert "how many · an integer · default 3" in html_of(form)
    assert form.fields["computed"].control.placeholder == "set in the notebook to: len(x)"


def test_what_is_left_as_it_is_is_not_sent(owner, make):
    form = make()
    assert form.parameters == {}
    button(form, "Run").click()
    until(lambda: form.run is not None)
    assert sent(owner)[0].get("parameters", {}) == {}


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("count", 4, 4),
        ("really", False, False),
        ("color", "green", "green"),
        ("title", "", ""),
        ("title", "5", "5"),
        ("limit", "7", 7),
        ("tags", '["b", "c"]', ["b", "c"]),
        ("table", "{}", {}),
        ("huge", str(2**61), 2**61),
        ("any", "1.5", 1.5),
        ("any", "plain words", "plain words"),
        ("any", "True", True),
        ("mixed", "", None),
        ("mixed", '"q"', '"q"'),
        ("computed", "12", 12),
    ],
)
def test_what_is_typed_is_sent_as_the_notebook_takes_it(make, name, typed, value):
    form = make()
    form.fields[name].control.value = typed
    assert form.parameters == {name: value}


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("tags", "[1,", "a list of texts, written as JSON: Expecting value at line 1"),
        ("limit", "many", "this takes an integer or null"),
        ("huge", "x", "this takes an integer"),
    ],
)
def test_what_is_no_value_is_told_at_its_field_and_nothing_is_sent(owner, make, name, typed, said):
    form = make()
    form.fields[name].control.value = typed
    assert said in form.fields[name].error
    button(form, "Run").click()
    assert sent(owner) == []
    assert "Nothing was sent" in html_of(form)
    form.fields[name].control.value = ""
    assert form.fields[name].error == ""


def test_errors_of_the_server_stand_at_the_fields_that_they_name(owner, make):
    owner.required = ["needed"]
    owner.properties = {"needed": {"type": "integer"}, "tags": PROPERTIES["tags"]}
    form = make()
    button(form, "Run").click()
    until(lambda: form.fields["needed"].error != "")
    assert "is missing" in form.fields["needed"].error
    form.fields["needed"].control.value = "1.5"
    form.fields["tags"].control.value = "[1]"
    button(form, "Run").click()
    until(lambda: form.fields["tags"].error != "")
    assert "takes an integer, not 1.5" in form.fields["needed"].error
    assert form.run is None


def test_a_run_that_is_sent_is_followed_below_the_form(owner, make):
    form = make({"count": 9}, memory="1g", name="mine")
    form.fields["title"].control.value = "Other"
    button(form, "Run").click()
    until(lambda: any(isinstance(p, RunMonitor) for p in all_parts(form)))
    (body,) = sent(owner)
    assert body["parameters"] == {"count": 9, "title": "Other"}
    assert body["environment"]["memory_bytes"] == 2**30
    assert body["name"] == "mine"
    first = form.run
    button(form, "Run").click()
    until(lambda: form.run is not first)
    until(lambda: len([p for p in all_parts(form) if isinstance(p, RunMonitor)]) == 1)


def test_the_environment_is_asked_for_and_its_errors_unfold_it(owner, make):
    form = make()
    (memory,) = [p for p in all_parts(form) if getattr(p, "description", "") == "memory"]
    (folded,) = [p for p in all_parts(form) if isinstance(p, ipywidgets.Accordion)]
    assert folded.selected_index is None
    memory.value = "much"
    button(form, "Run").click()
    until(lambda: folded.selected_index == 0)
    assert "is no size" in html_of(folded)
    assert sent(owner) == []
    memory.value = "512m"
    button(form, "Run").click()
    until(lambda: form.run is not None)
    assert sent(owner)[0]["environment"] == {"memory_bytes": 512 * 2**20}
    assert "is no size" not in html_of(folded)


def test_a_schedule_is_shown_in_words_and_made(owner, make):
    form = make()
    form._when.value = "On a schedule"
    cron = form._schedule.fields["cron"]
    cron.control.value = "0 6 31 2 *"
    assert cron.error != ""
    cron.control.value = "30 2 * * *"
    assert cron.error == ""
    assert "02:30" in html_of(form._schedule.box)
    button(form, "Schedule").click()
    until(lambda: form.job is not None)
    (body,) = owner.bodies("POST", "jobs")
    assert body["name"] == "report"
    assert body["triggers"][0]["cron"] == "30 2 * * *"
    until(lambda: "next at" in form._said.value)


def test_a_name_that_is_taken_is_told_at_the_name(owner, client, make):
    client.jobs.create("report.ipynb", name="report")
    form = make()
    form._when.value = "On a schedule"
    button(form, "Schedule").click()
    until(lambda: "already" in form._schedule.fields["name"].error)


def test_a_notebook_that_cannot_be_read_is_told_inside_the_widget(owner, client, live):
    owner.trouble.append(NotFound("there is no notebook <i>x</i>"))
    form = RunForm("x.ipynb", client=client)
    until(lambda: "there is no notebook &lt;i&gt;" in html_of(form))
    assert button(form, "Run").disabled


def test_whatever_goes_wrong_is_told_and_the_button_works_again(owner, make):
    form = make()
    owner.trouble.append(BatchError("the disk is on fire"))
    button(form, "Run").click()
    until(lambda: "the disk is on fire" in html_of(form))
    until(lambda: not button(form, "Run").disabled)
    owner.trouble.append(Conflict("not now"))
    button(form, "Run").click()
    until(lambda: "not now" in html_of(form))
