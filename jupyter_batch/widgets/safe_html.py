"""HTML of runs' outputs, written anew with nothing in it but text, tables and the like."""

from __future__ import annotations

import html
from html.parser import HTMLParser

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
    ]
)
_VOID = frozenset({"br", "col", "hr", "img"})
_ATTRIBUTES = frozenset(
    [
        "align",
        "alt",
        "border",
        "class",
        "colspan",
        "dir",
        "height",
        "lang",
        "open",
        "rowspan",
        "scope",
        "span",
        "start",
        "title",
        "valign",
        "width",
    ]
)
#: Their content is no text for people.
_SWALLOWED = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "textarea",
        "select",
        "title",
        "head",
        "xmp",
        "noembed",
        "noframes",
        "plaintext",
    ]
)
_LINKS = ("https://", "http://", "mailto:")
_PICTURES = (
    "data:image/png;",
    "data:image/jpeg;",
    "data:image/gif;",
    "data:image/webp;",
)


class SafeHtml(HTMLParser):
    """Writes what it reads anew: known tags with known attributes, everything else as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._written: list[str] = []
        self._open: list[str] = []
        self._swallowing: list[str] = []
        #: Whether something had to be left out that a reader would miss.
        self.lost_something = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Writes a tag that is known."""
        if tag in _SWALLOWED:
            self._swallowing.append(tag)
            self.lost_something |= tag not in ("style", "title", "head", "noscript")
            return
        if self._swallowing or tag not in _TAGS:
            return
        kept = "".join(
            f' {name}="{html.escape(value or "")}"'
            for name, value in attrs
            if _may(tag, name, value)
        )
        if tag == "a":
            kept += ' rel="noopener noreferrer" target="_blank"'
        self._written.append(f"<{tag}{kept}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Writes a tag that closes itself; ``<script/>`` does not, for a browser."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Closes a tag, and those inside it that were left open."""
        if self._swallowing:
            if tag in self._swallowing:
                del self._swallowing[self._swallowing.index(tag) :]
            return
        if tag in self._open:
            while self._open:
                last = self._open.pop()
                self._written.append(f"</{last}>")
                if last == tag:
                    return

    def handle_data(self, data: str) -> None:
        """Writes text."""
        if not self._swallowing:
            self._written.append(html.escape(data))

    def result(self) -> str:
        """Returns what has been written, with all tags closed."""
        self.close()
        return "".join(self._written) + "".join(f"</{tag}>" for tag in reversed(self._open))


def safe_html(text: str) -> tuple[str, bool]:
    """Returns HTML that runs nothing and asks nobody, and whether something visible was left out."""
    writer = SafeHtml()
    writer.feed(text)
    return writer.result(), writer.lost_something


def _may(tag: str, name: str, value: str | None) -> bool:
    target = "".join((value or "").split()).lower()
    if name == "href":
        return tag == "a" and target.startswith(_LINKS)
    if name == "src":
        return tag == "img" and target.startswith(_PICTURES)
    return name in _ATTRIBUTES
