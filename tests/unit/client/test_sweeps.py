from __future__ import annotations

import asyncio
import itertools

import pytest

from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import (
    BatchError,
    Conflict,
    InvalidInput,
    InvalidParameters,
    NotFound,
    RunFailed,
    TooLarge,
    WaitTimeout,
)

GOOD = {"state": RunState.SUCCEEDED}


def test_a_grid_goes_to_the_server_as_it_is(owner, client, notebook):
    sweep = client.sweep(
        notebook,
        {"alpha": (0.1, 0.2), "n": range(2)},
        {"shared": True},
        max_concurrent=3,
        name="try",
        memory="1g",
    )
    (body,) = owner.bodies("POST", "sweeps")
    assert body == {
        "notebook": str(notebook),
        "grid": {"alpha": [0.1, 0.2], "n": [0, 1]},
        "parameters": {"shared": True},
        "max_concurrent": 3,
        "name": "try",
        "environment": {"memory_bytes": 2**30},
    }
    assert (len(sweep), sweep.name, sweep.state, sweep.max_concurrent) == (4, "try", "queued", 3)


def test_a_list_of_sets_goes_to_the_server_too(owner, client, notebook):
    client.sweep(notebook, ({"n": n} for n in range(2)))
    (body,) = owner.bodies("POST", "sweeps")
    assert body["parameter_sets"] == [{"n": 0}, {"n": 1}]


def test_the_rows_of_a_data_frame_are_sets(owner, client, notebook):
    class Frame:
        columns = ("n",)

        def to_dict(self, orient):
            assert orient == "records"
            return [{"n": 1}, {"n": 2}]

    client.sweep(notebook, Frame())
    (body,) = owner.bodies("POST", "sweeps")
    assert body["parameter_sets"] == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("grid", "error", "field"),
    [
        ("alpha", InvalidInput, "grid"),
        (5, InvalidInput, "grid"),
        (None, InvalidInput, "grid"),
        ({}, InvalidInput, "grid"),
        ([], InvalidInput, "parameter_sets"),
        ({"alpha": 1}, InvalidInput, "grid.alpha"),
        ({"alpha": "abc"}, InvalidInput, "grid.alpha"),
        ({"alpha": []}, InvalidInput, "grid.alpha"),
        ({"alpha": [1, float("nan")]}, InvalidParameters, "grid.alpha.1"),
        ({1: [2]}, InvalidParameters, "grid"),
        ([{"a": 1}, 5], InvalidInput, "parameter_sets.1"),
        ([{"a": 1}, {"a": object()}], InvalidParameters, "parameter_sets.1.a"),
        ([{1: 1}], InvalidParameters, "parameter_sets.0"),
        ({"a": range(1000), "b": range(1000)}, TooLarge, "grid"),
        ({"a": itertools.count()}, TooLarge, "grid"),
        (itertools.repeat({}), TooLarge, "parameter_sets"),
    ],
)
def test_a_wrong_grid_is_refused_before_anything_is_sent(
    owner, client, notebook, grid, error, field
):
    with pytest.raises(error) as caught:
        client.sweep(notebook, grid)
    assert caught.value.details["field"] == field
    assert owner.requests == []


@pytest.mark.parametrize("most", [0, -1, "2", 1.5])
def test_a_wrong_number_of_runs_at_once_is_refused(owner, client, notebook, most):
    with pytest.raises(InvalidInput) as caught:
        client.sweep(notebook, [{}], max_concurrent=most)
    assert caught.value.details["field"] == "max_concurrent"
    assert owner.requests == []


def test_a_sweep_is_waited_for_and_checked(owner, client, notebook):
    owner.plan = [{"state": RunState.RUNNING}, GOOD]
    sweep = client.sweep(notebook, [{}] * 3)
    with pytest.raises(WaitTimeout, match="still running after 0 s; it goes on"):
        sweep.wait(timeout=0)
    done = sweep.wait().check()
    assert (done.state, done.counts, done.done) == ("succeeded", {"succeeded": 3}, 3)


async def test_a_sweep_is_awaited_while_the_loop_goes_on(owner, client, notebook):
    owner.plan = [{"state": RunState.RUNNING}, GOOD]
    sweeps = [client.sweep(notebook, [{}] * 2) for _ in range(5)]
    assert all(sweep.succeeded for sweep in await asyncio.gather(*sweeps))


