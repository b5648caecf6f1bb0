"""Validates paths from untrusted sources, such as those of artifacts."""

from __future__ import annotations

#: Most bytes in UTF-8 of a whole path, and of each name in it.
MAX_PATH_BYTES = 1024
MAX_NAME_BYTES = 255

#: Device names of some systems, in any case. ``aux.csv`` is allowed.
_RESERVED = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]
)
_LINE_ENDS = "\u2028\u2029"


def path_problem(path: str) -> str | None:
    """Returns why a text is no valid path of a file below a folder; None if it is.

    A valid path is relative, has ``/`` between names, and means the same on every
    system. Only the text is checked; ``runner/paths.py`` has the same check for containers.
    """
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


def _name_problem(name: str) -> str | None:
    if name in ("", ".", ".."):
        return f"a name in it is {name!r}" if name else "a name in it is empty"
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        return f"a name in it is longer than {MAX_NAME_BYTES} bytes"
    if name.rstrip(" .").upper() in _RESERVED:
        return f"{name!r} is the name of a device on some systems"
    return None


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in _LINE_ENDS
