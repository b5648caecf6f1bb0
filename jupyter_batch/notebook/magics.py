"""Makes a cell of IPython readable as Python: magics and shell lines become nothing."""

from __future__ import annotations

import re

#: Cell magics whose body is not Python of this kernel.
_FOREIGN = frozenset(
    [
        "bash",
        "cmd",
        "file",
        "html",
        "javascript",
        "js",
        "latex",
        "markdown",
        "perl",
        "powershell",
        "pypy",
        "python2",
        "ruby",
        "script",
        "sh",
        "sql",
        "svg",
        "sx",
        "system",
        "writefile",
    ]
)
_LINE = re.compile(r"\s*(?:[%!?]|[\w.%]+\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"(\s*[A-Za-z_][\w.,\s]*=\s*)[%!](?!=)")
#: Where a magic may be given to a name.
_GIVEN = re.compile(r"=[ \t]*[%!]")
_MARK = re.compile(r"#|\"\"\"|'''|[\"'()\[\]{}]")
_ESCAPE_OR_QUOTE = re.compile(r"\\.|\"\"\"|'''|[\"']", re.DOTALL)
#: Stands for what a magic returns: a name that nothing is known of.
UNKNOWN_NAME = "__magic__"


def without_magics(source: str) -> str:
    """Returns the source with as many lines, in which only Python is left.

    What is inside strings and brackets stays as it is. Empty where the whole cell is in
    another language (``%%bash``).
    """
    lines = source.split("\n")
    if not any(map(_may_be_magic, lines)):
        return source
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = lines[first][2:].split(maxsplit=1)[:1]
        if name and name[0].lower() in _FOREIGN:
            return ""
        lines[first] = ""
    kept: list[str] = []
    before = _OpenEnds()
    continued = False
    for line in lines:
        if continued:
            continued = line.rstrip().endswith("\\")
            kept.append("")
            continue
        python = _python_of(line)
        if python != line and before.is_inside:
            python = line
        continued = python != line and line.rstrip().endswith("\\")
        kept.append(python)
        before.read(python)
    return "\n".join(kept)


def _python_of(line: str) -> str:
    if _LINE.match(line):
        # Something has to stand where a block may consist of nothing else.
        return line[: len(line) - len(line.lstrip())] + "pass"
    assigned = _ASSIGNED.match(line)
    return assigned.group(1) + UNKNOWN_NAME if assigned else line


def _may_be_magic(line: str) -> bool:
    text = line.strip()
    return text[:1] in ("%", "!", "?") or text.endswith("?") or bool(_GIVEN.search(text))


class _OpenEnds:
    """Tracks open strings and brackets over the lines of a cell."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._continues = False

    @property
    def is_inside(self) -> bool:
        """Returns whether the next line goes on with what was begun."""
        return bool(self._quote) or self._depth > 0 or self._continues

    def read(self, line: str) -> None:
        """Takes the next line; each is looked at once."""
        place = 0
        self._continues = line.endswith("\\")
        if self._quote:
            place = self._after_string(line, 0)
        while not self._quote and (mark := _MARK.search(line, place)):
            text, place = mark.group(), mark.end()
            if text == "#":
                self._continues = False
                return
            if text in "([{":
                self._depth += 1
            elif text in ")]}":
                self._depth = max(self._depth - 1, 0)
            else:
                self._quote = text
                place = self._after_string(line, place)

    def _after_string(self, line: str, place: int) -> int:
        """Returns the place behind the string that is open; it stays open where it has no end."""
        for mark in _ESCAPE_OR_QUOTE.finditer(line, place):
            if mark.group() == self._quote or (
                len(self._quote) == 1 and mark.group()[0] == self._quote
            ):
                end = mark.start() + len(self._quote)
                self._quote = ""
                return end
        if len(self._quote) == 1 and not line.endswith("\\"):
            self._quote = ""  # No Python; the parser reports it.
        return len(line)
