"""LaTeX as MathML, which browsers draw by themselves: a page without scripts has no MathJax."""

from __future__ import annotations

import re
from html import escape, unescape
from xml.etree.ElementTree import tostring

#: Reading takes longer than linear, and nobody reads longer formulas.
_LONGEST = 5_000
#: What leads somewhere or changes the page around the formula.
_FORBIDDEN = ("href", "style", "class", "id")
_FORMULA = re.compile(
    r"\$\$(?P<dollars>.+?)\$\$"
    r"|\\\[(?P<brackets>.+?)\\\]"
    r"|(?P<environment>\\begin\{(?P<name>[a-z]+\*?)\}.*?\\end\{(?P=name)\})"
    r"|(?<![\\$])\$(?P<inline>[^$]+?)(?<!\\)\$"
    r"|\\\((?P<parentheses>.+?)\\\)",
    re.DOTALL,
)


def formula(latex: str, *, block: bool) -> str:
    """Returns a formula as MathML; as it was written where it cannot be read."""
    # Here, because few notebooks have formulas.
    from latex2mathml.converter import convert_to_element

    if len(latex) <= _LONGEST:
        try:
            root = convert_to_element(latex.strip(), display="block" if block else "inline")
            for element in root.iter():
                # The library writes entities as text, for others to write them out.
                element.text = unescape(element.text or "")
                for name in _FORBIDDEN:
                    element.attrib.pop(name, None)
            return tostring(root, encoding="unicode", short_empty_elements=False)
        except Exception:
            pass
    return f"<code>{escape(latex)}</code>"


def typeset(text: str) -> str:
    """Returns a text of LaTeX as HTML: its formulas drawn, the rest as it is."""
    parts: list[str] = []
    end = 0
    for found in _FORMULA.finditer(text):
        parts.append(escape(text[end : found.start()]))
        end = found.end()
        inline = found["inline"] or found["parentheses"]
        latex = inline or found["dollars"] or found["brackets"] or found["environment"]
        parts.append(formula(latex, block=inline is None))
    parts.append(escape(text[end:]))
    return "".join(parts)
