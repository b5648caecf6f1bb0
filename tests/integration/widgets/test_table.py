from __future__ import annotations

import ipywidgets
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellCount
from jupyter_batch.domain.run import RunState
from jupyter_batch.testing import AT
from jupyter_batch.widgets import RunTable
from tests.integration.widgets.conftest import all_parts, html_of, until


def names(table: RunTable) -> list[str]:
    """The names of the runs in the order in which they are seen."""
    rows = [p for p in all_parts(table) if isinstance(p, ipywidgets.HBox) and p.layout.order]
    shown = [row for row in rows if row.layout.display != "none"]
    return [row.children[0].description for row in sorted(shown, key=lambda r: int(r.layout.order))]


def tick(table: RunTable, name: str, value: bool = True) -> None:
    boxes = [p for p in all_parts(table) if isinstance(p, ipywidgets.Checkbox)]
    next(box for box in boxes if box.description == name).value = value


@pytest.fixture
def runs(owner):
    return [owner.add_run(name=f"run {n}", state=RunState.SUCCEEDED) for n in range(3)]


@pytest.fixture
def table(client, live, runs):
    table = RunTable(client=client)
    assert live.settle()
    return table


def test_the_newest_run_comes_first(table):
    assert names(table) == ["run 2", "run 1", "run 0"]
    assert "3 runs" in html_of(table)


def test_a_new_run_appears_by_itself_and_moves_no_row(owner, table):
    before = [p for p in all_parts(table) if isinstance(p, ipywidgets.Checkbox)]
    new = owner.add_run(name="run 3")
    owner.event_stream.send(new.id, "state", {"state": "queued"})
    until(lambda: names(table)[0] == "run 3")
    after = [p for p in all_parts(table) if isinstance(p, ipywidgets.Checkbox)]
    assert after[:3] == before


def test_a_run_is_followed_while_it_goes_on(owner, table):
    run = owner.add_run(name="new", state=RunState.RUNNING, started_at=AT)
    owner.event_stream.send(run.id, "state", {"state": "running"})
    until(lambda: names(table)[0] == "new")
    owner.runs[run.id] = replace(run, cells=CellCount(total=4, done=2))
    owner.event_stream.send(run.id, "cell_finished", {"cell_index": 1, "state": "succeeded"})
    until(lambda: "2 / 4" in html_of(table))


def test_ticked_runs_are_selected_and_stay_true(owner, table, runs):
    heard = []
    table.observe(lambda change: heard.append([run.name for run in change.new]), "selected")
    tick(table, "run 0")
    tick(table, "run 2")
    assert heard == [["run 0"], ["run 2", "run 0"]]
    (_, held) = table.selected
    owner.runs[runs[0].id] = replace(runs[0], state=RunState.FAILED)
    owner.event_stream.send(runs[0].id, "state", {"state": "failed"})
    until(lambda: held.state == "failed")
    assert table.selected[1] is held
    tick(table, "run 0", False)
    assert [run.name for run in table.selected] == ["run 2"]


def test_runs_are_selected_by_id_too(table, runs):
    table.select(runs[1].id)
    assert [run.name for run in table.selected] == ["run 1"]


def test_the_filter_is_by_state_and_by_text(owner, table, live):
    state, text = (
        next(p for p in all_parts(table) if getattr(p, "description", "") == name)
        for name in ("State", "Search")
    )
    owner.add_run(name="broken", state=RunState.LOST)
    state.value = "Failed"
    until(lambda: names(table) == ["broken"])
    state.value = "All"
    text.value = "run 1"
    until(lambda: names(table) == ["run 1"])
    text.value = ""
    until(lambda: len(names(table)) == 4)
    text.value = "nothing like this"
    until(lambda: "no runs" in html_of(table))


def test_what_is_filtered_away_is_not_selected_any_more(table, live):
    tick(table, "run 0")
    text = next(p for p in all_parts(table) if getattr(p, "description", "") == "Search")
    text.value = "run 2"
    until(lambda: table.selected == ())


def test_no_more_than_the_limit_is_shown_and_rows_are_used_again(owner, client, live, runs):
    table = RunTable(client=client, limit=2)
    assert live.settle()
    count = len(list(all_parts(table)))
    for number in range(5):
        run = owner.add_run(name=f"more {number}")
        owner.event_stream.send(run.id, "state", {"state": "queued"})
        until(lambda number=number: names(table)[0] == f"more {number}")
    assert names(table) == ["more 4", "more 3"]
    assert len(list(all_parts(table))) == count
    assert "newest 2 runs" in html_of(table)


def test_a_job_is_named_or_given(owner, client, live):
    table = RunTable(job="no such job", client=client)
    until(lambda: "there is no job" in html_of(table))


def test_names_and_reasons_are_no_html(owner, client, live):
    owner.add_run(name="<i>x</i>", state=RunState.FAILED, reason='"><script>alert(1)</script>')
    table = RunTable(client=client)
    assert live.settle()
    assert "<script" not in html_of(table)
    assert "&lt;script&gt;" in html_of(table)
    boxes = [p for p in all_parts(table) if isinstance(p, ipywidgets.Checkbox)]
    assert not any(box.description_allow_html for box in boxes)
