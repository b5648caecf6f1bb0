"""Formulas in the HTML of outputs, which JupyterLab draws."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.notebook.formulas import typeset
from jupyter_batch.notebook.formulas_in_html import typeset_html


@pytest.mark.parametrize(
    "html",
    [
        "<p>so $x^2$ is</p>",
        "<td>$$x^2$$</td><td>5</td>",
        "\\(x^2\\) without a tag",
        '<p title="a > b\'s" class=x>\\[x^2\\]</p>',
        '<p b"c>$x^2$</p>',
        "<br/>$x^2$<br>",
        "a < 3 and $x^2$",
        "<pre>$y$</pre>$x^2$",
        "<div class='tex2jax_ignore'><div>$y$</div>$y$</div>$x^2$",
        "<!-- $y$ -->$x^2$<!doctype html>",
        "<SCRIPT>'<p>$y$</p>'</SCRIPT >$x^2$",
        "<b>cost 5\\$ $x^2$</b>",
    ],
)
def test_a_formula_is_drawn_and_the_rest_stays(html: str):
    drawn = typeset_html(html)
    before, after = drawn.split("<math", 1)
    rest = after.split("</math>", 1)[1]
    formula = next(one for one in ("$$x^2$$", "$x^2$", "\\(x^2\\)", "\\[x^2\\]") if one in html)
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in after
    assert before + formula + rest == html


@pytest.mark.parametrize(
    "html",
    [
        "<td>$5</td><td>$6</td>",
        "<p title='$x$'>a</p>",
        "<code>$x$</code>",
        "<pre><code>a</code>$x$</pre>",
        '<table class="dataframe tex2jax_ignore mathjax_ignore"><tr><td>$x$</td></tr></table>',
        "<svg><text>$x$</text></svg>",
        "<textarea><p>$x$</p></textarea>",
        "<style>a { b: '$x$' }</style>",
        "<script>'$x$'",
        '<p title="$x$',
        "<!-- $x$",
        "$\\frac{$ and \\$x\\$",
        "$" + "x+" * 3000 + "$",
        "",
    ],
)
def test_what_is_no_formula_of_a_text_stays(html: str):
    assert typeset_html(html) == html


def test_entities_are_read_in_formulas_and_kept_outside():
    drawn = typeset_html("<p>a &lt; b, $a &lt; b$, &amp;</p>")
    assert drawn.startswith("<p>a &lt; b, <math")
    assert "<mo>&lt;</mo>" in drawn
    assert drawn.endswith("</math>, &amp;</p>")


@pytest.mark.parametrize(
    "latex", ["$\\href{javascript:alert(1)}{x}$", "$\\text{&lt;script&gt;}$", "$x \\&lt;b$"]
)
def test_a_formula_brings_no_tags(latex: str):
    drawn = typeset_html(latex)
    assert "href=" not in drawn
    assert "<script" not in drawn


@given(st.text(alphabet="<>/$\\\"'=![]()-ax &;{}\n", max_size=200))
def test_whatever_is_written_can_be_read(text: str):
    if "$" not in text and "\\" not in text:
        assert typeset_html(text) == text
    assert isinstance(typeset_html(text), str)
    assert isinstance(typeset(text), str)


@pytest.mark.parametrize(
    "piece",
    [
        '<a "',
        "<a b='",
        "<!--",
        "<script>",
        "<p>",
        "</",
        "\\[",
        "$ \\$",
        "\\begin{a}",
        "$$",
        "<pre>",
    ],
)
def test_time_grows_as_the_text_does(piece: str):
    """Four times the text takes about four times as long, not sixteen."""

    def seconds(count: int) -> float:
        begun = time.process_time()
        typeset_html("\\" + piece * count)
        return time.process_time() - begun

    few = min(seconds(5_000) for _ in range(3))
    many = min(seconds(20_000) for _ in range(3))
    assert many < 9 * few + 0.02
