"""LaTeX as MathML, which browsers draw by themselves: a page without scripts has no MathJax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from xml.etree.ElementTree import tostring

#: Reading takes longer than linear, and nobody reads longer formulas.
_LONGEST = 5_000
#: What leads somewhere or changes the page around the formula.
_FORBIDDEN = ("href", "style", "class", "id")
_OPENING = re.compile(
    r"(?P<dollars>\$\$)|(?P<bracket>\\\[)|(?P<parenthesis>\\\()"
    r"|\\begin\{(?P<environment>[a-z]{1,40}\*?)\}|(?<!\\)(?P<dollar>\$)"
)
_CLOSING = {"dollars": "$$", "bracket": "\\]", "parenthesis": "\\)", "dollar": "$"}
_INLINE = ("dollar", "parenthesis")


@dataclass(frozen=True)
class _Formula:
    """A formula in a text, from its opening delimiter to its closing one."""

    start: int
    end: int
    latex: str
    block: bool


def formula(latex: str, *, block: bool) -> str:
    """Returns a formula as MathML; as it was written where it cannot be read."""
    return _mathml(latex, block=block) or f"<code>{escape(latex)}</code>"


def typeset(text: str) -> str:
    """Returns a text of LaTeX as HTML: its formulas drawn, the rest as it is."""
    parts: list[str] = []
    end = 0
    for found in _formulas(text):
        parts.append(escape(text[end : found.start]))
        end = found.end
        parts.append(formula(found.latex, block=found.block))
    parts.append(escape(text[end:]))
    return "".join(parts)


def typeset_markup(text: str) -> str:
    """Returns the text between two tags of HTML with its formulas drawn; the rest stays."""
    parts: list[str] = []
    end = 0
    for found in _formulas(text):
        drawn = _mathml(unescape(found.latex), block=found.block)
        if drawn is not None:
            parts += [text[end : found.start], drawn]
            end = found.end
    parts.append(text[end:])
    return "".join(parts)


def _formulas(text: str) -> Iterator[_Formula]:
    """Gives the formulas of a text, in time that grows as the text does."""
    place = 0
    missing: set[str] = set()
    while opening := _OPENING.search(text, place):
        kind = opening.lastgroup or ""
        start = opening.end()
        closing = _CLOSING.get(kind) or f"\\end{{{opening[kind]}}}"
        # A formula is not empty. There are more names of environments than can all be looked for.
        last = start + _LONGEST if kind == "environment" else len(text)
        end = -1 if closing in missing else text.find(closing, start + 1, last)
        if end < 0:
            if kind in _CLOSING:
                missing.add(closing)
            place = start
        elif kind == "dollar" and text[end - 1] == "\\":
            place = end + 1
        else:
            place = end + len(closing)
            is_whole = kind == "environment"
            latex = text[opening.start() : place] if is_whole else text[start:end]
            yield _Formula(opening.start(), place, latex, block=kind not in _INLINE)


def _mathml(latex: str, *, block: bool) -> str | None:
    # Here, because few notebooks have formulas.
    from latex2mathml.converter import convert_to_element

    if len(latex) > _LONGEST:
        return None
    try:
        root = convert_to_element(latex.strip(), display="block" if block else "inline")
    except Exception:
        return None
    for element in root.iter():
        # The library writes entities as text, for others to write them out.
        element.text = unescape(element.text or "")
        for name in _FORBIDDEN:
            element.attrib.pop(name, None)
    return tostring(root, encoding="unicode", short_empty_elements=False)
