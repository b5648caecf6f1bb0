"""The outputs of runs run no script and load nothing, wherever the panel shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Request, expect

from tests.e2e.browser.elsewhere import Elsewhere
from tests.e2e.browser.hostile import SECRET, bundles, source
from tests.e2e.browser.lab import Lab
from tests.e2e.browser.pages import FRONT, execute
from tests.e2e.browser.panel import RUN_MS, Panel

#: What was to be loaded has been asked for by then: pictures are there or have failed, what is drawn
#: has been drawn, and the server has answered once more. (There is no idle network: events stream.)
SETTLED = """async () => {
    const frame = () => new Promise(done => requestAnimationFrame(() => done()));
    for (let turn = 0; turn < 3; turn++) {
        await frame();
        await Promise.allSettled([...document.images].map(image => image.decode()));
        await (await fetch(document.baseURI.replace(/lab.*/, '') + 'api/status')).text();
    }
}"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    """A server that nothing may ask."""
    server = Elsewhere()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def run(lab: Lab, elsewhere: Elsewhere) -> dict[str, str]:
    """A run of a notebook that leaves everything hostile that we know."""
    (lab.notebooks / SECRET).write_text("[1, 2, 3]")
    every = bundles(elsewhere.url, lab.url)
    cells = [
        nbformat.v4.new_markdown_cell(every["markdown"]["text/markdown"]),
        nbformat.v4.new_code_cell(source(elsewhere.url, lab.url), metadata={"trusted": True}),
        nbformat.v4.new_code_cell("print('the end')", metadata={"trusted": True}),
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(book, lab.notebooks / "hostile.ipynb")
    run = lab.run("hostile.ipynb", name="hostile")
    lab.stream_to_the_end(run["id"])
    return run


class Watch:
    """Notes what the page asks for, and whether a script has run in it."""

    def __init__(self, panel: Panel, elsewhere: Elsewhere) -> None:
        self.panel = panel
        self.elsewhere = elsewhere
        elsewhere.requests.clear()
        self.own: list[str] = []
        panel.page.on("response", lambda response: self._note(response.request))

    def _note(self, request: Request) -> None:
        if SECRET in request.url or "/logout" in request.url:
            self.own.append(request.url)

    def quiet(self, *, by_policy: bool = False) -> None:
        """Fails where something was loaded or run.

        Chromium also tells of requests that a page's own policy has it drop: those reach nobody.
        """
        self.panel.page.evaluate(SETTLED)
        assert self.elsewhere.requests == []
        assert self.own == []
        assert self.panel.page.evaluate("() => window.pwned") is None
        if by_policy:
            self.panel.page.goto("about:blank")
            self.panel.strangers.clear()
        assert self.elsewhere.requests == []
        assert self.panel.strangers == []


@pytest.fixture
def watch(panel: Panel, elsewhere: Elsewhere) -> Watch:
    """Looks out."""
    return Watch(panel, elsewhere)


def test_the_page_of_a_run_loads_and_runs_nothing(
    panel: Panel, watch: Watch, run: dict[str, str], elsewhere: Elsewhere
):
    execute(panel, "batch:open-run", id=run["id"])
    front = panel.page.locator(FRONT)
    panel.state("Succeeded")
    expect(front.get_by_text("the end", exact=True).last).to_be_visible()
    # A chart that holds its own data is drawn; one that wants files says why it has none.
    expect(front.locator(".jb-Vega canvas")).to_have_count(3)
    expect(front.get_by_role("note").filter(has_text="asks for data from elsewhere")).to_have_count(
        2
    )
    expect(front.locator("[data-commandlinker-command]")).to_have_count(0)
    panel.shoot("light-untrusted")
    watch.quiet()
    # The same outputs do all that once they are trusted: the test can see it.
    panel.button("Trust them").click()
    panel.page.wait_for_function("() => window.pwned === true")
    panel.page.evaluate(SETTLED)
    assert any("stolen" in one or "vega" in one for one in elsewhere.requests)
    assert any("img" in one for one in elsewhere.requests)
    panel.page.goto("about:blank")
    panel.errors.clear()
    panel.strangers.clear()


def test_the_executed_notebook_loads_and_runs_nothing(
    panel: Panel, watch: Watch, run: dict[str, str]
):
    execute(panel, "batch:open-run", id=run["id"])
    panel.button("Open executed notebook").click()
    notebook = panel.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook.get_by_text("the end", exact=True).last).to_be_attached(timeout=RUN_MS)
    expect(notebook.locator(".jb-Vega canvas")).to_have_count(3)
    panel.shoot("light-untrusted-notebook")
    watch.quiet()


@pytest.mark.parametrize(
    "name",
    ["page.html", "text.md", "chart.vl.json", "files.vg.json", "place.geojson", "picture.svg"],
)
def test_an_artifact_loads_and_runs_nothing(
    panel: Panel, watch: Watch, run: dict[str, str], name: str
):
    execute(panel, "batch:open-run", id=run["id"])
    panel.tab("Artifacts")
    panel.button(f"Open {name}").click()
    document = panel.page.locator(".jp-Document:not(.lm-mod-hidden)")
    expect(document).to_be_visible()
    expect(document.locator(".jp-Spinner")).to_have_count(0)
    shown = document.locator("iframe, img, canvas, .jp-RenderedMarkdown, .cm-content")
    expect(shown.first).to_be_visible()
    panel.shoot(f"artifact-{name}")
    if name == "picture.svg":
        picture = document.locator("img").element_handle()
        width = "image => image.decode().then(() => image.naturalWidth)"
        assert panel.page.evaluate(width, picture) == 9
    watch.quiet(by_policy=name == "page.html")


def test_a_notebook_among_the_artifacts_opens_as_a_record(
    panel: Panel, watch: Watch, run: dict[str, str]
):
    execute(panel, "batch:open-run", id=run["id"])
    panel.tab("Artifacts")
    panel.button("Open book.ipynb").click()
    notebook = panel.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook.get_by_text("'of the book'")).to_be_visible()
    expect(notebook.get_by_text("notebook is read-only")).to_be_visible()
    expect(notebook.locator(".jb-Vega canvas")).to_have_count(3)
    panel.shoot("artifact-book.ipynb")
    watch.quiet()
    sessions = panel.page.request.get(f"{panel.lab.url}api/sessions").json()
    assert [one["path"] for one in sessions if "book" in one["path"]] == []


def test_the_report_loads_and_runs_nothing(panel: Panel, watch: Watch, run: dict[str, str]):
    execute(panel, "batch:open-page", kind="report", id=run["id"])
    frame = panel.page.frame_locator("iframe.jb-Report")
    expect(frame.get_by_text("the end", exact=True).last).to_be_attached()
    panel.shoot("light-untrusted-report")
    watch.quiet(by_policy=True)


def test_viewers_that_load_things_do_not_open_what_runs_have_left(
    panel: Panel, watch: Watch, run: dict[str, str]
):
    path = f"BatchRuns:{run['id']}@1/artifacts/chart.vl.json"
    for factory in ("Vega-Lite5", "default"):
        refusal = panel.page.evaluate(
            """([path, factory]) => window.jupyterapp.commands
                .execute('docmanager:open', {path, factory}).then(() => '', String)""",
            [path, factory],
        )
        assert re.search("does not open what runs have left", refusal), refusal
    watch.quiet()
    # JupyterLab fills the toolbar of what it was not let have.
    panel.errors.clear()
