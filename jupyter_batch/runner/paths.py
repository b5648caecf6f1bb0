"""Checks paths that come from outside, by the same rule as the owner.

``jupyter_batch.domain.paths`` has the same rule, and one table of the tests holds both to it.
"""

from __future__ import annotations

import os
from typing import Optional

MAX_PATH_BYTES = 1024
MAX_NAME_BYTES = 255

_RESERVED = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [port + number for port in ("COM", "LPT") for number in "0123456789¹²³"]
)
_LINE_ENDS = "\u2028\u2029"


def path_problem(path: str) -> Optional[str]:
    """Returns why a text is no path of a file below a folder; None where it is valid."""
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "it has a character that no file name has"
    if not path:
        return "it is empty"
    if size > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES} bytes"
    if any(_is_control(character) for character in path):
        return "it has a control character"
    if "\\" in path:
        return "it has a backslash"
    if path[1:2] == ":" and path[0].isascii() and path[0].isalpha():
        return "it begins with a drive"
    if path.startswith("/"):
        return "it is absolute"
    return next(filter(None, map(_name_problem, path.split("/"))), None)


def readable(path: str) -> str:
    """Returns a path for a message, quoted where it has unprintable characters."""
    return path if path.isprintable() else repr(path)


def leads_out(folder: str, path: str) -> bool:
    """Returns whether a path below a folder leads out of it by a link, or is a link itself."""
    root = os.path.realpath(folder)
    real = os.path.realpath(os.path.join(root, path))
    is_inside = os.path.commonpath((root, real)) == root and real != root
    return not is_inside or os.path.islink(os.path.join(root, path))


def _name_problem(name: str) -> Optional[str]:
    if name in ("", ".", ".."):
        return f"a name in it is {name!r}" if name else "a name in it is empty"
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        return f"a name in it is longer than {MAX_NAME_BYTES} bytes"
    if name.rstrip(" .").upper() in _RESERVED:
        return f"{name!r} is the name of a device on some systems"
    return None


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in _LINE_ENDS
