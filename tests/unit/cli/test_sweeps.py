from __future__ import annotations

import json

import pytest

from jupyter_batch.domain.run import RunState

DONE = [{"state": RunState.RUNNING}, {"state": RunState.SUCCEEDED}]


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "report.ipynb"
    path.write_text('{"cells": []}')
    return path


def grid_of(owner):
    return owner.bodies("POST", "sweeps")[-1]["grid"]


def sets_of(owner):
    return owner.bodies("POST", "sweeps")[-1]["parameter_sets"]


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("alpha=0.1,0.2", [0.1, 0.2]),
        ("alpha=1..5", [1, 2, 3, 4, 5]),
        ("alpha=-2..2..2", [-2, 0, 2]),
        ("alpha=0..1..0.25", [0, 0.25, 0.5, 0.75, 1]),
        ("alpha=0.1..0.3..0.1", [0.1, 0.2, 0.3]),
        ("alpha=a, b,'c'", ["a", "b", "'c'"]),
        ('alpha="a,b",c', ["a,b", "c"]),
        ("alpha=true,null", [True, None]),
        ('alpha=["1,2", [1, 2], {"a": 1}]', ["1,2", [1, 2], {"a": 1}]),
        ("alpha=x=y", ["x=y"]),
    ],
)
def test_values_are_typed_as_people_write_them(owner, shell, notebook, typed, values):
    assert shell("sweep", notebook, "-g", typed) == 0
    assert grid_of(owner) == {"alpha": values}


def test_a_sweep_is_queued_with_what_its_runs_share(owner, shell, notebook):
    code = shell(
        "sweep", notebook, "-g", "alpha=0.1,0.2", "-g", "n=1..3", "-p", "title", "x",
        "--max-concurrent", 2, "--name", "try", "--memory", "1g",
    )  # fmt: skip
    assert code == 0
    body = owner.bodies("POST", "sweeps")[0]
    assert body["grid"] == {"alpha": [0.1, 0.2], "n": [1, 2, 3]}
    assert (body["parameters"], body["max_concurrent"], body["name"]) == ({"title": "x"}, 2, "try")
    assert "queued 6 runs of try as sweep" in shell.out
    assert "sweeps show" in shell.err


def test_the_notebooks_types_say_how_values_are_read(owner, shell, notebook):
    owner.properties = {"code": {"type": "string"}, "n": {"type": "integer"}}
    assert shell("sweep", notebook, "-g", "code=1,2", "-g", "n=1,2") == 0
    assert grid_of(owner) == {"code": ["1", "2"], "n": [1, 2]}
    assert shell("sweep", notebook, "-g", "n=1,x") == 2
    assert "'n' takes an integer" in shell.err


def test_a_csv_file_has_a_run_in_each_line(owner, shell, notebook, tmp_path):
    owner.properties = {"code": {"type": "string"}, "n": {"type": "integer"}}
    (tmp_path / "sets.csv").write_text("code,n\n007,1\nx,\n")
    assert shell("sweep", notebook, "--from", tmp_path / "sets.csv") == 0
    assert sets_of(owner) == [{"code": "007", "n": 1}, {"code": "x"}]


