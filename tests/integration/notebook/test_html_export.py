"""Notebooks as pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from jupyter_batch.errors import InvalidNotebook
from jupyter_batch.notebook.html_export import POLICY, render


def output(**data: str) -> dict[str, Any]:
    return {
        "output_type": "display_data", "metadata": {},
        "data": {name.replace("__", "+").replace("_", "/", 1): text for name, text in data.items()},
    }  # fmt: skip


def page(*outputs: dict[str, Any], markdown: str = "", **metadata: object) -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": markdown},
        {"cell_type": "code", "metadata": {}, "source": ["print(", "1)"], "execution_count": 7,
         "outputs": list(outputs)},
    ]  # fmt: skip
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return render(json.dumps(book).encode()).decode()


def test_sources_and_outputs_are_shown():
    shown = page(
        {"output_type": "stream", "name": "stdout", "text": "printed \x1b[31mred"},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["where"]},
        output(text_html="<b>rich</b>"),
        output(image_png="iVBORw0KGgo="),
        markdown="# Title of it",
        papermill={"input_path": "in/report.ipynb"},
    )
    for text in ("printed", "red", "where", "<b>rich</b>", "Title of it", "[7]"):
        assert text in shown
    assert "data:image/png;base64,iVBORw0KGgo=" in shown
    assert "<title>report</title>" in shown


def test_the_page_loads_nothing_from_elsewhere():
    shown = page(
        markdown="$x^2$\n```mermaid\ngraph TD;A-->B\n```",
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {}}},
    )
    assert re.findall(r"<(?:script|link|iframe|base)\b", shown) == []
    assert re.findall(r"""(?:src|href)=["']?\s*(?:https?:)?//""", shown) == []
    assert re.findall(r"@import|url\(\s*['\"]?(?:https?:)?//", shown) == []


def test_the_policy_comes_before_anything_else():
    shown = page(output(text_html="<img src='http://elsewhere/x.png'>"))
    head = shown[shown.index("<head>") + len("<head>") :]
    assert head.startswith(f'<meta content="{POLICY}" http-equiv="Content-Security-Policy"/>')
    assert "script-src" not in POLICY
    assert POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src='http://elsewhere/x.js'></SCRIPT >",
        "<script>if (a > '<script>') b()</script>",
        "<meta http-equiv='refresh' content='0;url=http://elsewhere'>",
        "<base href='http://elsewhere'>",
        "<link rel='stylesheet' href='http://elsewhere/x.css'>",
    ],
)
def test_what_would_act_is_taken_out_of_outputs(html):
    shown = page(output(text_html=f"<p>before</p>{html}<p>after</p>"))
    body = shown[shown.index("<main") :]
    assert "<p>before</p>" in body
    assert "<p>after</p>" in body
    assert not re.search(r"<(?:script|meta|base|link)\b", body, re.IGNORECASE)


def test_without_scripts_the_next_best_form_is_shown():
    shown = page(
        {"output_type": "display_data", "metadata": {},
         "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "a"},
                  "text/plain": "IntSlider(value=3)"}},
        output(application_javascript="alert(1)", text_plain="<Javascript object>"),
    )  # fmt: skip
    assert "IntSlider(value=3)" in shown
    assert "alert(1)" not in shown


def test_a_title_is_text():
    shown = page(title="</title><script>alert(1)</script>")
    assert "<script" not in shown


def test_cells_without_ids_and_with_twins_are_shown():
    cell = {"cell_type": "raw", "id": "same", "metadata": {}, "source": "raw text"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell, cell]}
    assert render(json.dumps(book).encode()).count(b"raw text") == 2


def test_what_is_no_notebook_is_refused():
    with pytest.raises(InvalidNotebook):
        render(b"{}")
    with pytest.raises(InvalidNotebook):
        render(b"nothing")


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("$x^2$", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("$$\\frac{a}{b}$$", "<mfrac>"),
        ("\\begin{align*}a&=b\\\\c&=d\\end{align*}", "<mtable"),
        ("$a < b$", "<mo>&lt;</mo>"),
    ],
)
def test_formulas_are_drawn_without_a_script(written, drawn):
    html = f"<p>so {written} is</p>"
    for shown in (
        page(markdown=f"so {written} is"),
        page(output(text_latex=written)),
        page(output(text_html=html)),
    ):
        body = shown[shown.index("<main") :]
        assert drawn in body
        assert "$" not in body


def test_a_latex_output_keeps_the_words_around_its_formulas():
    shown = page(output(text_latex="is <b> $\\displaystyle x_1$ or \\(y\\), and 5\\$"))
    body = shown[shown.index('class="jp-RenderedLatex') :]
    assert "is &lt;b&gt; <math" in body
    assert body.count("<math") == 2
    assert "and 5\\$" in body


@pytest.mark.parametrize(
    "latex",
    [
        "$\\href{javascript:alert(1)}{x}$",
        "$\\style{background:url(http://elsewhere)}{x}$",
        "$\\text{<img src=http://elsewhere onerror=alert(1)>}$",
        "$\\text{<script>alert(1)</script>}$",
        "$\\text{&lt;script&gt;}$",
    ],
)
def test_a_formula_is_no_way_into_the_page(latex):
    shown = page(output(text_latex=latex))
    body = shown[shown.index('class="jp-RenderedLatex') :]
    assert "<math" in body
    assert not re.search(r"<(?:script|img)|href=|style=", body)


@pytest.mark.parametrize("latex", ["\\frac{", "{" * 3000 + "}" * 3000, "x+" * 50_000])
def test_what_is_no_formula_is_shown_as_it_was_written(latex):
    for shown in (page(markdown=f"$${latex}$$"), page(output(text_latex=f"$${latex}$$"))):
        assert latex[:40] in shown[shown.index("<main") :]
