"""Makes a cell of IPython readable as Python: magics and shell lines become nothing."""

from __future__ import annotations

import io
import re
import tokenize

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
#: Stands for what a magic returns: a name that nothing is known of.
UNKNOWN_NAME = "__magic__"


def without_magics(source: str) -> str:
    """Returns the source with as many lines, in which only Python is left.

    What is inside strings and brackets stays as it is. Empty where the whole cell is in
    another language (``%%bash``).
    """
    if not re.search(r"^\s*(?:[%!?]|.*[=]\s*[%!]|.*\?\s*$)", source, re.MULTILINE):
        return source
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = lines[first][2:].split(maxsplit=1)[:1]
        if name and name[0].lower() in _FOREIGN:
            return ""
        lines[first] = ""
    kept: list[str] = []
    continued = False
    for line in lines:
        if continued:
            continued = line.rstrip().endswith("\\")
            kept.append("")
            continue
        python = _python_of(line)
        if python != line and _is_inside("\n".join(kept)):
            python = line
        continued = python != line and line.rstrip().endswith("\\")
        kept.append(python)
    return "\n".join(kept)


def _python_of(line: str) -> str:
    if _LINE.match(line):
        # Something has to stand where a block may consist of nothing else.
        return line[: len(line) - len(line.lstrip())] + "pass"
    assigned = _ASSIGNED.match(line)
    return assigned.group(1) + UNKNOWN_NAME if assigned else line


def _is_inside(before: str) -> bool:
    """Whether a string or a bracket is still open at the end."""
    try:
        for _token in tokenize.generate_tokens(io.StringIO(before + "\n").readline):
            pass
    except tokenize.TokenError:
        return True
    except SyntaxError:
        return False
    return before.endswith("\\")