def test_a_failed_sweep_says_what_has_become_of_its_runs(owner, client, notebook):
    owner.plan = [{"state": RunState.FAILED}]
    sweep = client.sweep(notebook, [{}] * 2).wait()
    with pytest.raises(RunFailed, match="is failed: 2 failed"):
        sweep.check()


def test_only_the_failed_runs_are_tried_again(owner, client, notebook):
    sweep = client.sweep(notebook, [{"n": n} for n in range(3)])
    runs = sweep.runs()
    for run, state in zip(runs, ("succeeded", "failed", "timed_out"), strict=True):
        owner.runs[run.id] = owner.runs[run.id].move_to(
            RunState(state) if state != "succeeded" else RunState.STARTING, at=run.created_at
        )
    owner.runs[runs[0].id] = owner.runs[runs[0].id].move_to(
        RunState.SUCCEEDED, at=runs[0].created_at
    )
    assert sweep.refresh().state == "failed"
    assert sweep.retry().counts == {"queued": 2, "succeeded": 1}
    with pytest.raises(Conflict):
        sweep.retry("cancelled")
    with pytest.raises(InvalidInput, match="did you mean 'failed'"):
        sweep.retry("faild")
    assert sweep.cancel().state == "cancelled"
    sweep.delete()
    with pytest.raises(NotFound):
        sweep.refresh()


def test_the_table_has_a_row_for_each_set_in_order(owner, client, notebook):
    owner.plan = [GOOD]
    sweep = client.sweep(notebook, [{"n": 1}, {"n": 2, "state": "x"}]).wait()
    table = sweep.table()
    assert table.columns == (
        "index",
        "n",
        "parameters.state",
        "state",
        "started_at",
        "finished_at",
        "duration_seconds",
        "reason",
        "run_id",
    )
    assert [(row["index"], row["n"], row["parameters.state"], row["state"]) for row in table] == [
        (0, 1, None, "succeeded"),
        (1, 2, "x", "succeeded"),
    ]
    assert table["n"] == [1, 2]
    assert [run.id for run in sweep] == table["run_id"]
    assert len(table[:1]) == 1
    with pytest.raises(InvalidInput, match="there is no column 'm'"):
        table["m"]


def test_the_table_has_what_the_runs_have_recorded(owner, client, notebook):
    owner.plan = [GOOD]
    owner.results = {"loss": 0.5, "state": "fine", "model": "ridge"}
    sweep = client.sweep(notebook, [{"n": 1, "loss": 9}, {"n": 2}]).wait()
    table = sweep.table()
    assert table.columns[:7] == (
        "index",
        "n",
        "parameters.loss",
        "state",
        "results.loss",
        "results.state",
        "model",
    )
    assert table["results.loss"] == [0.5, 0.5]
    assert table["parameters.loss"] == [9, None]
    assert table["state"] == ["succeeded"] * 2


def test_a_table_can_be_written_and_shown(owner, client, notebook, tmp_path):
    sweep = client.sweep(notebook, [{"n": [1, 2]}, {"n": "<b>"}])
    table = sweep.table()
    lines = table.to_csv(tmp_path / "t.csv").read_text().splitlines()
    assert lines[1].startswith('0,"[1,2]",queued,')
    assert "index  n" in repr(table)
    shown = table._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


def test_a_table_becomes_a_data_frame_where_pandas_is(owner, client, notebook):
    table = client.sweep(notebook, [{"n": 1}]).table()
    try:
        import pandas  # noqa: F401
    except ImportError:
        with pytest.raises(BatchError, match="pip install pandas"):
            table.to_pandas()
    else:
        assert list(table.to_pandas()["n"]) == [1]


def test_many_runs_are_fetched_page_by_page(owner, client, notebook):
    sweep = client.sweep(notebook, [{"n": n} for n in range(1200)])
    assert [run.parameters["n"] for run in sweep.runs()] == list(range(1200))


def test_sweeps_are_found(owner, client, notebook):
    made = [client.sweep(notebook, [{}], name=f"solo-{n}") for n in range(3)]
    assert [sweep.id for sweep in client.sweeps] == [sweep.id for sweep in made[::-1]]
    assert [sweep.name for sweep in client.sweeps(q="solo-1")] == ["solo-1"]
    assert client.sweeps.get(made[0].id).name == "solo-0"
    assert len(list(client.runs(sweep=made[0]))) == 1
    with pytest.raises(NotFound):
        client.sweeps.get("none")