def test_a_json_file_has_sets_or_a_grid(owner, shell, notebook, tmp_path):
    (tmp_path / "sets.json").write_text('[{"a": 1}, {"a": "1"}]')
    assert shell("sweep", notebook, "--from", tmp_path / "sets.json") == 0
    assert sets_of(owner) == [{"a": 1}, {"a": "1"}]
    (tmp_path / "grid.yaml").write_text("a: [1, 2]\n")
    assert shell("sweep", notebook, "--from", tmp_path / "grid.yaml") == 0
    assert grid_of(owner) == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give the values to sweep over"),
        (["-g", "alpha"], "write NAME=VALUES"),
        (["-g", "alpha="], "write NAME=VALUES"),
        (["-g", "alpha=5..1"], "has nothing in it"),
        (["-g", "alpha=1..5..0"], "the step of a range"),
        (["-g", "alpha=1..99999999999"], "at most 10,000 values"),
        (["-g", "alpha=[1,"], "no JSON list"),
        (["-g", "alpha=1", "-g", "alpha=2"], "more than once"),
        (["-g", "a=1..1000", "-g", "b=1..1000"], "1,000,000 runs"),
        (["-g", "alpha=1", "--max-concurrent", "0"], "max_concurrent"),
        (["--from", "none.csv"], "cannot read none.csv"),
        (["--from", "none.json"], "cannot read none.json"),
    ],
)
def test_what_cannot_be_is_refused(owner, shell, notebook, arguments, words):
    assert shell("sweep", notebook, *arguments) == 2
    assert words in shell.err
    assert owner.bodies("POST", "sweeps") == []


def test_waiting_ends_with_all_runs(owner, shell, notebook):
    owner.plan = DONE
    assert shell("sweep", notebook, "-g", "n=1..3", "--wait") == 0
    assert "3 succeeded" in shell.out
    owner.plan = [{"state": RunState.FAILED, "reason": "cell 1"}]
    assert shell("sweep", notebook, "-g", "n=1..3", "--wait", "--json") == 1
    assert shell.json["counts"] == {"failed": 3}


def test_a_terminal_shows_the_progress(owner, terminal, notebook):
    owner.plan = DONE
    assert terminal("sweep", notebook, "-g", "n=1..3", "--wait", "--name", "try") == 0
    assert "3/3" in terminal.err


def test_sweeps_are_listed_and_shown(owner, shell, notebook):
    assert shell("sweeps") == 0
    assert "no sweeps yet" in shell.err
    shell("sweep", notebook, "-g", "n=1,2", "-g", "title=a,b", "--name", "try")
    assert shell("sweeps") == 0
    assert "0/4" in shell.out
    assert shell("sweeps", "list", "-q", "none") == 0
    assert shell("sweeps", "show", "last") == 0
    lines = shell.out.splitlines()
    assert lines[2].split() == ["NO", "n", "title", "STATE", "TOOK", "RUN", "WHY"]
    assert [line.split()[:5] for line in lines[3:5]] == [
        ["1", "1", "a", "○", "queued"],
        ["2", "1", "b", "○", "queued"],
    ]
    assert shell("sweeps", "show", "last", "--json") == 0
    assert [row["n"] for row in shell.json["table"]] == [1, 1, 2, 2]


def test_a_sweep_is_cancelled_retried_and_deleted(owner, shell, notebook):
    shell("sweep", notebook, "-g", "n=1..2")
    assert shell("sweeps", "delete", "last") == 2
    assert shell("sweeps", "cancel", "last", "--wait") == 0
    assert "2 cancelled" in shell.out
    assert shell("sweeps", "retry", "last") == 2
    assert "nothing to retry" in shell.err
    owner.plan = DONE
    assert shell("sweeps", "retry", "last", "--state", "cancelled", "--wait") == 0
    assert shell("sweeps", "retry", "last", "--state", "faild") == 2
    assert "did you mean 'failed'" in shell.err
    assert shell("sweeps", "delete", "last", "--json") == 0
    assert json.loads(shell.out) == {"deleted": 2}


def test_the_runs_of_a_sweep_are_listed(owner, shell, notebook):
    owner.add_run(name="other")
    shell("sweep", notebook, "-g", "n=1..2", "--name", "mine")
    assert shell("runs", "--sweep", "last", "--json") == 0
    assert [run["parameters"]["n"] for run in shell.json["items"]] == [2, 1]
    assert shell("runs", "--sweep", "none") == 2
    assert "there is no sweep 'none'" in shell.err


def test_the_help_teaches(shell, capsys):
    with pytest.raises(SystemExit):
        shell("sweep", "--help")
    assert "-g alpha=0.1,0.2,0.5 -g n=1..5" in capsys.readouterr().out
