"""The form: a field for each kind of parameter, and errors where they belong."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.panel import Panel


def test_each_kind_of_parameter_reaches_the_notebook(panel: Panel):
    panel.choose("kinds.ipynb", "Run as Batch Job…")
    panel.field("count").fill("12")
    panel.field("share").fill("0.25")
    panel.field("name").fill("")
    panel.field("text").fill("three\nmore\nlines")
    panel.field("really").uncheck()
    panel.field("color").select_option("green")
    panel.field("day").fill("2027-02-28")
    panel.field("limit").fill("7")
    panel.field("tags").fill('["x", "y"]')
    panel.field("table").fill('{"y": 2}')
    panel.field("needed").fill("1")
    panel.shoot("form-every-kind")
    panel.button("Run").click()
    panel.state("Succeeded")
    expect(panel.page.get_by_text("1 ['x', 'y']")).to_be_visible()
    [run] = panel.lab.api("GET", "runs?q=kinds&limit=1")["items"]
    assert run["parameters"] == {
        "count": 12,
        "share": 0.25,
        "name": "",
        "text": "three\nmore\nlines",
        "really": False,
        "color": "green",
        "day": "2027-02-28",
        "limit": 7,
        "tags": ["x", "y"],
        "table": {"y": 2},
        "needed": 1,
    }


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_sent(panel: Panel):
    before = panel.lab.api("GET", "runs?q=kinds")["items"]
    panel.choose("kinds.ipynb", "Run as Batch Job…")
    panel.field("count").fill("1.5")
    panel.field("tags").fill("[1]")
    panel.page.get_by_label("Timeout").fill("soon")
    panel.button("Run").click()
    for text in ("takes an integer", "takes a list", "takes a duration", "needs a value"):
        expect(panel.page.get_by_text(text).first).to_be_visible()
    expect(panel.field("count")).to_be_focused()
    expect(panel.page.get_by_text("4 fields need another look")).to_be_visible()
    panel.shoot("form-errors")
    assert panel.lab.api("GET", "runs?q=kinds")["items"] == before


def test_what_the_server_refuses_is_said_beside_its_field(panel: Panel):
    panel.choose("walks.ipynb", "Run as Batch Job…")
    panel.page.get_by_text("Files, variables and secrets").click()
    panel.page.get_by_label("Secrets").fill("NO_SUCH_SECRET")
    panel.button("Run").click()
    field = panel.page.get_by_label("Secrets")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(panel.page.get_by_role("alert").filter(has_text="NO_SUCH_SECRET").first).to_be_visible()


def test_the_server_checks_what_is_being_typed(panel: Panel):
    panel.choose("walks.ipynb", "Run as Batch Job…")
    image = panel.page.get_by_label("Image")
    panel.page.get_by_text("Files, variables and secrets").click()
    panel.page.get_by_label("Secrets").fill("NO_SUCH_SECRET")
    # Nobody has pressed the button.
    field = panel.page.get_by_label("Secrets")
    expect(field).to_have_attribute("aria-invalid", "true")
    panel.shoot("form-checked-while-typing")
    field.fill("")
    expect(image).not_to_have_attribute("aria-invalid", "true")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_secrets_are_found_by_any_part_of_their_names(panel: Panel):
    page = panel.page
    with page.expect_response(re.compile(r"/batch/secrets")) as answer:
        panel.choose("plain.ipynb", "Run as Batch Job…")
    assert answer.value.json() == {"items": ["API_KEY", "DB_PASSWORD"], "weak": {}}
    page.get_by_text("Files, variables and secrets").click()
    field = page.get_by_role("combobox", name="Secrets")
    field.click()
    options = page.get_by_role("listbox").locator("visible=true").get_by_role("option")
    expect(options).to_have_text(["API_KEY", "DB_PASSWORD"])
    page.keyboard.type("pass")
    expect(options).to_have_text(["DB_PASSWORD"])
    assert panel.violations(".jb-mod-form") == []
    panel.shoot("form-secrets")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("DB_PASSWORD, ")
    panel.button("Run").click()
    panel.state("Succeeded")
    [run] = panel.lab.api("GET", "runs?q=plain&limit=1")["items"]
    assert run["environment"]["secrets"] == ["DB_PASSWORD"]


def test_a_notebook_without_parameters_is_offered_a_tag(panel: Panel):
    panel.choose("plain.ipynb", "Run as Batch Job…")
    panel.button("Make the first code cell the parameters").click()
    panel.page.get_by_role("dialog").get_by_role("button", name="Tag").click()
    expect(panel.field("word")).to_have_value("plain")


def test_an_open_notebook_offers_to_be_saved_first(panel: Panel):
    panel.lab.notebook("draft.ipynb", "print('old')")
    panel.browse("draft.ipynb").dblclick()
    page = panel.page
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("print('new')")
    page.locator(".jp-NotebookPanel-toolbar [data-command='batch:run-notebook']").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Save the notebook first?")
    dialog.get_by_role("button", name="Save and go on").click()
    panel.button("Run").click()
    panel.state("Succeeded")
    expect(page.locator(".jb-Outputs").get_by_text("new")).to_be_visible()


def test_a_job_is_made_changed_and_run(panel: Panel):
    panel.choose("walks.ipynb", "Schedule…")
    panel.page.get_by_label("Name").fill("Weekly walks")
    panel.page.get_by_label("only by hand").check()
    panel.shoot("form-job")
    panel.button("Create job").click()
    heading = panel.page.get_by_role("heading", name="Weekly walks")
    expect(heading).to_be_visible()
    panel.button("Edit…").click()
    panel.field("walks").fill("77")
    panel.button("Save").click()
    expect(panel.page.get_by_role("definition").filter(has_text="77")).to_be_visible()
    panel.button("Run now").click()
    panel.state("Succeeded")
    expect(panel.page.get_by_text("77 walks")).to_be_visible()
    panel.page.get_by_role("tab", name="Weekly walks").first.click()
    expect(panel.page.get_by_text("Cell 2: Succeeded").first).to_be_attached()
    panel.shoot("job")
    panel.side().get_by_role("button", name="Jobs").click()
    expect(panel.page.get_by_role("table", name="Jobs")).to_be_visible()
    panel.shoot("jobs")
    assert panel.violations(".jb-Widget:not(.lm-mod-hidden) .jb-Page") == []
