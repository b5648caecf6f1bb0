from __future__ import annotations

import pytest

from jupyter_batch.cli.parameters import join_parameters, read_file
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput


@pytest.fixture
def sent(shell, owner, notebook):
    """Runs with typed parameters against a notebook's schema; returns what the run got."""

    def send(properties, *arguments):
        owner.properties = properties
        owner.plan = [{"state": RunState.SUCCEEDED}]
        assert shell("run", notebook, "-q", "--json", *arguments) == 0, shell.out
        return next(iter(owner.runs.values())).parameters

    return send


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "1", "1"),
        ({"type": "string"}, "true", "true"),
        ({"type": "string"}, '"x"', '"x"'),
        ({"type": "string"}, "-x", "-x"),
        ({"type": "string"}, "", ""),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "0", False),
        ({"type": "integer"}, "-3", -3),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "array"}, "['a', 'b']", ["a", "b"]),
        ({"type": "object"}, "{'a': 1}", {"a": 1}),
        ({"type": ["string", "null"]}, "none", "none"),
        ({"type": ["string", "null"]}, "null", None),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "7", "7"),
        ({"enum": ["1", "2"]}, "2", "2"),
        ({}, "0.5", 0.5),
        ({}, "hello world", "hello world"),
        ({}, "NaN", "NaN"),
    ],
)
def test_a_typed_value_is_read_as_the_notebook_wants_it(sent, schema, text, value):
    got = sent({"x": schema}, "-p", "x", text)["x"]
    assert got == value
    assert type(got) is type(value)


def test_several_values_are_read_each_by_its_own_type(sent):
    properties = {"name": {"type": "string"}, "flag": {"type": "boolean"}, "n": {"type": "integer"}}
    got = sent(properties, "-p", "name", "1", "-p", "flag", "on", "-p", "n", "1")
    assert got == {"name": "1", "flag": True, "n": 1}


def test_a_value_that_does_not_fit_is_refused_once_and_for_all(shell, owner, notebook):
    owner.properties = {"n": {"type": "integer"}}
    assert shell("run", notebook, "-p", "n", "many", "--json") == 2
    assert shell.json["details"]["field"] == "parameters.n"
    assert owner.runs == {}


def test_an_unknown_name_is_refused_with_the_nearest_one(shell, owner, notebook):
    owner.properties = {"alpha": {"type": "number"}}
    assert shell("run", notebook, "-p", "alpa", "0.5") == 2
    assert "did you mean 'alpha'?" in shell.err


def test_what_is_typed_wins_over_files_and_later_files_over_earlier(sent, tmp_path):
    (tmp_path / "a.yaml").write_text("alpha: 1\nbeta: two\nday: 2026-01-02\n")
    (tmp_path / "b.json").write_text('{"beta": 3, "gamma": [1]}')
    got = sent(None, "-y", tmp_path / "a.yaml", "-y", tmp_path / "b.json", "-p", "alpha", "9")
    assert got == {"alpha": 9, "beta": 3, "gamma": [1], "day": "2026-01-02"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", "- 1"), ("a.json", "{"), ("a.json", '{"x": NaN}'), ("a.yaml", "a: [")],
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InvalidInput):
        read_file(str(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"gone\.yaml"):
        read_file(str(tmp_path / "gone.yaml"))


def test_after_two_dashes_nothing_is_joined():
    assert join_parameters(["--", "-p", "a", "b"]) == ["--", "-p", "a", "b"]
