"""Formulas in the HTML of outputs are drawn where JupyterLab's MathJax draws them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_batch.notebook.formulas import typeset_markup

#: MathJax reads no formulas in these, and MathML cannot stand in SVG.
_IGNORED = frozenset({"code", "math", "noscript", "option", "pre", "select", "svg"})
#: These hold text and no tags.
_RAW = frozenset({"iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"})
_VOID = frozenset({"br", "col", "hr", "img", "input", "source", "track", "wbr"})
#: pandas sets both classes for tables whose texts are no formulas.
_IGNORED_CLASS = re.compile(r"\b(?:mathjax|tex2jax)_ignore\b")
_START = re.compile(r"<(?:(?P<comment>!--)|(?P<other>[!?])|(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*))")
#: A quote begins a value only after a ``=``.
_REST_OF_TAG = re.compile(
    r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])))*+>""",
)


def typeset_html(html: str) -> str:
    """Returns HTML with the formulas of its texts drawn; the rest stays as it is."""
    if "$" not in html and "\\" not in html:
        return html
    return "".join(typeset_markup(part) if read else part for part, read in _parts(html))


def _parts(html: str) -> Iterator[tuple[str, bool]]:
    """Gives the parts of HTML, and of each whether formulas are read in it."""
    place = 0
    ignored = ""
    depth = 0
    while start := _START.search(html, place):
        yield html[place : start.start()], not ignored
        end = _end(html, start)
        if end < 0:
            # A tag that does not end takes in all that follows.
            yield html[start.start() :], False
            return
        yield html[start.start() : end], False
        place = end
        name = (start["name"] or "").lower()
        if ignored:
            if name == ignored:
                depth += -1 if start["end"] else 1
                ignored = ignored if depth else ""
        elif name and not start["end"] and _begins_ignored(name, html[start.end() : end]):
            ignored, depth = name, 1
    yield html[place:], not ignored


def _end(html: str, start: re.Match[str]) -> int:
    """Returns where a tag or comment ends, of one with text alone the whole element; -1 for never."""
    if start["comment"] or start["other"]:
        closing = "-->" if start["comment"] else ">"
        found = html.find(closing, start.end())
        return found + len(closing) if found >= 0 else -1
    tag = _REST_OF_TAG.match(html, start.end())
    if tag is None:
        return -1
    name = start["name"].lower()
    if name not in _RAW or start["end"]:
        return tag.end()
    closing_tag = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, tag.end())
    return closing_tag.start() if closing_tag else -1


def _begins_ignored(name: str, attributes: str) -> bool:
    if name in _VOID or attributes.endswith("/>"):
        return False
    return name in _IGNORED or _IGNORED_CLASS.search(attributes) is not None
