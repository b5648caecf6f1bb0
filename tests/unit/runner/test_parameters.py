from __future__ import annotations

import pytest
from papermill.translators import papermill_translators

from jupyter_batch.runner.failures import Failure
from jupyter_batch.runner.parameters import (
    JuliaTranslator,
    PowershellTranslator,
    check_names,
    check_python,
)


@pytest.mark.parametrize(
    "source",
    [
        "a = 1\nimport os",
        "a = 1; b = 2",
        "a = b = 1",
        "a: int = 1",
        "a = f(1)",
        "a = 'x' + y",
        "a = True",
        "a = 1.0",
        "(a) = [1][0]",
        "a = f'{1}'",
        "b = 1",
        "",
        "a = (",
    ],
)
def test_code_that_does_more_than_assign_the_value_is_refused(source):
    with pytest.raises(Failure):
        check_python(source, {"a": 1})


@pytest.mark.parametrize("name", ["", "1a", "a b", "a;b", "a=1\nb", "a.b", "lambda", "a\n", "é-"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(Failure, match="no name of a parameter"):
        check_names({name: 1}, "python")


def test_names_are_those_of_the_language():
    check_names({"a_1": 1, "é": 2}, "python")
    check_names({"my.value": 1}, "R")
    check_names({"lambda": 1}, "scala")
    with pytest.raises(Failure):
        check_names({"my.value": 1}, "scala")


def test_a_dollar_in_a_julia_string_is_no_interpolation():
    assert JuliaTranslator.translate({"$k": '$(run(`rm x`)) "q" \\'}) == (
        r'Dict("\$k" => "\$(run(`rm x`)) \"q\" \\")'
    )


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain text", '"plain text"'),
        ("$(Remove-Item x)", "'$(Remove-Item x)'"),
        ("it's `n ’ $x", "'it''s `n ’’ $x'"),
        ('say "x"', "'say \"x\"'"),
        ("C:\\new", "'C:\\new'"),
        ("two\nlines é", "'two\nlines é'"),
    ],
)
def test_a_powershell_string_is_verbatim_where_it_makes_a_difference(value, literal):
    assert PowershellTranslator.translate(value) == literal


def test_papermill_still_has_the_languages_that_ours_replace():
    for language in ("julia", ".net-powershell"):
        assert papermill_translators.find_translator("", language)
